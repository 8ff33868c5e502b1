"""When a stand-by may be started."""

from __future__ import annotations

import pytest

from shared.clock import NS_PER_S
from supervisor.calm import is_calm, may_be_needed
from supervisor.states import Desired, Record, State

_UP = Record(State.RUNNING, Desired.UP)
_DOWN = Record(State.STOPPED, Desired.DOWN)


@pytest.mark.parametrize(
    ("state", "calm"),
    [
        (State.STOPPED, True),
        (State.STARTING, False),
        (State.RUNNING, True),
        (State.STOPPING, False),
        (State.KILLING, False),
        (State.QUARANTINED, True),
        (State.FAILED, True),
    ],
)
def test_worker_that_begins_or_ends_is_no_calm(state: State, calm: bool) -> None:
    assert is_calm([_UP, Record(state, Desired.UP)], 0) is calm


@pytest.mark.parametrize(("left_s", "calm"), [(0, False), (4.9, False), (5.0, True), (300, True)])
def test_back_off_is_calm_until_its_end_is_near(left_s: float, calm: bool) -> None:
    waits = Record(State.BACKOFF, Desired.UP, due_ns=10 * NS_PER_S + int(left_s * NS_PER_S))
    assert is_calm([waits], 10 * NS_PER_S) is calm


def test_no_worker_at_all_is_calm() -> None:
    assert is_calm([], 0)


@pytest.mark.parametrize(
    ("records", "needed"),
    [
        ({}, False),
        ({"storage": _UP}, False),
        ({"storage": _UP, "capture.main": _DOWN}, False),
        ({"capture.main": _DOWN, "capture.garden": _UP}, True),
        ({"capture.main": Record(State.BACKOFF, Desired.UP, due_ns=1)}, True),
    ],
)
def test_it_is_needed_where_a_camera_would_be_started_again(records: dict[str, Record], needed: bool) -> None:
    assert may_be_needed(records) is needed
