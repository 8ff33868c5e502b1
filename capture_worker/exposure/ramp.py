"""The ramp: from one frame and its brightness to the exposure of the next one.

Owns: how fast the exposure follows the light. Does not own: measuring, setting, and what the camera can do.
Invariant: pure, no clocks. What is wanted lies within the limits, and differs from what was wanted before by no more
than `correction_ev` and the light's own trend. What a frame says of the light is reckoned from the exposure that it
had, whatever was asked for: a camera that obeys some frames late is not pushed any further meanwhile.
"""

from __future__ import annotations

import math

from msgspec import Struct

from capture_worker.cameras.base import Exposure
from capture_worker.exposure.brightness import off_by_ev
from capture_worker.exposure.division import Bounds, bounded, divided
from capture_worker.exposure.light import Reading, light_at, looked_back, trend_ev_s, with_reading

HURRY_FRAMES = 8
"""After a start without a predecessor, or a long absence: so many frames at most may step by `MOST_STEP_EV`."""
MOST_STEP_EV = 3.0
"""No frame differs from the one before by more, whatever happens."""
_HURRIED_PART = 0.8
_ARRIVED_EV = 0.25

_PART = 0.15
"""Of what is left so much a frame, so that it ends gently, and half a picture full of clouds moves it little."""
_STEP_EV = 0.1
_STEP_AT_S = 10.0
_SPARSE_S = 60.0
_FAR_EV = 2.0
_FAR_PART = 0.25
"""Beyond this distance pictures are lost, and a visible step is the lesser evil."""
_BEGIN_EV, _END_EV = 0.08, 0.02
_LEAST_ABSENCE_S = 300.0


class RampSettings(Struct, frozen=True):
    """What is aimed at: the mean gray value as a part of white. `interval_s` is the time between two slots."""

    wanted_mean: float
    interval_s: float


class Seen(Struct, frozen=True):
    """One frame: when (seconds, monotonic), its total exposure (stops, digital gain included), and its mean gray."""

    at_s: float
    total_ev: float
    mean: float


class RampState(Struct, frozen=True):
    """What is carried from frame to frame. `asked_ev` is the total exposure (stops) that was wanted last."""

    asked_ev: float
    readings: tuple[Reading, ...] = ()
    is_moving: bool = False
    hurry: int = 0


def begun(total_ev: float, *, in_a_hurry: bool) -> RampState:
    """The state of a ramp that begins at a total exposure (stops)."""
    return RampState(total_ev, hurry=HURRY_FRAMES if in_a_hurry else 0)


def absence_s(interval_s: float) -> float:
    """Light older than this says nothing any more: five minutes, or three intervals where that is longer."""
    return max(_LEAST_ABSENCE_S, 3 * interval_s)


def correction_ev(left_ev: float, elapsed_s: float) -> float:
    """How much of what is left to go (stops, with its sign) is gone in one frame, so many seconds after the last.

    A seventh (from one minute on more, up to a half), and at ten seconds a tenth of a stop at most, which nobody sees;
    that grows with the root of the time, from 0.03 to 0.4 stops. Of what is farther than two stops a part on top: a
    quarter at ten seconds, all of it from 160 seconds on.
    """
    root = math.sqrt(elapsed_s / _STEP_AT_S)
    part = _PART * min(max(elapsed_s / _SPARSE_S, 1.0), 3.0)
    near_ev = min(part * abs(left_ev), _STEP_EV * min(max(root, 0.3), 4.0))
    far_ev = min(_FAR_PART * root, 1.0) * max(0.0, abs(left_ev) - _FAR_EV)
    return math.copysign(near_ev + far_ev, left_ev)


def step(state: RampState, seen: Seen, limits: Bounds, settings: RampSettings) -> tuple[RampState, Exposure]:
    """What to want after a frame was seen. One that is not newer than the last changes nothing."""
    reading = Reading(seen.at_s, off_by_ev(seen.mean, settings.wanted_mean) - seen.total_ev)
    elapsed_s = seen.at_s - state.readings[-1].at_s if state.readings else settings.interval_s
    if elapsed_s > absence_s(settings.interval_s):
        state, elapsed_s = begun(state.asked_ev, in_a_hurry=True), settings.interval_s
    if elapsed_s > 0:
        state = _hurried(state, reading, limits) if state.hurry else _eased(state, reading, elapsed_s, limits, settings)
    return state, divided(state.asked_ev, limits)


def _hurried(state: RampState, reading: Reading, limits: Bounds) -> RampState:
    """Go to what this frame says, whatever others said: one that was all white or black told only the direction."""
    left_ev = bounded(-reading.light_ev, limits) - state.asked_ev
    # Not all the way: very bright pictures tell a little too much.
    asked_ev = bounded(state.asked_ev + _at_most(_HURRIED_PART * left_ev), limits)
    return RampState(asked_ev, (reading,), hurry=0 if abs(left_ev) < _ARRIVED_EV else state.hurry - 1)


def _eased(state: RampState, reading: Reading, elapsed_s: float, limits: Bounds, settings: RampSettings) -> RampState:
    """Go along with the light's own trend, and a little of the way to where it is."""
    readings = with_reading(state.readings, reading)
    of_last = looked_back(settings.interval_s)
    trend = trend_ev_s(readings, of_last)
    # The next frame is as far ahead as the last one lies behind: a slot that was missed is not made up for.
    ahead_s = min(elapsed_s, settings.interval_s)
    light_ev = light_at(readings, reading.at_s + ahead_s, trend, of_last)
    if light_ev is None:
        return RampState(state.asked_ev, readings, state.is_moving)
    left_ev = bounded(-light_ev, limits) - state.asked_ev
    is_moving = abs(left_ev) > (_END_EV if state.is_moving else _BEGIN_EV)
    drift_ev = -trend * ahead_s
    moved_ev = drift_ev + correction_ev(left_ev - drift_ev, elapsed_s) if is_moving else 0.0
    return RampState(bounded(state.asked_ev + _at_most(moved_ev), limits), readings, is_moving)


def _at_most(moved_ev: float) -> float:
    return min(max(moved_ev, -MOST_STEP_EV), MOST_STEP_EV)
