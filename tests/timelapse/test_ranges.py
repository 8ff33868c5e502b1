"""Spans of time as people write them, in zones that change their clocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import NS_PER_MS
from shared.errors import UsageError
from tests.rig.zone import utc_ns, zone
from timelapse.ranges import parse_range, parse_time

HOUR_MS = 3_600_000


def span(text: str, now: str = "2026-06-15T10:00:00") -> tuple[int, int]:
    found = parse_range(text, utc_ns(now))
    return found.first_ms, found.end_ms


def ms(text: str) -> int:
    return utc_ns(text) // NS_PER_MS


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-06-01", "2026-05-31T22:00", "2026-06-01T22:00"),
        ("2026-6-1", "2026-05-31T22:00", "2026-06-01T22:00"),
        ("2026-06", "2026-05-31T22:00", "2026-06-30T22:00"),
        ("2026-12", "2026-11-30T23:00", "2026-12-31T23:00"),
        ("2026", "2025-12-31T23:00", "2026-12-31T23:00"),
        ("2026-06-01..2026-06-03", "2026-05-31T22:00", "2026-06-03T22:00"),
        ("2026-06-01 .. 2026-06-03", "2026-05-31T22:00", "2026-06-03T22:00"),
        ("2026-05..2026-06", "2026-04-30T22:00", "2026-06-30T22:00"),
        ("2026-06-01 12:00..2026-06-01 13:30", "2026-06-01T10:00", "2026-06-01T11:30"),
        ("2026-06-01T12:00:30", "2026-06-01T10:00:30", "2026-06-01T10:00:31"),
        ("2026-06-01 12:00", "2026-06-01T10:00", "2026-06-01T10:01"),
        ("06:00..08:00", "2026-06-15T04:00", "2026-06-15T06:00"),
        ("yesterday 06:00..today 24:00", "2026-06-14T04:00", "2026-06-15T22:00"),
        ("today", "2026-06-14T22:00", "2026-06-15T22:00"),
        ("yesterday", "2026-06-13T22:00", "2026-06-14T22:00"),
        ("yesterday..today", "2026-06-13T22:00", "2026-06-15T22:00"),
        ("2026-06-01T12:00Z..2026-06-01T12:00-02:00", "2026-06-01T12:00", "2026-06-01T14:00"),
    ],
)
def test_range_in_oslo_means_local_time(text: str, first: str, end: str) -> None:
    with zone("Europe/Oslo"):
        assert span(text) == (ms(first), ms(end))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("last 2h", "2026-06-15T08:00"),
        ("last hour", "2026-06-15T09:00"),
        ("last 90 minutes", "2026-06-15T08:30"),
        ("the last 90s", "2026-06-15T09:58:30"),
        ("last 7 days", "2026-06-08T10:00"),
        ("last 7d", "2026-06-08T10:00"),
        ("last week", "2026-06-08T10:00"),
        ("last 3 months", "2026-03-15T11:00"),
        ("last year", "2025-06-15T10:00"),
    ],
)
def test_range_of_the_last_time_ends_now(text: str, first: str) -> None:
    with zone("Europe/Oslo"):
        assert span(text) == (ms(first), ms("2026-06-15T10:00") + 1)


def test_range_of_a_day_is_as_long_as_that_day() -> None:
    with zone("Europe/Oslo"):
        assert [(end - first) // HOUR_MS for first, end in map(span, ["2026-03-29", "2026-03-30", "2026-10-25"])] == [
            23,
            24,
            25,
        ]


def test_range_at_an_hour_that_comes_twice_has_both() -> None:
    with zone("Europe/Oslo"):
        assert span("2026-10-25 02:00..2026-10-25 02:59") == (ms("2026-10-25T00:00"), ms("2026-10-25T01:59"))


def test_range_of_days_across_a_change_keeps_the_time_on_the_wall() -> None:
    with zone("Europe/Oslo"):
        first, end = span("last 1 day", now="2026-03-29T10:00")
        assert (end - 1 - first) // HOUR_MS == 23
        first, end = span("last 24h", now="2026-03-29T10:00")
        assert (end - 1 - first) // HOUR_MS == 24


def test_range_with_an_open_end_has_no_end() -> None:
    with zone("UTC"):
        assert span("2026-06..")[0] == ms("2026-06-01T00:00")
        assert span("2026-06..")[1] > ms("3000-01-01T00:00")
        assert span("..2026-06-01") == (0, ms("2026-06-02T00:00"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrowish",
        "2026-13",
        "2026-02-30",
        "25:00",
        "last fortnight",
        "2026-06-03..2026-06-01",
        "1e9",
        "last 1.5 months",
    ],
)
def test_range_that_means_nothing_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageError):
        span(text)


@given(st.text(alphabet="0123456789-:. TZ+lastdyoerhmn", max_size=30))
def test_range_of_any_text_is_a_span_or_a_usage_error(text: str) -> None:
    try:
        first, end = span(text)
    except UsageError:
        return
    assert 0 <= first < end


def test_time_is_an_instant_and_of_a_day_its_middle() -> None:
    with zone("Europe/Oslo"):
        now = utc_ns("2026-06-15T10:00")
        assert parse_time("now", now) == now // NS_PER_MS
        assert parse_time("2026-06-01 12:00", now) == ms("2026-06-01T10:00")
        assert parse_time("yesterday", now) == ms("2026-06-14T10:00")
