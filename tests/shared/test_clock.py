"""Steps of the wall clock, told apart from its drifting, and from nothing at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import NS_PER_MS, NS_PER_S, StepWatch, SystemClock, both, by_present_clock, is_synchronised
from tests.rig.manual_clock import ManualClock

_TOLERANCE_NS = 200 * NS_PER_MS


def test_watch_of_a_steady_clock_tells_no_step() -> None:
    clock = ManualClock()
    watch = StepWatch(clock)
    for seconds in (0, 0.001, 60, 86_400, 365 * 86_400):
        clock.advance(seconds)
        assert watch.step_ns() == 0


def test_watch_tells_a_step_once_with_its_size_and_sign() -> None:
    clock = ManualClock()
    watch = StepWatch(clock)
    for step_ns in (3600 * NS_PER_S, -3600 * NS_PER_S, 56 * 365 * 86_400 * NS_PER_S, -_TOLERANCE_NS - 1):
        clock.advance(12.5)
        clock.set_wall(clock.wall + step_ns)
        assert watch.step_ns() == step_ns
        assert watch.step_ns() == 0


def test_watch_takes_a_suspended_machine_for_a_step_forward() -> None:
    clock = ManualClock()
    watch = StepWatch(clock)
    clock.wall += 8 * 3600 * NS_PER_S
    assert watch.step_ns() == 8 * 3600 * NS_PER_S


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(-3000e-6, 3000e-6)), min_size=1, max_size=200))
def test_watch_of_a_slewed_clock_tells_no_step(waits: list[tuple[float, float]]) -> None:
    """Six times as fast as NTP may slew, for hours: far beyond the tolerance in all, never in one wait."""
    clock = ManualClock()
    watch = StepWatch(clock)
    for wait_s, rate in waits:
        clock.advance(wait_s)
        clock.wall += int(wait_s * rate * NS_PER_S)
        assert watch.step_ns() == 0


@given(st.lists(st.integers(-10 * NS_PER_S, 10 * NS_PER_S), max_size=50))
def test_watch_tells_every_step_beyond_its_tolerance_and_no_other(steps_ns: list[int]) -> None:
    clock = ManualClock()
    watch = StepWatch(clock)
    for step_ns in steps_ns:
        clock.advance(1)
        clock.wall += step_ns
        assert watch.step_ns() == (step_ns if abs(step_ns) > _TOLERANCE_NS else 0)


def test_system_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = time.monotonic_ns(), time.time_ns()
    seen = clock.mono_ns(), clock.wall_ns()
    assert before[0] <= seen[0] <= time.monotonic_ns()
    assert abs(seen[1] - before[1]) < NS_PER_S


def test_watch_of_the_machines_clock_tells_no_step() -> None:
    watch = StepWatch(SystemClock())
    assert [watch.step_ns() for _ in range(10_000)] == [0] * 10_000


def test_is_synchronised_says_what_the_kernel_says() -> None:
    """Asking changes nothing, so that it may be asked again."""
    first = is_synchronised()
    assert first in {True, False, None}
    assert is_synchronised() is first


class _Interrupted:
    """A clock whose process loses its processor between two readings, so often."""

    def __init__(self, times: int) -> None:
        self._left = times
        self._now_ns = 0

    def mono_ns(self) -> int:
        self._now_ns += 1000
        return self._now_ns

    def wall_ns(self) -> int:
        if self._left:
            self._left -= 1
            self._now_ns += 20 * NS_PER_MS * (self._left + 1)
        return self._now_ns + 10**18


@pytest.mark.parametrize(("times", "most_apart_ms"), [(0, 0.1), (1, 0.1), (2, 0.1), (3, 21)])
def test_both_clocks_are_of_one_moment_though_the_process_is_interrupted(times: int, most_apart_ms: float) -> None:
    wall_ns, mono_ns = both(_Interrupted(times))
    assert abs(wall_ns - 10**18 - mono_ns) <= most_apart_ms * NS_PER_MS


@pytest.mark.parametrize("step_s", [0, 3600, -86_400, 50 * 365 * 86_400, -50 * 365 * 86_400])
def test_moment_by_the_present_clock_is_as_long_ago_as_it_was_whatever_the_clock_did(step_s: int) -> None:
    clock = ManualClock()
    moment = both(clock)
    clock.advance(100)
    clock.set_wall(clock.wall + step_s * NS_PER_S)
    assert clock.wall - by_present_clock(moment, clock) == 100 * NS_PER_S


def test_moment_by_the_present_clock_stays_the_same_while_that_is_corrected() -> None:
    clock = ManualClock()
    moment = both(clock)
    for _ in range(10):
        clock.advance(100)
        clock.set_wall(clock.wall + 40 * NS_PER_MS)
        assert by_present_clock(moment, clock) == moment[0]
