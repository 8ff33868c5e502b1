"""A valley with a lake, a village and a road, through a day: the scene of the picture strip.

Owns: how bright, and of which colour, each place of it is at a moment, in lux on something of middle reflectance.
Does not own: the light of the day (`tests.rig.daylight`), nor what a camera makes of it.
Invariant: pure; the same arguments give the same values. Places are parts of the picture's width and height, the upper
left corner being (0, 0). The road fills what is below `ROAD_TOP`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.rig.daylight import clear_lux, sun_height_deg

Places = NDArray[np.float64]
Radiance = NDArray[np.float64]
"""(rows, columns, 3): red, green, blue."""

HORIZON, SHORE, ROAD_TOP = 0.50, 0.63, 0.80
LATITUDE, DECLINATION = 50.0, 10.0
_CLOUD_SPEED = 1 / 5000
_TOWN_GLOW_LUX = 0.02

# Height of the sun: the sky at its top, then at the horizon: red, green, blue over the illuminance.
_SKY = (
    (-18.0, (0.35, 0.50, 0.95), (0.60, 0.65, 0.85)),
    (-9.0, (0.22, 0.38, 1.00), (0.95, 0.75, 0.75)),
    (-5.0, (0.26, 0.44, 1.05), (2.60, 1.35, 0.70)),
    (-1.0, (0.42, 0.55, 1.00), (3.20, 1.75, 0.85)),
    (4.0, (0.38, 0.58, 1.05), (1.90, 1.60, 1.25)),
    (15.0, (0.30, 0.52, 1.00), (1.05, 1.25, 1.45)),
    (60.0, (0.26, 0.46, 0.92), (0.85, 1.05, 1.25)),
)
# Height of the sun: the colour of the light on the land.
_LIGHT = (
    (-18.0, (0.86, 1.0, 1.25)), (-6.0, (0.80, 1.0, 1.40)), (-1.0, (1.05, 1.0, 1.10)), (4.0, (1.25, 1.0, 0.72)),
    (12.0, (1.08, 1.0, 0.90)), (30.0, (1.0, 1.0, 1.0)), (60.0, (1.0, 1.0, 1.0)),
)  # fmt: skip
# Each ridge: its height over the horizon, roughness, waves across, phase; reflectance; how much haze lies before it.
_RIDGES = (
    (0.150, 0.070, 5.3, 0.4, (0.42, 0.44, 0.46), 0.62),
    (0.075, 0.055, 7.7, 2.2, (0.20, 0.27, 0.20), 0.34),
    (-0.025, 0.036, 6.3, 4.6, (0.10, 0.17, 0.07), 0.08),
)


class Weather(NamedTuple):
    """Whether clouds are in the sky, and vehicles on the road."""

    clouds: bool = True
    traffic: bool = True


def radiance(at_s: float, x: Places, y: Places, weather: Weather = Weather()) -> Radiance:  # noqa: B008 - immutable
    """The scene at a moment (seconds since midnight) at every crossing of rows `y` and columns `x`."""
    height = sun_height_deg(at_s, LATITUDE, DECLINATION)
    lux = clear_lux(height) + _TOWN_GLOW_LUX
    light = _blend(_LIGHT, height)
    scene = _sky(at_s, height, x, y, weather) * lux
    shade = _shade(at_s, height, x, weather)
    for ridge in _RIDGES:
        _stand(scene, ridge, x, y, light * lux, shade)
    _reflect(scene, x, y, at_s)
    _light_windows(scene, x, y, lux)
    _pave(scene, at_s, x, y, light * lux, shade, weather)
    return scene


def _blend(table: tuple[tuple[float, tuple[float, float, float]], ...], height: float) -> NDArray[np.float64]:
    heights = [row[0] for row in table]
    return np.array([np.interp(height, heights, [row[1][channel] for row in table]) for channel in range(3)])


def _sky(at_s: float, height: float, x: Places, y: Places, weather: Weather) -> Radiance:
    top = _blend(tuple((row[0], row[1]) for row in _SKY), height)
    low = _blend(tuple((row[0], row[2]) for row in _SKY), height)
    down = np.clip(y / HORIZON, 0, 1) ** 2.2
    sky = top + (low - top) * down[:, None, None] * np.ones((1, x.size, 1))
    if height < -4:
        sky += _stars(x, y) * min(1.0, (-4 - height) / 8)
    if weather.clouds:
        cover = _cloud(at_s, x, y)[:, :, None]
        lit = 0.55 * low + 0.75 * _blend(_LIGHT, height) * (1.0 if height > 0 else 0.25)
        sky = sky * (1 - cover) + lit * cover
    return sky


def _stars(x: Places, y: Places) -> Radiance:
    """Fixed points; the same ones for whatever grid is asked for."""
    column, row = np.floor(x * 1440).astype(np.int64), np.floor(y * 400).astype(np.int64)
    strength = np.random.default_rng(17).random((400, 1440))[np.ix_(row, column)]
    bright = np.where(strength > 0.9965, (strength - 0.9965) * 9000, 0.0) * (y < HORIZON)[:, None]
    return np.asarray(bright[:, :, None] * np.array([0.9, 1.0, 1.1]))


def _noise(x: NDArray[np.float64], y: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Smooth noise, 0 to 1, of waves about 1 long."""
    knots = np.random.default_rng(seed).random((64, 64))
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = x - column, y - row
    across, down = across**2 * (3 - 2 * across), down**2 * (3 - 2 * down)
    corner = [[knots[(row + r) % 64, (column + c) % 64] for c in (0, 1)] for r in (0, 1)]
    upper, lower = (pair[0] + (pair[1] - pair[0]) * across for pair in corner)
    return np.asarray(upper + (lower - upper) * down)


