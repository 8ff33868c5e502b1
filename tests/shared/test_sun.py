"""The sun: against the almanac where it rises and sets, and by the rule where it does not."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.clock import NS_PER_S
from shared.config.model import Location
from shared.sun import SunTime, event_time
from tests.rig.zone import utc_ns

OSLO = Location(59.91, 10.75)
TROMSO = Location(69.65, 18.96)
USHUAIA = Location(-54.8, -68.3)
MCMURDO = Location(-77.85, 166.67)
_HOUR = 3600


@pytest.mark.parametrize(
    ("event", "place", "day", "offset_h", "utc"),
    [
        ("sunrise", OSLO, "2026-06-21", 2, "2026-06-21T01:53"),
        ("sunset", OSLO, "2026-06-21", 2, "2026-06-21T20:44"),
        ("sunrise", OSLO, "2026-12-21", 1, "2026-12-21T08:18"),
        ("sunset", OSLO, "2026-12-21", 1, "2026-12-21T14:12"),
        ("noon", OSLO, "2026-12-21", 1, "2026-12-21T11:15"),
        ("dawn", OSLO, "2026-03-20", 1, "2026-03-20T04:39"),
        ("dusk", OSLO, "2026-03-20", 1, "2026-03-20T18:11"),
        ("sunrise", USHUAIA, "2026-12-21", -3, "2026-12-21T07:52"),
    ],
)
def test_time_of_an_event_is_the_almanacs(event: str, place: Location, day: str, offset_h: int, utc: str) -> None:
    there = event_time(event, dt.date.fromisoformat(day), offset_h * _HOUR, place)
    assert there.comes
    assert abs(there.ns - utc_ns(utc)) < 3 * 60 * NS_PER_S


@pytest.mark.parametrize("place", [OSLO, Location(0.0, 179.9), Location(0.0, -179.9), USHUAIA])
@pytest.mark.parametrize("event", ["dawn", "sunrise", "noon", "sunset", "dusk"])
def test_event_is_on_the_local_day_that_was_asked_for(place: Location, event: str) -> None:
    offset_s = round(place.longitude / 15) * _HOUR
    for number in range(0, 365, 7):
        day = dt.date(2026, 1, 1) + dt.timedelta(number)
        there = event_time(event, day, offset_s, place)
        local = dt.datetime.fromtimestamp(there.ns / NS_PER_S, dt.timezone(dt.timedelta(seconds=offset_s)))
        # In Oslo's summer it never gets darker than dusk, and where dusk comes it may come after midnight.
        assert local.date() == day or not there.comes or event in {"dawn", "dusk"}


@pytest.mark.parametrize(
    ("place", "day", "offset_h", "up"),
    [
        (TROMSO, "2026-06-21", 2, True),
        (TROMSO, "2026-12-21", 1, False),
        (TROMSO, "2026-01-15", 1, False),  # at noon it is just above, by less than a day's hour
        (TROMSO, "2026-11-27", 1, False),
        (TROMSO, "2026-05-18", 2, True),
        (MCMURDO, "2026-12-21", 13, True),
        (MCMURDO, "2026-06-21", 12, False),
    ],
)
def test_sun_that_stays_up_is_risen_all_day_and_one_that_stays_down_never(
    place: Location, day: str, offset_h: int, up: bool
) -> None:
    midnight_ns = utc_ns(f"{day}T00:00") - offset_h * _HOUR * NS_PER_S
    first, last = SunTime(midnight_ns, comes=False), SunTime(midnight_ns + 24 * _HOUR * NS_PER_S, comes=False)
    date = dt.date.fromisoformat(day)
    assert event_time("sunrise", date, offset_h * _HOUR, place) == (first if up else last)
    assert event_time("sunset", date, offset_h * _HOUR, place) == (last if up else first)


def test_white_night_has_no_dawn_and_no_dusk() -> None:
    """At midsummer in Trondheim the sun sets, and it stays light enough to read."""
    there = Location(63.43, 10.4)
    day = dt.date(2026, 6, 21)
    assert event_time("sunset", day, 2 * _HOUR, there).comes
    assert event_time("dawn", day, 2 * _HOUR, there) == SunTime(utc_ns("2026-06-20T22:00"), comes=False)
    assert event_time("dusk", day, 2 * _HOUR, there) == SunTime(utc_ns("2026-06-21T22:00"), comes=False)


def test_noon_comes_even_in_the_polar_night() -> None:
    noon = event_time("noon", dt.date(2026, 12, 21), _HOUR, TROMSO)
    assert noon.comes
    assert abs(noon.ns - utc_ns("2026-12-21T10:42")) < 3 * 60 * NS_PER_S
