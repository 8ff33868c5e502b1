"""The ramp's rules, whatever the frames show."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture_worker.exposure.division import Bounds, bounds, total_ev
from capture_worker.exposure.light import MOST_TREND_EV_S
from capture_worker.exposure.ramp import (
    HURRY_FRAMES,
    MOST_STEP_EV,
    RampSettings,
    RampState,
    Seen,
    absence_s,
    begun,
    correction_ev,
    step,
)
from shared.config.model import RampConfig
from tests.rig.daylight import constant, switched
from tests.rig.exposed_camera import IMX219, IMX477, WEBCAM, Sensor
from tests.rig.exposure_run import WANTED, Ramped, Shot, Slots, run_ramp
from tests.rig.lit_scene import Scene

LIMITS = bounds(IMX219.limits, RampConfig(), 10.0)
INTERVALS = st.sampled_from((0.2, 1.0, 10.0, 60.0, 300.0))
# When after the last frame (intervals), what exposure the camera really had, how bright it came out.
FRAMES = st.lists(
    st.tuples(st.floats(0.2, 3.0), st.floats(0.0, 24.0), st.floats(0.0, 1.0)), min_size=1, max_size=40
)  # fmt: skip


def _asked(state: RampState, frames: list[tuple[float, float, float]], interval_s: float) -> list[float]:
    """The total exposures asked for, one a frame, with checks of each answer on the way."""
    at_s, asked = 0.0, [state.asked_ev]
    for gap, had_ev, mean in frames:
        at_s += gap * interval_s
        state, wanted = step(state, Seen(at_s, had_ev, mean), LIMITS, RampSettings(WANTED, interval_s))
        _check_limits(wanted.exposure_us, wanted.analogue_gain, LIMITS)
        assert total_ev(wanted.exposure_us, wanted.analogue_gain) == pytest.approx(state.asked_ev, abs=1e-6)
        asked.append(state.asked_ev)
    return asked


def _check_limits(time_us: float, gain: float, limits: Bounds) -> None:
    assert limits.exposure_us[0] <= time_us <= limits.exposure_us[1]
    assert limits.analogue_gain[0] <= gain <= limits.analogue_gain[1]
    assert gain <= limits.analogue_gain[0] * (1 + 1e-9) or time_us == pytest.approx(limits.exposure_us[1])


@given(FRAMES, INTERVALS, st.booleans())
def test_ramp_keeps_to_its_limits_and_steps_whatever_the_frames_show(
    frames: list[tuple[float, float, float]], interval_s: float, hurry: bool
) -> None:
    asked = _asked(begun(15.0, in_a_hurry=hurry), frames, interval_s)
    assert all(abs(b - a) <= MOST_STEP_EV + 1e-6 for a, b in itertools.pairwise(asked))
    if not hurry and interval_s == 10.0:
        assert all(
            _as_stated(gap * interval_s, b - a)
            for (gap, _, _), (a, b) in zip(frames, itertools.pairwise(asked), strict=True)
        )


@given(st.floats(-24.0, 24.0), st.floats(0.001, 900.0))
def test_correction_goes_the_right_way_and_never_too_far(left_ev: float, elapsed_s: float) -> None:
    moved = correction_ev(left_ev, elapsed_s)
    assert abs(moved) <= abs(left_ev)
    assert moved * left_ev >= 0


@pytest.mark.parametrize(
    ("elapsed_s", "most_ev"), [(0.1, 0.03), (1.0, 0.032), (10.0, 0.1), (60.0, 0.245), (300.0, 0.4)]
)
def test_correction_near_the_light_is_as_large_as_stated(elapsed_s: float, most_ev: float) -> None:
    """docs/exposure.md has these figures."""
    assert correction_ev(2.0, elapsed_s) == pytest.approx(most_ev, abs=0.001)
    assert correction_ev(0.1, 10.0) == pytest.approx(0.015)


def test_correction_far_from_the_light_is_as_large_as_stated() -> None:
    assert correction_ev(4.0, 10.0) == pytest.approx(0.6)
    assert correction_ev(4.0, 300.0) == pytest.approx(2.4)


@given(st.floats(0.5, 50_000.0), st.floats(0.0, 0.03), st.integers(0, 7), st.sampled_from((IMX219, WEBCAM)))
@settings(max_examples=20)
def test_ramp_in_constant_light_comes_to_rest(lux: float, noise_ev: float, delay: int, sensor: Sensor) -> None:
    how = Ramped(sensor, delay, noise_ev, first_ev=16.0, in_a_hurry=True)
    shots = run_ramp(Scene(constant(lux)), Slots(0.0, 1200.0, 10.0), how)
    late = shots[80:]
    assert _turns(late) <= 1
    assert sum(abs(shot.caused_ev) for shot in late) < 0.2
    if sensor is IMX219 and lux > 1:
        assert abs(late[-1].off_ev) < 0.2


@pytest.mark.parametrize("delay", [0, 1, 3, 7])
@pytest.mark.parametrize(("before", "after"), [(60.0, 960.0), (960.0, 60.0), (5.0, 20_000.0), (20_000.0, 5.0)])
def test_ramp_after_a_lamp_is_switched_converges_without_overshoot(before: float, after: float, delay: int) -> None:
    """Four stops: within 30 frames and twice the delay; twelve stops: 60 and six times. Never beyond by a tenth."""
    shots = run_ramp(Scene(switched(before, after, 100.0)), Slots(0.0, 2000.0, 10.0), Ramped(IMX477, delay))
    allowed = 30 + 2 * delay if max(before, after) < 1000 else 60 + 6 * delay
    beyond = [shot.off_ev * (1 if after < before else -1) for shot in shots[10:]]
    assert max(beyond) < 0.1
    assert all(abs(shot.off_ev) < 0.3 for shot in shots[10 + allowed :])


@pytest.mark.parametrize("interval_s", [1.0, 10.0, 60.0, 300.0])
def test_ramp_is_not_moved_by_one_bright_frame_at_any_interval(interval_s: float) -> None:
    state, rules = begun(15.0, in_a_hurry=False), RampSettings(WANTED, interval_s)
    for k in range(12):
        mean = 0.98 if k == 6 else WANTED
        state, _ = step(state, Seen(k * interval_s, 15.0, mean), LIMITS, rules)
        assert state.asked_ev == 15.0


def test_ramp_with_an_obedience_of_some_frames_later_asks_for_no_more_meanwhile() -> None:
    """The camera stays where it was for 30 frames: what is asked for is what the light needs, and not beyond."""
    state, rules = begun(10.0, in_a_hurry=False), RampSettings(WANTED, 10.0)
    for k in range(60):
        state, _ = step(state, Seen(k * 10.0, 10.0, 0.2), LIMITS, rules)
    needed = math.log2(0.4 / 0.6) - math.log2(0.2 / 0.8)
    assert state.asked_ev == pytest.approx(10.0 + needed, abs=0.05)


@pytest.mark.parametrize(("mean", "way"), [(1.0, -1), (0.0, 1)])
def test_ramp_of_clipped_frames_steps_on_by_a_bounded_amount(mean: float, way: int) -> None:
    state, rules = begun(15.0, in_a_hurry=False), RampSettings(WANTED, 10.0)
    asked = []
    for k in range(12):
        state, _ = step(state, Seen(k * 10.0, state.asked_ev, mean), LIMITS, rules)
        asked.append(state.asked_ev)
    steps = [(b - a) * way for a, b in itertools.pairwise(asked[2:])]
    assert all(0.3 < size <= 0.7 for size in steps)


def test_ramp_in_a_hurry_is_there_within_its_frames_from_either_end() -> None:
    for first_ev in LIMITS.total_ev:
        shots = run_ramp(
            Scene(constant(500.0)), Slots(0.0, 120.0, 10.0), Ramped(first_ev=first_ev, in_a_hurry=True, noise_ev=0.0)
        )
        assert abs(shots[HURRY_FRAMES].off_ev) < 0.3


@pytest.mark.parametrize("interval_s", [10.0, 300.0])
def test_ramp_after_a_long_absence_starts_anew_in_a_hurry(interval_s: float) -> None:
    state, rules = begun(15.0, in_a_hurry=False), RampSettings(WANTED, interval_s)
    for k in range(6):
        state, _ = step(state, Seen(k * interval_s, 15.0, WANTED), LIMITS, rules)
    soon, _ = step(state, Seen(5 * interval_s + absence_s(interval_s) - 1, 15.0, 0.05), LIMITS, rules)
    late, _ = step(state, Seen(5 * interval_s + absence_s(interval_s) + 1, 15.0, 0.05), LIMITS, rules)
    assert soon.asked_ev == 15.0
    assert late.asked_ev - 15.0 > 2.0
    assert late.readings[0].at_s == late.readings[-1].at_s


def test_ramp_told_of_a_frame_twice_is_not_moved_twice() -> None:
    state, rules = begun(15.0, in_a_hurry=True), RampSettings(WANTED, 10.0)
    once, wanted = step(state, Seen(10.0, 15.0, 0.1), LIMITS, rules)
    assert step(once, Seen(10.0, 15.0, 0.1), LIMITS, rules) == (once, wanted)
    assert step(once, Seen(9.0, 15.0, 0.1), LIMITS, rules) == (once, wanted)


def _as_stated(elapsed_s: float, moved_ev: float) -> bool:
    """Never more than towards light that is at the other end of the scale, and what daylight itself does."""
    span = LIMITS.total_ev[1] - LIMITS.total_ev[0]
    return abs(moved_ev) <= correction_ev(span, elapsed_s) + MOST_TREND_EV_S * elapsed_s + 1e-6


def _turns(shots: list[Shot]) -> int:
    """How often the exposure went back on itself by more than what nobody could measure."""
    moves = [shot.caused_ev for shot in shots if abs(shot.caused_ev) > 0.005]
    return sum(a * b < 0 for a, b in itertools.pairwise(moves))
