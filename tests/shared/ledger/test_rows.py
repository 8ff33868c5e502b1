"""A row of the ledger is a frame's name in numbers."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from shared.causes import MissCause
from shared.ledger.rows import FrameRow, day_number, day_path, row_of_name
from shared.ledger.schema import KIND_OF_CAUSE, RECORDED, cause_of

SLOTS_MS = st.integers(86_400_000, 4_000_000_000_000)


@given(SLOTS_MS, st.integers(1, 999_999), st.integers(-14 * 60, 15 * 60))
def test_row_of_a_name_gives_its_path_again(slot_ms: int, take: int, offset_min: int) -> None:
    row = FrameRow(slot_ms, take, offset_min)
    path = row.path()
    assert row_of_name(path.rpartition("/")[2]) == row
    assert path.startswith(day_path(row.day) + "/")


@given(st.integers(0, 60_000))
def test_day_number_is_the_inverse_of_its_path(day: int) -> None:
    assert day_number(day_path(day)) == day


def test_day_that_no_calendar_has_has_no_number() -> None:
    assert day_number("2026/02/30") is None


def test_every_cause_has_a_number_and_comes_back_from_it() -> None:
    assert {cause: cause_of(kind) for cause, kind in KIND_OF_CAUSE.items()} == {c: c for c in get_args(MissCause)}
    assert cause_of(RECORDED) is None
    assert cause_of(200) == "unknown"
