"""When a window is open: on the days of a change of clock, over midnight, and where the sun does as it likes."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

import astral.sun
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.config.model import Location
from shared.config.window import ALWAYS, parse_window
from shared.window import Interval, open_intervals
from tests.rig.zone import utc_ns, zone

TROMSO = Location(69.65, 18.96)
OSLO = Location(59.91, 10.75)
_MINUTE_NS = 60 * NS_PER_S
_DAY_NS = 24 * 60 * _MINUTE_NS


def _open(text: str, first: str, last: str, place: Location | None = None) -> list[tuple[str, str]]:
    """The open times between two moments in UTC, as minutes in UTC without the year."""
    intervals = open_intervals(parse_window(text), place, utc_ns(first), utc_ns(last))
    return [(_minute(each.start_ns), _minute(each.end_ns)) for each in intervals]


def _minute(wall_ns: int) -> str:
    return dt.datetime.fromtimestamp(wall_ns / NS_PER_S, dt.UTC).strftime("%m-%dT%H:%M")


def test_always_is_one_time_without_a_seam() -> None:
    assert list(open_intervals(ALWAYS, None, 5, 7 * _DAY_NS)) == [Interval(5, 7 * _DAY_NS)]


@pytest.mark.parametrize(
    ("zone_name", "text", "around", "expected"),
    [
        # Oslo: at 01:00 UTC the clock goes from 02:00 to 03:00, and in October from 03:00 to 02:00.
        ("Europe/Oslo", "01:00-04:00", "2026-03-29", ("03-29T00:00", "03-29T02:00")),
        ("Europe/Oslo", "01:00-04:00", "2026-10-25", ("10-24T23:00", "10-25T03:00")),
        ("Europe/Oslo", "01:00-04:00", "2026-06-15", ("06-14T23:00", "06-15T02:00")),
        ("Europe/Oslo", "22:00-06:00", "2026-03-29", ("03-28T21:00", "03-29T04:00")),
        ("Europe/Oslo", "22:00-06:00", "2026-10-25", ("10-24T20:00", "10-25T05:00")),
        ("Europe/Oslo", "02:30-04:00", "2026-03-29", ("03-29T01:30", "03-29T02:00")),
        ("Europe/Oslo", "02:30-04:00", "2026-10-25", ("10-25T00:30", "10-25T03:00")),
        ("Europe/Oslo", "02:15-02:45", "2026-10-25", ("10-25T00:15", "10-25T00:45")),
        ("Europe/Oslo", "00:00-12:00", "2026-03-29", ("03-28T23:00", "03-29T10:00")),
        ("Europe/Oslo", "12:00-24:00", "2026-10-25", ("10-25T11:00", "10-25T23:00")),
        # Lord Howe: half an hour, at 15:00 and 15:30 UTC of the day before.
        ("Australia/Lord_Howe", "01:00-04:00", "2026-04-05", ("04-04T14:00", "04-04T17:30")),
        ("Australia/Lord_Howe", "01:00-04:00", "2026-10-04", ("10-03T14:30", "10-03T17:00")),
        ("Australia/Lord_Howe", "02:10-02:20", "2026-10-04", ("10-03T15:40", "10-03T15:50")),
        ("America/New_York", "01:30-03:30", "2026-11-01", ("11-01T05:30", "11-01T08:30")),
        ("Asia/Kathmandu", "06:00-20:00", "2026-06-15", ("06-15T00:15", "06-15T14:15")),
    ],
)
def test_fixed_hours_follow_the_clock_on_the_wall(
    zone_name: str, text: str, around: str, expected: tuple[str, str]
) -> None:
    with zone(zone_name):
        day = dt.date.fromisoformat(around)
        first, last = f"{day - dt.timedelta(2)}T12:00", f"{day + dt.timedelta(2)}T12:00"
        intervals = _open(text, first, last)
    assert expected in intervals
    assert len(intervals) in {3, 4, 5}, "one a day, and no other"


@pytest.mark.parametrize("text", ["02:00-03:00", "02:30-03:15", "02:00-02:59"])
def test_window_within_the_hour_that_is_left_out_is_short_or_not_open_and_never_a_whole_day(text: str) -> None:
    with zone("Europe/Oslo"):
        window = parse_window(text)
        intervals = list(open_intervals(window, None, utc_ns("2026-03-28T12:00"), utc_ns("2026-03-30T12:00")))
    assert all(each.end_ns - each.start_ns <= 60 * _MINUTE_NS for each in intervals)
    assert 1 <= len(intervals) <= 2


def test_days_that_overlap_are_open_once() -> None:
    """In spring the sun rises earlier each day: a window of 24 hours around it begins before the last one ends."""
    with zone("Europe/Oslo"):
        window = parse_window("sunrise-12h..sunrise+12h")
        intervals = list(open_intervals(window, OSLO, utc_ns("2026-04-01T00:00"), utc_ns("2026-04-09T00:00")))
    assert len(intervals) > 7
    assert list(_joined(intervals)) == [Interval(utc_ns("2026-04-01T00:00"), utc_ns("2026-04-09T00:00"))]


_CLOCK = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")


@pytest.mark.parametrize(
    ("zone_name", "change"),
    [
        ("Europe/Oslo", "2026-03-29"),
        ("Europe/Oslo", "2026-10-25"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
    ],
)
@given(start=_CLOCK, end=_CLOCK)
@settings(max_examples=60)
def test_window_is_open_when_the_clock_on_the_wall_says_so(zone_name: str, change: str, start: str, end: str) -> None:
    """Every quarter of an hour around a change, but in what is repeated or left out, and its window's other end."""
    if start == end:
        return
    with zone(zone_name):
        first_ns, last_ns = utc_ns(f"{change}T00:00") - 2 * _DAY_NS, utc_ns(f"{change}T00:00") + 2 * _DAY_NS
        intervals = list(open_intervals(parse_window(f"{start}-{end}"), None, first_ns, last_ns))
        for quarter_ns in range(first_ns, last_ns, 15 * _MINUTE_NS):
            local = dt.datetime.fromtimestamp(quarter_ns / NS_PER_S)  # noqa: DTZ006 - the machine's zone is meant
            shown = local.strftime("%H:%M")
            wanted = start <= shown < end if start < end else not end <= shown < start
            is_open = any(each.start_ns <= quarter_ns < each.end_ns for each in intervals)
            assert is_open == wanted or "01:30" <= shown <= "03:30"


