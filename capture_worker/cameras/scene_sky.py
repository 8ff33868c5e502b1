"""The sky of the built-in camera's picture: its colours, stars, sun, moon, clouds and hills.

Owns: everything that depends on the time of day, drawn once a minute, and the clouds, drawn for each picture.
Does not own: the building site (`scene_site`) and the lettering (`scene`).
Invariant: pure; the same arguments give the same pixels. A day is 24 h of local time, with the sun up from 6 to 20.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras.base import Image

Colour = tuple[float, float, float]

HORIZON = 0.73
SUNRISE_H, SUNSET_H = 6.0, 20.0
CLOUD_PERIOD_S = 150.0
"""A cloud crosses the picture in about this time."""

# Hour of the day: the sky at its top, halfway and at the horizon, then light on the land (0 to 1), then the clouds.
_PALETTE: tuple[tuple[float, Colour, Colour, Colour, float, Colour], ...] = (
    (0.0, (44, 22, 12), (74, 40, 22), (104, 64, 42), 0.24, (66, 46, 38)),
    (4.6, (48, 25, 14), (82, 46, 28), (116, 74, 54), 0.26, (72, 52, 46)),
    (5.6, (96, 52, 40), (132, 92, 116), (116, 142, 226), 0.42, (150, 128, 196)),
    (6.6, (176, 120, 74), (186, 166, 172), (146, 196, 250), 0.72, (206, 204, 248)),
    (8.5, (206, 148, 78), (228, 186, 128), (240, 220, 192), 0.94, (250, 248, 246)),
    (13.0, (214, 140, 58), (236, 184, 112), (246, 226, 196), 1.00, (255, 254, 252)),
    (17.5, (204, 144, 80), (222, 184, 140), (214, 222, 226), 0.94, (248, 246, 250)),
    (19.3, (150, 96, 74), (146, 134, 186), (96, 160, 252), 0.68, (160, 170, 250)),
    (20.3, (104, 54, 44), (120, 70, 118), (92, 104, 218), 0.40, (116, 96, 170)),
    (21.6, (56, 29, 18), (90, 50, 36), (120, 74, 62), 0.26, (76, 54, 52)),
    (24.0, (44, 22, 12), (74, 40, 22), (104, 64, 42), 0.24, (66, 46, 38)),
)
# Each ridge: height above the horizon and roughness (parts of the height), wave length, phase,
# then its colour in full light.
_RIDGES = (
    (0.140, 0.050, 0.90, 0.4, (196, 160, 128)),
    (0.085, 0.040, 0.62, 2.2, (150, 138, 92)),
    (0.030, 0.028, 0.85, 4.1, (86, 132, 84)),
)
# Each cloud: where it starts (parts of the way), height in the picture, size (parts of the width), speed, shape.
_CLOUDS = (
    (0.06, 0.070, 0.26, 1.00, 1),
    (0.32, 0.165, 0.19, 0.84, 2),
    (0.55, 0.050, 0.22, 0.92, 3),
    (0.80, 0.140, 0.28, 1.08, 4),
)


def light(hour: float) -> float:
    """How much light falls on the land at this local hour, 0.24 (night) to 1."""
    return _mix(hour)[3]


def tinted(colour: Colour, hour: float) -> Colour:
    """A colour of something on the land, as it looks at this hour: bluish and dark at night, warm at dusk."""
    amount = light(hour)
    horizon = _mix(hour)[2]
    glow = 0.16 * (1 - amount)
    blue, green, red = (c * amount * (1 - glow) + s * glow for c, s in zip(colour, horizon, strict=True))
    return (blue, green, red)


def draw_sky(width: int, height: int, hour: float) -> Image:
    """Sky, stars, sun or moon, and the hills below: everything that stands still for a minute."""
    top, middle, low, amount, _ = _mix(hour)
    depth = np.linspace(0.0, 1.0, max(2, round(height * HORIZON)), dtype=np.float32)
    column = np.empty((height, 3), np.float32)
    for channel in range(3):
        levels = (top[channel], middle[channel], low[channel])
        column[: depth.size, channel] = np.interp(depth, (0.0, 0.55, 1.0), levels)
    column[depth.size :] = low
    # A slow gradient of whole levels shows as stripes at night: the fraction is spread over neighbouring pixels.
    grain = np.random.default_rng(3).random((height, 61, 1), np.float32)
    tile = (column[:, None, :] + grain).astype(np.uint8)
    image: Image = np.tile(tile, (1, -(-width // 61), 1))[:, :width].copy()
    _draw_stars(image, max(0.0, 1 - (amount - 0.24) / 0.24))
    _draw_luminary(image, hour)
    for ridge in _RIDGES:
        _draw_ridge(image, ridge, hour)
    return image


def draw_clouds(image: Image, hour: float, time_s: float) -> None:
    """The clouds at `time_s` (seconds of any epoch), blended over the picture in place."""
    height, width = image.shape[:2]
    for place, (start, level, size, speed, shape) in enumerate(_CLOUDS):
        thin, lit = _cloud(width, size, shape, round(hour * 60))
        rows, columns = thin.shape[:2]
        way = (start + time_s * speed / CLOUD_PERIOD_S) % 1.0
        left = round(way * (width + columns)) - columns
        bob = 0.006 * math.sin(time_s / 19.0 + place)
        upper = max(0, round((level + bob) * height) - rows // 6)
        first, last, end = max(left, 0), min(left + columns, width), min(upper + rows, height)
        if first < last and upper < end:
            part = image[upper:end, first:last]
            cut = (slice(0, end - upper), slice(first - left, last - left))
            cv2.multiply(part, thin[cut], dst=part, scale=1 / 255)
            cv2.add(part, lit[cut], dst=part)


def _mix(hour: float) -> tuple[Colour, Colour, Colour, float, Colour]:
    """The palette at `hour`, blended between its two neighbours."""
    later = next(place for place, entry in enumerate(_PALETTE) if entry[0] > hour % 24.0)
    before, after = _PALETTE[later - 1], _PALETTE[later]
    part = (hour % 24.0 - before[0]) / (after[0] - before[0])

    def blend(a: Colour, b: Colour) -> Colour:
        blue, green, red = (x + (y - x) * part for x, y in zip(a, b, strict=True))
        return (blue, green, red)

    amount = before[4] + (after[4] - before[4]) * part
    return (
        blend(before[1], after[1]),
        blend(before[2], after[2]),
        blend(before[3], after[3]),
        amount,
        blend(before[5], after[5]),
    )


def _draw_stars(image: Image, strength: float) -> None:
    if strength <= 0:
        return
    height, width = image.shape[:2]
    places = np.random.default_rng(7).random((min(130, 40 + height // 10), 3))
    for across, down, brightness in places.tolist():
        level = strength * (0.35 + 0.65 * brightness)
        centre = (int(across * width * 16), int(down * HORIZON * 0.85 * height * 16))
        radius = int(max(0.55, height / 1080 * (0.7 + 1.4 * brightness)) * 16)
        under = image[min(centre[1] // 16, height - 1), min(centre[0] // 16, width - 1)].tolist()
        colour = [c + (240 - c) * level for c in under]
        cv2.circle(image, centre, radius, colour, cv2.FILLED, cv2.LINE_AA, shift=4)


def _draw_luminary(image: Image, hour: float) -> None:
    """The sun by day, the moon by night, each from the left horizon to the right one."""
    height, width = image.shape[:2]
    by_day = SUNRISE_H <= hour < SUNSET_H
    length = SUNSET_H - SUNRISE_H if by_day else 24 - (SUNSET_H - SUNRISE_H)
    way = ((hour - SUNRISE_H) if by_day else (hour - SUNSET_H) % 24) / length
    across = (0.06 + 0.88 * way) * width
    down = (HORIZON - (HORIZON - 0.17) * math.sin(math.pi * way) ** 0.8) * height
    rise = math.sin(math.pi * way)
    radius = height * (0.036 if by_day else 0.030)
    warm: Colour = (150 + 90 * rise, 205 + 45 * rise, 255) if by_day else (214, 226, 232)
    _draw_glow(image, (across, down), radius * (6.0 if by_day else 4.0), warm, 0.62 if by_day else 0.22)
    centre = (round(across * 16), round(down * 16))
    cv2.circle(image, centre, round(radius * 16), warm, cv2.FILLED, cv2.LINE_AA, shift=4)
    if not by_day:
        for x, y, size in ((-0.34, -0.22, 0.24), (0.26, 0.30, 0.30), (0.22, -0.42, 0.15)):
            spot = (round((across + x * radius) * 16), round((down + y * radius) * 16))
            cv2.circle(image, spot, round(size * radius * 16), (190, 203, 210), cv2.FILLED, cv2.LINE_AA, shift=4)


def _draw_glow(image: Image, centre: tuple[float, float], reach: float, colour: Colour, strength: float) -> None:
    height, width = image.shape[:2]
    left, right = max(0, int(centre[0] - reach)), min(width, int(centre[0] + reach) + 1)
    upper, lower = max(0, int(centre[1] - reach)), min(height, int(centre[1] + reach) + 1)
    if left >= right or upper >= lower:
        return
    across = np.square(np.arange(left, right, dtype=np.float32) - np.float32(centre[0]))
    down = np.square(np.arange(upper, lower, dtype=np.float32) - np.float32(centre[1]))
    distance = np.sqrt(across[None, :] + down[:, None]) / np.float32(reach)
    amount = (np.float32(strength) * np.square(np.clip(1 - distance, 0, 1)))[:, :, None]
    part = image[upper:lower, left:right]
    part[:] = np.rint(part + (np.array(colour, np.float32) - part) * amount).astype(np.uint8)


def _draw_ridge(image: Image, ridge: tuple[float, float, float, float, Colour], hour: float) -> None:
    height, width = image.shape[:2]
    base, rough, wave, phase, colour = ridge
    across = np.linspace(0, 1, max(16, width // 8))
    turn = across * 2 * math.pi / wave + phase
    outline = base + rough * (np.sin(turn) * 0.6 + np.sin(turn * 2.3 + 1) * 0.28 + np.sin(turn * 5.1) * 0.08)
    points = np.stack((across * (width - 1), (HORIZON - outline) * height), axis=1)
    corners = np.array([[width - 1, height], [0, height]])
    polygon = np.rint(np.concatenate((points, corners)) * 16).astype(np.int32)
    cv2.fillPoly(image, [polygon], tinted(colour, hour), cv2.LINE_AA, shift=4)


@lru_cache(maxsize=16)
def _cloud(width: int, size: float, shape: int, minute: int) -> tuple[Image, Image]:
    """What a cloud lets through (255: everything) and what it adds, both BGR, for one size, shape and minute."""
    alpha = _cloud_alpha(width, size, shape)
    colour = np.array(_mix(minute / 60)[4], np.float32)
    lit = np.rint(alpha[:, :, None].astype(np.float32) * (colour / 255)).astype(np.uint8)
    return cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False), lit


@lru_cache(maxsize=16)
def _cloud_alpha(width: int, size: float, shape: int) -> NDArray[np.uint8]:
    """Puffs in a row, flat below, with soft edges; 8 bits, opaque where white."""
    columns = max(24, round(width * size))
    rows = max(10, round(columns * 0.38))
    alpha = np.zeros((rows, columns), np.uint8)
    puffs = np.random.default_rng(shape).random((9, 2)).tolist()
    for place, (wobble, tall) in enumerate(puffs):
        along = (place + 0.5 + 0.5 * (wobble - 0.5)) / len(puffs)
        swell = math.sin(math.pi * along)
        radius = rows * (0.10 + 0.20 * swell * (0.55 + 0.45 * tall))
        centre = (round(columns * (0.12 + 0.76 * along)), round(rows * 0.66 - radius * 0.75))
        cv2.circle(alpha, centre, max(2, round(radius)), 235, cv2.FILLED, cv2.LINE_AA)
    middle = (columns // 2, round(rows * 0.60))
    cv2.ellipse(alpha, middle, (round(columns * 0.40), max(2, round(rows * 0.11))), 0, 0, 360, 225, cv2.FILLED)
    return cv2.GaussianBlur(alpha, (0, 0), max(0.8, rows * 0.045)).astype(np.uint8, copy=False)