def _cloud(at_s: float, x: Places, y: Places) -> NDArray[np.float64]:
    """How much cloud stands before the sky, 0 to 1: flat below, small at the horizon."""
    far = 0.25 + np.clip(1 - y / HORIZON, 0, 1)[:, None]
    across = (x[None, :] - 0.5) * 3 / far + at_s * _CLOUD_SPEED * 3
    deep = 6 / far + 0 * across
    cover = sum(part * _noise(across * scale, deep * scale, seed) for part, scale, seed in
                ((0.55, 1.0, 3), (0.3, 2.3, 4), (0.15, 5.1, 5)))  # fmt: skip
    return np.clip((np.asarray(cover) - 0.50) / 0.16, 0, 1) * 0.92


def _shade(at_s: float, height: float, x: Places, weather: Weather) -> NDArray[np.float64]:
    """What clouds leave of the light on the land, column by column."""
    if not weather.clouds or height < 0:
        return np.ones(x.size)
    cover = _noise(x * 1.6 + at_s / 900.0, np.full(x.size, 0.5), 9)
    return 1 - 0.68 * min(1.0, height / 8) * np.clip((cover - 0.48) / 0.12, 0, 1)


def _stand(
    scene: Radiance, ridge: tuple[float, float, float, float, tuple[float, float, float], float],
    x: Places, y: Places, light: NDArray[np.float64], shade: NDArray[np.float64],
) -> None:  # fmt: skip
    rise, rough, waves, phase, reflectance, haze = ridge
    wave = sum(np.sin(x * waves * 2 * math.pi * k + phase * k) / k**1.2 for k in (1, 2, 3, 5, 9, 17, 31))
    edge = HORIZON + 0.07 - rise - rough * np.asarray(wave) * 0.55
    covered = (y[:, None] >= edge[None, :]) & (y < SHORE)[:, None]
    grain = 0.75 + 0.5 * _noise(x[None, :] * 90 + 0 * y[:, None], y[:, None] * 70 + 0 * x[None, :], 11)
    surface = light * np.array(reflectance) * (shade[None, :] * grain)[:, :, None] * 2.4
    row = int(np.searchsorted(y, HORIZON * 0.9))
    # The darkest of some rows: a star must not become a beam.
    hazy = scene[max(0, row - max(4, len(y) // 75)) : row].min(axis=0)[None, :, :]
    scene[covered] = (surface * (1 - haze) + hazy * haze * 0.8)[covered]


def _reflect(scene: Radiance, x: Places, y: Places, at_s: float) -> None:
    """The lake: what stands over the shore, upside down, darker, and broken by waves."""
    wet = (y >= SHORE) & (y < ROAD_TOP)
    depth = (y[wet] - SHORE) / (ROAD_TOP - SHORE)
    source = SHORE - (y[wet] - SHORE) * 2.6
    ripple = _noise(x[None, :] * 40, (at_s / 9 + depth * 60)[:, None] + 0 * x[None, :], 13) - 0.5
    rows = np.searchsorted(y, np.clip(source[:, None] + ripple * 0.05 * (0.3 + depth[:, None]), 0, SHORE - 0.005))
    columns = np.broadcast_to(np.arange(x.size), rows.shape)
    scene[wet] = scene[np.minimum(rows, y.size - 1), columns] * (0.62 - 0.2 * depth)[:, None, None]


def _light_windows(scene: Radiance, x: Places, y: Places, lux: float) -> None:
    """The village at the shore: each house has its own idea of when it is dark."""
    houses = np.random.default_rng(21).random((34, 3))
    for across, up, wish in houses:
        if lux > 4 + 60 * wish:
            continue
        near = np.exp(-(((x - across) / 0.0016) ** 2))
        for place, strength in ((SHORE - 0.012 - 0.06 * up, 1.0), (SHORE + 0.03 + 0.05 * up, 0.08)):
            tall = 0.0045 if strength == 1.0 else 0.025
            glow = np.exp(-(((y - place) / tall) ** 2))[:, None] * near[None, :] * strength
            scene += glow[:, :, None] * np.array([4.2, 2.3, 0.8]) * (0.4 + wish)


def _pave(
    scene: Radiance, at_s: float, x: Places, y: Places, light: NDArray[np.float64], shade: NDArray[np.float64],
    weather: Weather,
) -> None:  # fmt: skip
    road = y >= ROAD_TOP
    scene[road] = light * 0.3 * shade[None, :, None]
    minute = int(at_s // 60)
    chance = np.random.default_rng(minute).random(4)
    is_day = 6 <= at_s / 3600 < 21
    if not weather.traffic or chance[0] > (0.30 if is_day else 0.06):
        return
    passing = road[:, None] & (np.abs(x - 0.2 - 0.6 * chance[1]) < 0.32)[None, :]
    scene[passing] = light * (1.9 if chance[2] < 0.5 else 0.05)
    if light[1] < 20:
        scene[passing & (np.abs(x - 0.2 - 0.6 * chance[1]) < 0.12)[None, :]] += 40.0