@given(
    text=st.one_of(
        st.tuples(_CLOCK, _CLOCK).filter(lambda pair: pair[0] != pair[1]).map("-".join),
        st.sampled_from(
            [
                "sunrise..sunset",
                "sunset..sunrise",
                "dusk+1h..dawn-1h",
                "sunrise-12h..sunrise+12h",
                "sunset+12h..sunset-12h",
                "noon..22:00",
                "22:00..noon-1h",
                "dawn..sunrise",
            ]
        ),
    ),
    place=st.builds(Location, st.floats(-90, 90), st.floats(-180, 180)),
    start_day=st.integers(0, 365 * 10),
    span=st.integers(1, 5 * 24 * 60),
)
@settings(max_examples=150)
def test_intervals_are_in_order_apart_and_within_what_was_asked(
    text: str, place: Location, start_day: int, span: int
) -> None:
    with zone("Europe/Oslo"):
        first_ns = utc_ns("2026-01-01T00:00") + start_day * _DAY_NS
        last_ns = first_ns + span * _MINUTE_NS
        intervals = list(open_intervals(parse_window(text), place, first_ns, last_ns))
    edges = [edge for each in intervals for edge in (each.start_ns, each.end_ns)]
    assert edges == sorted(edges)
    assert all(first_ns <= edge <= last_ns for edge in edges)
    assert all(each.start_ns < each.end_ns for each in intervals)


@given(
    text=st.sampled_from(["06:00-20:00", "22:00-06:00", "sunrise..sunset", "sunset..sunrise", "sunset+6h..sunrise+6h"]),
    cut=st.integers(1, 4 * 24 * 60 - 1),
)
@settings(max_examples=60)
def test_cutting_a_time_in_two_changes_nothing(text: str, cut: int) -> None:
    """Whoever asks in pieces must find the same slots as whoever asks at once."""
    window = parse_window(text)
    with zone("Europe/Oslo"):
        first_ns = utc_ns("2026-03-27T00:00")
        cut_ns, last_ns = first_ns + cut * _MINUTE_NS, first_ns + 4 * _DAY_NS
        whole = list(open_intervals(window, OSLO, first_ns, last_ns))
        pieces = [
            *open_intervals(window, OSLO, first_ns, cut_ns),
            *open_intervals(window, OSLO, cut_ns, last_ns),
        ]
    assert list(_joined(pieces)) == list(_joined(whole))


