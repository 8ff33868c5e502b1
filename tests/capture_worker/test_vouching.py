"""Whose slots are to be believed."""

from __future__ import annotations

import pytest

from capture_worker.cameras.base import Frame
from capture_worker.results import Taken
from capture_worker.vouching import Vouching
from shared.clock import NS_PER_MS, NS_PER_S, NS_PER_US
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS, ManualClock

LATENESS_US = 1500


def _taken(camera_wall_ns: int = 0) -> Taken:
    """A frame of the slot at the clock's start. What a camera takes for wall time counts for nothing."""
    frame = Frame(camera_wall_ns, START_MONO_NS + LATENESS_US * NS_PER_US, jpeg=b"jpeg")
    return Taken(START_WALL_NS, frame, LATENESS_US, 0)


@pytest.mark.parametrize("said", [True, False, None])
@pytest.mark.parametrize("after_s", [0, 0.5, 30])
def test_clock_that_runs_on_is_what_the_kernel_says(said: bool | None, after_s: float) -> None:
    clock = ManualClock()
    clock.advance(after_s)
    assert Vouching(clock, lambda: said).synchronised(_taken()) is said


@pytest.mark.parametrize("step_s", [-50 * 365 * 86_400, -1, 0.3, 3600, 50 * 365 * 86_400])
def test_slot_of_before_a_step_is_not_vouched_for_by_the_kernel_of_after_it(step_s: float) -> None:
    clock = ManualClock()
    clock.advance(0.3)
    clock.set_wall(clock.wall + round(step_s * NS_PER_S))
    assert Vouching(clock, lambda: True).synchronised(_taken()) is False
    assert Vouching(clock, lambda: None).synchronised(_taken()) is None, "nobody says that it is right now"


def test_correction_without_a_step_is_none() -> None:
    clock = ManualClock()
    clock.set_wall(clock.wall + 30 * NS_PER_MS)
    assert Vouching(clock, lambda: True).synchronised(_taken()) is True
