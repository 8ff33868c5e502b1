"""What waits is written so that the last word counts, and twice is once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ledger.database import Database, open_for_writing
from shared.ledger.rows import DayRow, FrameRow, Run, SettingsRow
from storage_worker.ledger.batch import MOST_FRAMES, Batch, Cameras

SLOT_MS = 1_780_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_for_writing(tmp_path / "ledger")
    yield opened
    opened.close()


def written(database: Database, batch: Batch) -> None:
    batch.carry_out(database, Cameras())


def test_frame_that_is_put_and_removed_in_one_batch_is_not_there(database: Database) -> None:
    batch, row = Batch(), FrameRow(SLOT_MS, 1, 60, 100)
    batch.put("main", row)
    batch.remove("main", row.key)
    written(database, batch)
    assert database.rows("SELECT * FROM frames") == []


def test_frame_whose_brightness_is_known_keeps_it_when_the_tree_is_compared(database: Database) -> None:
    for row in (FrameRow(SLOT_MS, 1, 60, 100, 0, 40.37, 1250), FrameRow(SLOT_MS, 1, 60, 101)):
        batch = Batch()
        batch.put("main", row)
        written(database, batch)
    assert database.rows("SELECT bytes, brightness_e4, exposure_us FROM frames") == [(101, 4037, 1250)]


def test_batch_carried_out_twice_changes_nothing(database: Database) -> None:
    batch = Batch()
    batch.put("main", FrameRow(SLOT_MS, 1, 60, 100))
    batch.put("gate", FrameRow(SLOT_MS, 2, -30, 100))
    batch.add_run("main", Run(SLOT_MS, SLOT_MS, 5000, 0))
    batch.set_day("main", 20_000, DayRow(1, 2, 3))
    batch.add_settings("main", SettingsRow(SLOT_MS, 5000, "always", "Europe/Oslo"))
    tables = ("cameras", "frames", "runs", "days", "settings")
    written(database, batch)
    before = [database.rows(f"SELECT * FROM {table}") for table in tables]
    written(database, batch)
    assert [database.rows(f"SELECT * FROM {table}") for table in tables] == before
    assert [len(rows) for rows in before] == [2, 2, 1, 3, 1]


def test_batch_beyond_its_bound_says_so_and_takes_what_it_has(database: Database) -> None:
    batch = Batch()
    for number in range(MOST_FRAMES + 10):
        batch.put("main", FrameRow(SLOT_MS + number * 1000, 1, 0, 1))
    assert batch.overflowed
    written(database, batch)
    assert database.rows("SELECT count(*) FROM frames") == [(MOST_FRAMES,)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(0, 1)), max_size=4), max_size=6))
def test_runs_in_any_order_are_the_slots_that_were_told(
    database: Database, batches: list[list[tuple[int, int, int]]]
) -> None:
    database.run("DELETE FROM runs")
    slots: set[tuple[int, int]] = set()
    for told in batches:
        batch = Batch()
        for first, more, kind in told:
            batch.add_run("main", Run(first * 10, (first + more) * 10, 10, kind))
            slots |= {(kind, slot * 10) for slot in range(first, first + more + 1)}
        written(database, batch)
    found = database.rows("SELECT kind, first_ms, last_ms FROM runs ORDER BY kind, first_ms")
    assert {(kind, slot) for kind, first, last in found for slot in range(first, last + 1, 10)} == slots
    for (kind, _, last), (next_kind, first, _) in itertools.pairwise(found):
        assert kind != next_kind or last + 10 < first, "two runs that touch"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.lists(
        st.lists(
            st.tuples(st.booleans(), st.integers(0, 30), st.sampled_from([10, 20, 30]), st.integers(0, 4)), max_size=4
        ),
        max_size=6,
    )
)
def test_slot_whose_interval_was_told_has_no_other_whenever_it_was_guessed(
    database: Database, batches: list[list[tuple[bool, int, int, int]]]
) -> None:
    database.run("DELETE FROM runs")
    told: dict[int, set[int]] = {}
    guessed: set[int] = set()
    for each in batches:
        batch = Batch()
        for is_told, first, interval_ms, more in each:
            run = Run(first * interval_ms, (first + more) * interval_ms, interval_ms, 0)
            slots = range(run.first_ms, run.last_ms + 1, interval_ms)
            if is_told:
                batch.add_run("main", run)
                for slot in slots:
                    told.setdefault(slot, set()).add(interval_ms)
            else:
                batch.add_guess("main", run)
                guessed |= set(slots)
        written(database, batch)
    found: dict[int, list[int]] = {}
    for first_ms, last_ms, interval_ms in database.rows("SELECT first_ms, last_ms, interval_ms FROM runs"):
        for slot in range(first_ms, last_ms + 1, interval_ms):
            found.setdefault(slot, []).append(interval_ms)
    assert found.keys() == told.keys() | guessed
    assert all(len(intervals) == 1 for intervals in found.values())
    assert all(found[slot][0] in intervals for slot, intervals in told.items())