@pytest.mark.parametrize(
    ("text", "first", "last", "expected"),
    [
        # In June the sun does not set in Tromso, in December it does not rise.
        ("sunrise..sunset", "2026-06-10T00:00", "2026-06-20T00:00", [("06-10T00:00", "06-20T00:00")]),
        ("sunset..sunrise", "2026-06-10T00:00", "2026-06-20T00:00", []),
        ("sunrise..sunset", "2026-12-10T00:00", "2026-12-20T00:00", []),
        ("sunset..sunrise", "2026-12-10T00:00", "2026-12-20T00:00", [("12-10T00:00", "12-20T00:00")]),
        ("dusk..dawn", "2026-06-10T00:00", "2026-06-20T00:00", []),
        # The night by the clock goes on whatever the sun does.
        ("22:00..06:00", "2026-06-10T12:00", "2026-06-11T12:00", [("06-10T20:00", "06-11T04:00")]),
    ],
)
def test_polar_day_and_night_in_tromso(text: str, first: str, last: str, expected: list[tuple[str, str]]) -> None:
    with zone("Europe/Oslo"):
        window = open_intervals(parse_window(text), TROMSO, utc_ns(first), utc_ns(last))
        assert [(_minute(each.start_ns), _minute(each.end_ns)) for each in _joined(window)] == expected


@pytest.mark.parametrize(
    ("zone_name", "text", "place", "most_wrong_min"),
    [
        ("Europe/Oslo", "sunrise..sunset", TROMSO, 120),
        ("Europe/Oslo", "sunset..sunrise", TROMSO, 120),
        ("Europe/Oslo", "sunrise..sunset", OSLO, 10),
        ("Europe/Oslo", "sunset..sunrise", OSLO, 10),
        ("Europe/Oslo", "sunrise..sunset", Location(-77.85, 16.0), 120),
        ("Europe/Oslo", "sunset..sunrise", Location(78.22, 15.65), 120),
        # A machine that was left in UTC, on the other side of the world.
        ("UTC", "sunrise..sunset", Location(-36.85, 174.76), 10),
        ("UTC", "sunset..sunrise", Location(21.31, -157.86), 10),
    ],
)
def test_window_by_the_sun_is_open_when_the_sun_is_there(
    zone_name: str, text: str, place: Location, most_wrong_min: int
) -> None:
    """A whole year, by the sun's height. On the first and the last day of a polar day or night the rule is coarse."""
    with zone(zone_name):
        first_ns = utc_ns("2026-01-01T00:00")
        intervals = list(open_intervals(parse_window(text), place, first_ns, first_ns + 365 * _DAY_NS))
    observer = astral.Observer(place.latitude, place.longitude)
    wrong_min = [0] * 365
    for moment_ns in range(first_ns, first_ns + 365 * _DAY_NS, 10 * _MINUTE_NS):
        while intervals and intervals[0].end_ns <= moment_ns:
            del intervals[0]
        is_open = bool(intervals) and intervals[0].start_ns <= moment_ns
        moment = dt.datetime.fromtimestamp(moment_ns / NS_PER_S, dt.UTC)
        is_up = astral.sun.elevation(observer, moment, with_refraction=False) > -0.833
        if is_open != (is_up == text.startswith("sunrise")):
            wrong_min[(moment_ns - first_ns) // _DAY_NS] += 10
    assert max(wrong_min) <= most_wrong_min
    assert sum(wrong_min) <= 365 * 3


def _joined(intervals: list[Interval] | Iterator[Interval]) -> Iterator[Interval]:
    """Neighbours that touch, as one."""
    kept: Interval | None = None
    for each in itertools.chain(intervals, [None]):
        if kept is not None and each is not None and each.start_ns == kept.end_ns:
            kept = Interval(kept.start_ns, each.end_ns)
            continue
        if kept is not None:
            yield kept
        kept = each
