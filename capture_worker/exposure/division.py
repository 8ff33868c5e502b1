"""A total exposure, divided into exposure time and gain.

Owns: what comes first: the exposure time, and only when that is at its longest the gain.
Does not own: how large the total should be.
Invariant: pure. What is divided lies within the limits, and its gain is above the least only where its exposure time
is the longest: gain adds noise, time does not.
"""

from __future__ import annotations

import math

from msgspec import Struct, structs

from capture_worker.cameras.base import Exposure, ExposureLimits
from shared.config.model import RampConfig

_LEAST_US = 1.0
_LEAST_GAIN = 0.01
"""What a camera tells as 0 must not become a division by it."""


class Bounds(Struct, frozen=True):
    """(least, most) each: microseconds, and gain as a factor. `least <= most`, all above 0."""

    exposure_us: tuple[float, float]
    analogue_gain: tuple[float, float]

    @property
    def total_ev(self) -> tuple[float, float]:
        """The least and the most that exposure time and gain make together, as `total_ev` counts."""
        return (
            total_ev(self.exposure_us[0], self.analogue_gain[0]),
            total_ev(self.exposure_us[1], self.analogue_gain[1]),
        )


def bounds(limits: ExposureLimits, ramp: RampConfig, interval_s: float) -> Bounds:
    """What may be set: the camera's limits, narrowed by the configuration; never longer than half the interval."""
    shortest = max(limits.exposure_us[0], _LEAST_US)
    longest = min(limits.exposure_us[1], (ramp.longest_exposure_s or interval_s / 2) * 1e6)
    lowest = max(limits.analogue_gain[0], _LEAST_GAIN)
    highest = min(limits.analogue_gain[1], ramp.highest_gain or math.inf)
    return Bounds((shortest, max(shortest, longest)), (lowest, max(lowest, highest)))


def total_ev(exposure_us: float, gain: float) -> float:
    """The total exposure in stops: the binary logarithm of microseconds times gain. Both above 0."""
    return math.log2(exposure_us * gain)


def bounded(total: float, limits: Bounds) -> float:
    """The total exposure (stops) nearest to `total` that the limits allow."""
    least, most = limits.total_ev
    return min(max(total, least), most)


def divided(total: float, limits: Bounds) -> Exposure:
    """The exposure of that total (stops), or of the nearest that the limits allow. Colour gains are left out."""
    product = math.exp2(bounded(total, limits))
    lowest, highest = limits.analogue_gain
    time_us = min(max(product / lowest, limits.exposure_us[0]), limits.exposure_us[1])
    return Exposure(time_us, min(max(product / time_us, lowest), highest))


def folded(exposure: Exposure, digital_gain: float, limits: ExposureLimits) -> Exposure:
    """`exposure` with the digital gain made up for by the analogue one, and only what that has not by the time.

    This is how the camera itself divided it, so that a held picture keeps its look: how much of it moves, and blurs.
    """
    wanted = exposure.analogue_gain * digital_gain
    gain = min(max(wanted, limits.analogue_gain[0]), limits.analogue_gain[1])
    time_us = exposure.exposure_us * wanted / gain
    time_us = min(max(time_us, limits.exposure_us[0]), limits.exposure_us[1])
    return structs.replace(exposure, exposure_us=time_us, analogue_gain=gain)
