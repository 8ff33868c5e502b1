"""Whether the camera's own control has settled after the camera was opened.

Owns: how many frames that takes, and which exposure is then taken over. Does not own: what is done with it.
Invariant: pure. It ends: where nothing ever settles, after `MOST_FRAMES` frames with the middle one of the last.
"""

from __future__ import annotations

import math

from msgspec import Struct

from capture_worker.cameras.base import Exposure, Frame
from shared.clock import NS_PER_S

MOST_FRAMES = 30
_SAME_EV = 0.15
_SAME_GAINS = 0.05


class Found(Struct, frozen=True):
    """How one frame was exposed by the camera itself: `exposure`, and the digital gain on top; seconds, monotonic."""

    at_s: float
    exposure: Exposure
    digital_gain: float = 1.0

    @property
    def total_ev(self) -> float:
        """Exposure time and all gains together, in stops."""
        return math.log2(self.exposure.exposure_us * self.exposure.analogue_gain * self.digital_gain)


class Patience(Struct, frozen=True):
    """So many frames have to agree, and to span so many seconds."""

    frames: int
    least_s: float


BEFORE_HOLDING = Patience(5, 3.0)
"""What is held for good is looked at longer. The camera's own control needs a second, its white balance two."""
BEFORE_RAMPING = Patience(2, 0.9)
"""The ramp corrects what was not quite right yet. A little less than a second, for an interval of one."""


def found_in(frame: Frame) -> Found | None:
    """How a frame was exposed, None where the camera does not tell. A gain that it does not tell counts as 1."""
    if not frame.exposure_us:
        return None
    exposure = Exposure(float(frame.exposure_us), frame.analogue_gain or 1.0, frame.colour_gains)
    return Found(frame.own_mono_ns / NS_PER_S, exposure, frame.digital_gain or 1.0)


def settled(found: tuple[Found, ...], patience: Patience) -> Found | None:
    """The exposure to go on with, once the last frames agree; None while they don't."""
    if not found:
        return None
    agreed = _last_that_agree(found)
    if len(agreed) >= patience.frames and agreed[-1].at_s - agreed[0].at_s >= patience.least_s:
        return agreed[-1]
    if len(found) >= MOST_FRAMES:
        last = found[-patience.frames :]
        return sorted(last, key=lambda each: each.total_ev)[len(last) // 2]
    return None


def agree_on_colours(found: tuple[Found, ...]) -> bool:
    """Whether the frames that tell their colour gains have the same, nearly."""
    gains = [each.exposure.colour_gains for each in found if each.exposure.colour_gains is not None]
    return all(max(channel) <= min(channel) * (1 + _SAME_GAINS) for channel in zip(*gains, strict=True))


def _last_that_agree(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """As many of the last frames as agree with each other."""
    count = 1
    while count < len(found) and _agree(found[-count - 1 :]):
        count += 1
    return found[-count:]


def _agree(found: tuple[Found, ...]) -> bool:
    totals = [each.total_ev for each in found]
    return max(totals) - min(totals) <= _SAME_EV and agree_on_colours(found)
