"""Windows on the days on which a zone's clock changes, both ways, in zones that do it each in their own way."""

from __future__ import annotations

import itertools
import time

import pytest

from capture_worker.plan import Plan, plan_for
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Location
from shared.frame_name import FrameName, parse
from tests.rig.zone import utc_ns, zone

_DAY_NS = 86_400 * NS_PER_S
_MINUTES = 15
_PLACES = {
    "Europe/Oslo": Location(59.91, 10.75),
    "America/New_York": Location(40.71, -74.01),
    "Australia/Lord_Howe": Location(-31.55, 159.08),
    "Africa/Casablanca": Location(33.57, -7.59),
}
_CHANGES = [
    ("Europe/Oslo", "2026-03-29T01:00"),
    ("Europe/Oslo", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    # Standard time is that of summer; for Ramadan an hour is taken off.
    ("Africa/Casablanca", "2026-02-15T02:00"),
    ("Africa/Casablanca", "2026-03-22T02:00"),
]


def _plan(window: str, place: Location | None = None) -> Plan:
    return plan_for(CameraConfig("main", interval_ms=_MINUTES * 60_000, window=window), place)


def _slots(plan: Plan, around_ns: int) -> list[int]:
    """Of two days before and after."""
    ranges = plan.slots_between(around_ns - 2 * _DAY_NS, around_ns + 2 * _DAY_NS)
    return [slot_ns for each in ranges for slot_ns in range(each.first_ns, each.last_ns + 1, each.interval_ns)]


def _local(slot_ns: int) -> time.struct_time:
    return time.localtime(slot_ns // NS_PER_S)


@pytest.mark.parametrize(("name", "change"), _CHANGES)
def test_zone_does_change_then(name: str, change: str) -> None:
    with zone(name):
        before, after = (_local(utc_ns(change) + at_ns).tm_gmtoff for at_ns in (-NS_PER_S, 0))
        assert abs(after - before) == (1800 if name == "Australia/Lord_Howe" else 3600)


@pytest.mark.parametrize(("name", "change"), _CHANGES)
def test_fixed_hours_have_all_their_slots_on_the_day_of_the_change_too(name: str, change: str) -> None:
    with zone(name):
        slots = _slots(_plan("06:00-20:00"), utc_ns(change))
        days: dict[int, list[str]] = {}
        for slot_ns in slots:
            days.setdefault(_local(slot_ns).tm_yday, []).append(time.strftime("%H:%M", _local(slot_ns)))
    whole = [f"{hour:02d}:{minute:02d}" for hour in range(6, 20) for minute in range(0, 60, _MINUTES)]
    assert len(days) in {4, 5}
    assert list(days.values())[1:-1] == [whole] * (len(days) - 2)


@pytest.mark.parametrize(("name", "change"), _CHANGES)
def test_window_by_the_sun_is_the_same_whatever_the_clock_on_the_wall_does(name: str, change: str) -> None:
    place, found = _PLACES[name], []
    for each in (name, "UTC"):
        with zone(each):
            found.append(_slots(_plan("sunrise..sunset", place), utc_ns(change)))
    # The equation of the sun is worked out for each local day: to the minute it may differ by where that begins.
    assert len(set(found[0]) ^ set(found[1])) <= 2
    assert len(found[0]) > 4 * 8 * 60 // _MINUTES


@pytest.mark.parametrize(("name", "change"), _CHANGES)
@pytest.mark.parametrize("window", ["always", "00:00-04:00", "22:00-06:00"])
def test_slots_around_the_change_have_names_of_their_own_that_mean_them(name: str, change: str, window: str) -> None:
    with zone(name):
        slots = _slots(_plan(window), utc_ns(change))
        names = [FrameName(slot_ns).path().rpartition("/")[2] for slot_ns in slots]
    assert len(set(names)) == len(names)
    assert [frame.slot_ns for each in names if (frame := parse(each))] == slots
    if window == "always":
        assert {later - earlier for earlier, later in itertools.pairwise(slots)} == {_MINUTES * 60 * NS_PER_S}
