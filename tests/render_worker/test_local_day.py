"""Days by the clock on the wall, over every kind of change of it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.local_day import begin_s, day_of, days_before, span_ms
from tests.rig.zone import zone

HOURS = [
    ("UTC", "2026-06-01", 24.0),
    ("Europe/Oslo", "2026-03-29", 23.0),
    ("Europe/Oslo", "2026-10-25", 25.0),
    ("America/Sao_Paulo", "2018-11-04", 23.0),  # midnight itself is left out
    ("America/Sao_Paulo", "2018-02-17", 25.0),  # the hour before midnight comes twice
    ("America/Havana", "2024-11-03", 25.0),  # the hour after midnight comes twice
    ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ("Pacific/Apia", "2011-12-29", 24.0),  # the next day is left out
]


@pytest.mark.parametrize(("where", "day", "hours"), HOURS)
def test_day_is_as_long_as_its_clock_says(where: str, day: str, hours: float) -> None:
    with zone(where):
        first_ms, end_ms = span_ms(day)
        assert (end_ms - first_ms) / 3_600_000 == hours
        assert day_of(first_ms / 1000) == day_of(end_ms / 1000 - 1) == day
        assert day_of(first_ms / 1000 - 1) < day < day_of(end_ms / 1000)


@pytest.mark.parametrize("where", sorted({where for where, _, _ in HOURS}))
@given(wall_s=st.integers(0, 4_000_000_000))
def test_every_instant_is_in_the_span_of_its_day_and_of_no_other(where: str, wall_s: int) -> None:
    with zone(where):
        first_ms, end_ms = span_ms(day_of(wall_s))
        assert first_ms <= wall_s * 1000 < end_ms


def test_minute_that_the_clock_leaves_out_is_the_first_one_after_it() -> None:
    with zone("Europe/Oslo"):
        assert time.strftime("%H:%M", time.localtime(begin_s("2026-03-28", 1, 150))) == "03:00"
        assert time.strftime("%H:%M", time.localtime(begin_s("2026-03-28", 1, 30))) == "00:30"


@pytest.mark.parametrize(("where", "day", "hours"), HOURS)
def test_days_before_are_each_there_once_and_in_order(where: str, day: str, hours: float) -> None:
    assert hours
    with zone(where):
        for later_s in (0, 1800, 86_000):
            found = days_before(begin_s(day, 3) + later_s, 7)
            assert found == sorted(set(found))
            assert found[-1] == day_of(begin_s(day, 3) - 1)
            assert day in found


def test_days_before_over_the_end_of_a_year() -> None:
    with zone("UTC"):
        assert days_before(begin_s("2027-01-02"), 3) == ["2026-12-30", "2026-12-31", "2027-01-01"]
