"""A scene as a camera meters it: many small patches, lit by daylight or shining by themselves.

Owns: how bright each patch is at a moment. Does not own: the light of the day, nor exposure.
Invariant: pure. Patches are of one size and in no order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tests.rig.daylight import Lux

Patches = NDArray[np.float64]
"""Each patch's brightness, as lux on something of middle reflectance. Any number of them."""


class Lit(Protocol):
    """Whatever can be metered."""

    def patches(self, at_s: float, exposure_s: float = 0.0) -> Patches:
        """The mean brightness of each patch from a moment on (seconds since midnight), for so long (seconds)."""


class Shining(NamedTuple):
    """What shines by itself: a part of the patches with so many lux while `is_on`."""

    part: float
    lux: float
    is_on: Callable[[float], bool]


def landscape(count: int = 192) -> Patches:
    """Reflectances around 1: two thirds ground, a stop and a half below the third that is sky."""
    spread = np.random.default_rng(5).normal(0.0, 1.0, count)
    stops = np.where(np.arange(count) % 3 == 0, 1.0 + 0.3 * spread, -0.6 + 0.9 * spread)
    return np.asarray(2.0**stops / (2.0**stops).mean())


class Scene:
    """`reflectance` under `light`, with what shines over it."""

    def __init__(self, light: Lux, shining: tuple[Shining, ...] = (), reflectance: Patches | None = None) -> None:
        self.light = light
        self._shining = shining
        self._reflectance = landscape() if reflectance is None else reflectance

    def patches(self, at_s: float, exposure_s: float = 0.0) -> Patches:
        """The mean brightness of each patch from a moment on, for so long."""
        lit = self._reflectance * self.light(at_s, exposure_s)
        for each in self._shining:
            if each.is_on(at_s):
                lit[: max(1, round(each.part * lit.size))] += each.lux
        return lit
