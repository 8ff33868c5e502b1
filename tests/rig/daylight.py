"""How much light there is through a day: sun, twilight, night, clouds, and what breaks into it.

Owns: illuminance on the ground in lux, as functions of time. Does not own: what a camera makes of it.
Invariant: pure; the same seed gives the same weather.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Lux = Callable[[float, float], float]
"""The mean illuminance (lux) from a moment (seconds since local midnight) on for an exposure (seconds)."""

DAY_S = 86_400.0
NIGHT_LUX = 0.01
"""A clear night with some moon, or with the glow of a far town."""

# Height of the sun (degrees) and illuminance of a level surface under a clear sky (lux). Twilight after the American
# Meteorological Society's glossary: sunset some 400 to 600, -6 degrees 2 to 3.5, -12 degrees 0.008.
_BY_HEIGHT = (
    (-18.0, 0.0006), (-12.0, 0.008), (-9.0, 0.15), (-6.0, 3.0), (-3.0, 60.0), (-0.8, 450.0), (2.0, 1_900.0),
    (5.0, 4_800.0), (10.0, 11_000.0), (20.0, 27_000.0), (30.0, 46_000.0), (40.0, 66_000.0), (60.0, 98_000.0),
    (90.0, 124_000.0),
)  # fmt: skip


def sun_height_deg(at_s: float, latitude: float, declination: float) -> float:
    """The sun's height over the horizon, `at_s` seconds of true local time after midnight."""
    hour_angle = (at_s / DAY_S - 0.5) * 2 * math.pi
    place, sun = math.radians(latitude), math.radians(declination)
    sine = math.sin(place) * math.sin(sun) + math.cos(place) * math.cos(sun) * math.cos(hour_angle)
    return math.degrees(math.asin(min(max(sine, -1.0), 1.0)))


def clear_lux(height_deg: float) -> float:
    """The illuminance under a clear sky for a height of the sun, never below that of the night."""
    heights, lux = zip(*_BY_HEIGHT, strict=True)
    return max(NIGHT_LUX, math.exp2(float(np.interp(height_deg, heights, np.log2(lux)))))


def clear_day(latitude: float = 50.0, declination: float = 10.0) -> Lux:
    """A day without a cloud: from 0.01 to some 75,000 lux at 50 degrees in April."""

    def lux(at_s: float, _: float = 0.0) -> float:
        return clear_lux(sun_height_deg(at_s, latitude, declination))

    return lux


def cloudy_day(seed: int = 1, latitude: float = 50.0, declination: float = 10.0, deepest: float = 0.22) -> Lux:
    """A day on which clouds pass the sun, each within some ten seconds, down to `deepest` of the light."""
    knots = np.random.default_rng(seed).random(4096)

    def noise(at_s: float, scale_s: float) -> float:
        place = at_s / scale_s
        part = place % 1.0
        smooth = part * part * (3 - 2 * part)
        before, after = knots[int(place) % knots.size], knots[(int(place) + 1) % knots.size]
        return float(before + (after - before) * smooth)

    def lux(at_s: float, _: float = 0.0) -> float:
        height = sun_height_deg(at_s, latitude, declination)
        cover = 0.55 * noise(at_s, 400.0) + 0.3 * noise(at_s + 7e4, 90.0) + 0.15 * noise(at_s + 9e4, 20.0)
        through = min(max((0.56 - cover) / 0.06 + 0.5, 0.0), 1.0)
        return max(NIGHT_LUX, clear_lux(height) * (deepest + (1 - deepest) * through))

    return lux


def constant(lux: float) -> Lux:
    """The same light for ever."""

    def light(_: float, __: float = 0.0) -> float:
        return lux

    return light


def switched(before: float, after: float, at_s: float) -> Lux:
    """One light up to a moment, another one from then on."""

    def lux(moment_s: float, exposure_s: float = 0.0) -> float:
        later = min(max((moment_s + exposure_s - at_s) / exposure_s, 0.0), 1.0) if exposure_s else moment_s >= at_s
        return before + (after - before) * later

    return lux


def with_flashes(under: Lux, starts_s: tuple[float, ...], lux: float, lasting_s: float = 0.2) -> Lux:
    """`under`, and from each of the moments on for so long `lux` more: lightning."""
    starts = np.array(starts_s)

    def lit(at_s: float, exposure_s: float = 0.0) -> float:
        window_s = max(exposure_s, 1e-4)
        shared_s = np.minimum(at_s + window_s, starts + lasting_s) - np.maximum(at_s, starts)
        return under(at_s, exposure_s) + lux * float(np.clip(shared_s, 0.0, None).sum()) / window_s

    return lit
