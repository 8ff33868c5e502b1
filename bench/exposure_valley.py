"""The landscape through the whole day as a camera takes it: metered, exposed, developed.

Owns: its patches for the metering, and a picture of an exposure and a white balance. Does not own: the scene
(`exposure_landscape`), the controls, and who looks at the pictures.
Invariant: pure but for what `Valley` remembers of the slot that was asked last.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.exposure_landscape import Places, Weather, radiance
from capture_worker.cameras.base import Frame
from capture_worker.exposure.balance import Gains, eased, tint_of
from tests.rig.daylight import DAY_S
from tests.rig.exposed_camera import IMX477, toned
from tests.rig.exposure_run import Shot, Slots
from tests.rig.lit_scene import Patches

Picture = NDArray[np.uint8]

INTERVAL_S = 60.0
SLOTS = Slots(0.0, DAY_S, INTERVAL_S)
_RAW = np.array([0.55, 1.0, 0.62])
"""What a sensor without white balance sees of neutral daylight: red, green, blue."""
_LUMA = np.array([0.299, 0.587, 0.114])


def places(count: int, first: float = 0.0, last: float = 1.0) -> Places:
    """The middles of so many rows or columns, between two parts of the picture."""
    return first + (np.arange(count) + 0.5) / count * (last - first)


_METERED = places(64), places(36)


class Valley:
    """The landscape as the metering sees it: what is in the picture at a slot has been there for a second or two."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._slot_s = -1.0
        self._patches = np.zeros(0)

    def patches(self, at_s: float, exposure_s: float = 0.0) -> Patches:  # noqa: ARG002 - nothing moves meanwhile
        """At the slot that a moment belongs to."""
        slot_s = math.ceil(at_s / INTERVAL_S) * INTERVAL_S
        if slot_s != self._slot_s:
            self._slot_s = slot_s
            self._patches = (radiance(slot_s, *_METERED, self._weather) @ _LUMA).ravel()
        return self._patches


def developed(scene: NDArray[np.float64], total_ev: float, gains: Gains) -> Picture:
    """uint8, BGR: what the camera makes of it."""
    exposed = scene * _RAW * (2.0**total_ev * IMX477.linear_per_lux_us)
    balanced = np.clip(exposed, 0, 1) * np.array([gains[0], 1.0, gains[1]])
    return np.rint(toned(np.clip(balanced, 0, 1), "libcamera") * 255).astype(np.uint8)[:, :, ::-1]


def balances_of(shots: list[Shot], weather: Weather) -> list[Gains]:
    """The colour gains of each frame: eased by the ramp, from the right ones at its first frame on."""
    gains: Gains = (1 / _RAW[0] / 0.9, 1 / _RAW[2] / 1.1)
    balances = []
    for shot in shots:
        balances.append(gains)
        image = developed(radiance(shot.at_s, *_METERED, weather), shot.total_ev, gains)
        tint = tint_of(Frame(own_wall_ns=0, own_mono_ns=0, image=image))
        if tint is not None:
            gains = eased(gains, gains, tint, INTERVAL_S)
    return balances
