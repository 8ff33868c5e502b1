"""How often a camera that comes and goes may have its worker started."""

from __future__ import annotations

import pytest

from shared.clock import NS_PER_S
from supervisor.early_starts import MOST_AT_ONCE, ONE_MORE_EACH_NS, EarlyStarts

NOW_NS = 1_000 * NS_PER_S


def _taken(early: EarlyStarts, since_ns: int, seconds: float, each_s: float) -> int:
    """How many of those that are asked for, one each `each_s`, are given."""
    return sum(early.take(since_ns + round(number * each_s * NS_PER_S)) for number in range(round(seconds / each_s)))


def test_ten_are_free_at_once_and_the_next_when_it_says() -> None:
    early = EarlyStarts()
    assert [early.take(NOW_NS) for _ in range(MOST_AT_ONCE + 1)] == [True] * MOST_AT_ONCE + [False]
    assert early.due_ns == NOW_NS + ONE_MORE_EACH_NS
    assert not early.take(early.due_ns - 1)
    assert early.take(early.due_ns)
    assert not early.take(early.due_ns - 1)


@pytest.mark.parametrize("each_s", [0.1, 0.5, 2.0])
def test_cable_that_flaps_costs_ten_starts_and_ten_a_minute_however_quick(each_s: float) -> None:
    assert 69 <= _taken(EarlyStarts(), NOW_NS, 360, each_s) <= 70


def test_camera_that_comes_back_each_six_seconds_is_never_kept_waiting() -> None:
    assert _taken(EarlyStarts(), NOW_NS, 3_600, 6.0) == 600


def test_after_a_quiet_minute_all_are_free_again() -> None:
    early = EarlyStarts()
    _taken(early, NOW_NS, 60, 0.5)
    assert _taken(early, NOW_NS + 120 * NS_PER_S, 1, 0.05) == MOST_AT_ONCE
