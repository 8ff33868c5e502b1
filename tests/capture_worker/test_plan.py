"""Which slots there are: the grid within the window, the same ones however they are asked for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture_worker.grid import Grid, SlotRange
from capture_worker.plan import Plan, plan_for
from shared import sun
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Location
from shared.config.window import ALWAYS, parse_window
from tests.rig.zone import utc_ns, zone

OSLO = Location(59.91, 10.75)
TROMSO = Location(69.65, 18.96)
_HOUR_NS = 3600 * NS_PER_S
_DAY_NS = 24 * _HOUR_NS


def _plan(window: str, interval_s: float = 10, place: Location | None = OSLO) -> Plan:
    return Plan(Grid(round(interval_s * 1000)), parse_window(window), place)


def _slots(ranges: list[SlotRange]) -> list[int]:
    return [slot for each in ranges for slot in range(each.first_ns, each.last_ns + 1, each.interval_ns)]


def test_plan_of_a_camera_is_its_interval_window_and_place() -> None:
    camera = CameraConfig("main", interval_ms=1500, window="sunrise..sunset")
    assert plan_for(camera, OSLO) == Plan(Grid(1500), parse_window("sunrise..sunset"), OSLO)
    assert plan_for(CameraConfig("main"), None) == Plan(Grid(10_000), ALWAYS, None)


def test_slot_at_the_start_is_in_and_at_the_end_is_out() -> None:
    with zone("Europe/Oslo"):
        plan = _plan("06:00-20:00", 3600)
        start_ns, end_ns = utc_ns("2026-06-15T04:00"), utc_ns("2026-06-15T18:00")
        assert plan.next_slot(start_ns - 1) == start_ns
        assert plan.next_slot(start_ns - _HOUR_NS) == start_ns
        assert plan.next_slot(end_ns - _HOUR_NS) == start_ns + _DAY_NS, "19:00 was the last: 20:00 is out"
        assert plan.next_slot(end_ns - _HOUR_NS - 1) == end_ns - _HOUR_NS
        assert _slots(plan.slots_between(start_ns - 1, end_ns + 1)) == list(range(start_ns, end_ns, _HOUR_NS))


def test_next_slot_is_after_and_never_at_the_time_that_was_asked_for() -> None:
    plan = _plan("always")
    assert plan.next_slot(20 * NS_PER_S) == 30 * NS_PER_S
    assert plan.next_slot(20 * NS_PER_S - 1) == 20 * NS_PER_S


@pytest.mark.parametrize(
    ("window", "interval_s"),
    [("06:00-07:00", 86_400), ("06:30-07:00", 3600), ("06:00-06:01", 7 * 86_400), ("noon..noon+1h", 86_400)],
)
def test_next_slot_where_none_can_fall_into_the_window_is_none(window: str, interval_s: float) -> None:
    """A slot a day is at midnight in UTC, whatever the window would like; and 07:00 is out of 06:30-07:00."""
    with zone("Europe/Oslo"):
        assert _plan(window, interval_s).next_slot(utc_ns("2026-06-15T12:00")) is None


def test_next_slot_in_the_polar_night_is_after_it() -> None:
    with zone("Europe/Oslo"):
        slot_ns = _plan("sunrise..sunset", 600, TROMSO).next_slot(utc_ns("2026-12-01T00:00"))
    assert slot_ns is not None
    assert utc_ns("2027-01-14T00:00") < slot_ns < utc_ns("2027-01-18T00:00")


_WINDOWS = st.sampled_from(
    ["always", "06:00-20:00", "22:00-06:00", "01:00-04:00", "sunrise-30m..sunset+30m", "dusk..dawn", "sunset+8h..noon"]
)


@given(
    window=_WINDOWS,
    interval_s=st.sampled_from([7, 60, 900, 3600, 86_400]),
    start=st.integers(0, 4 * 24 * 60),
    span_min=st.integers(1, 600),
)
@settings(max_examples=100)
def test_slots_one_by_one_and_all_at_once_are_the_same(window: str, interval_s: int, start: int, span_min: int) -> None:
    """The loop takes one after the other, and after a stall asks for all at once: none is lost or doubled by that."""
    with zone("Europe/Oslo"):
        plan = _plan(window, interval_s)
        after_ns = utc_ns("2026-03-27T00:00") + start * 60 * NS_PER_S
        before_ns = after_ns + span_min * 60 * NS_PER_S
        one_by_one = []
        slot_ns = plan.next_slot(after_ns)
        while slot_ns is not None and slot_ns < before_ns:
            one_by_one.append(slot_ns)
            slot_ns = plan.next_slot(slot_ns)
        assert _slots(plan.slots_between(after_ns, before_ns)) == one_by_one


@given(after_ns=st.integers(0, 3 * 10**18), span_ns=st.integers(0, 2 * 10**18), window=_WINDOWS)
@settings(max_examples=40)
def test_slots_between_far_times_are_in_order_and_quick(after_ns: int, span_ns: int, window: str) -> None:
    """A clock that starts in 1970 jumps half a century; what is two years back is not worked out in detail."""
    with zone("Europe/Oslo"):
        began = time.monotonic()
        ranges = _plan(window).slots_between(after_ns, after_ns + span_ns)
        assert time.monotonic() - began < 2
    edges = [edge for each in ranges for edge in (each.first_ns, each.last_ns)]
    assert edges == sorted(edges)
    assert all(after_ns < edge < after_ns + span_ns for edge in edges)


def test_slots_between_where_the_window_was_closed_are_none() -> None:
    with zone("Europe/Oslo"):
        assert _plan("06:00-20:00").slots_between(utc_ns("2026-06-15T18:30"), utc_ns("2026-06-16T03:00")) == []
        assert _plan("always").slots_between(5, 5) == []


@pytest.mark.parametrize(
    ("window", "place", "after", "most_s"),
    [
        ("sunrise-30m..sunset+30m", OSLO, "2026-06-15T12:00", 0.05),
        ("sunrise..sunset", TROMSO, "2026-11-27T12:00", 0.05),
        ("dusk..dawn", TROMSO, "2026-04-20T12:00", 0.05),
        ("06:00-20:00", None, "2026-06-15T12:00", 0.05),
        ("noon..noon+1m", OSLO, "2026-06-15T12:00", 0.2),
    ],
)
def test_next_slot_is_quick(window: str, place: Location | None, after: str, most_s: float) -> None:
    """Even with nothing remembered. The last one finds nothing in a year: a slot a day."""
    with zone("Europe/Oslo"):
        plan = _plan(window, 86_400 if most_s > 0.1 else 10, place)
        plan.next_slot(utc_ns("2020-01-01T00:00"))  # astral is loaded
        took = []
        for _ in range(3):
            sun.event_time.cache_clear()
            began = time.perf_counter()
            plan.next_slot(utc_ns(after))
            took.append(time.perf_counter() - began)
    assert min(took) < most_s
