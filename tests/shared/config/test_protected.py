"""Days and times that are protected."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.config.protected import format_protect, parse_protect, parse_range


def _ms(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("written", "first", "end"),
    [
        ("2026-06-01", "2026-06-01", "2026-06-02"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2028-02", "2028-02-01", "2028-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-06-01..2026-06-07", "2026-06-01", "2026-06-08"),
        ("2026-06..2026-08", "2026-06-01", "2026-09-01"),
        ("2026-06-01T10:00..2026-06-01T12:00", "2026-06-01T10:00", "2026-06-01T12:01"),
        ("2026-06-01 10:00:30 .. 2026-06-01 10:00:40", "2026-06-01T10:00:30", "2026-06-01T10:00:41"),
        ("2026-06-01T23:59..2026-06-02", "2026-06-01T23:59", "2026-06-03"),
    ],
)
def test_range_holds_all_that_both_of_its_ends_name(written: str, first: str, end: str) -> None:
    found = parse_range(written)
    assert (found.first_ms, found.end_ms) == (_ms(first), _ms(end))
    assert found.holds(_ms(first))
    assert not found.holds(_ms(end))
    assert not found.holds(_ms(first) - 1)


@pytest.mark.parametrize(
    "written", ["", "x", "2026", "2026-13", "2026-06-31", "2026-06-01T25:00", "2026-06-01..", "..", "٢٠٢٦-06-01"]
)
def test_what_is_no_range_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"no day or range|no calendar"):
        parse_range(written)


def test_protect_reads_back_what_it_writes() -> None:
    for items in ((), ("2026-06-01",), ("2026-06-01", "2026-06-01T10:00..2026-06-01T12:00")):
        assert parse_protect(format_protect(items)) == items
