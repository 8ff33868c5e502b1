"""What was heard and not committed comes back after a kill, as far as it is whole, and to its own ledger alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from shared.ledger.rows import FrameRow, Run
from shared.ledger.schema import KIND_OF_CAUSE
from storage_worker.ledger.noting import Note
from storage_worker.ledger.pending import FILE_NAME, MOST_BYTES, Pending

SLOT_MS = 1_780_000_000_000
OUTPUT_DIR = Path("/var/lib/timelapse")


def miss(number: int) -> Note:
    return Note("main", Run(SLOT_MS + number * 1000, SLOT_MS + number * 1000, 1000, KIND_OF_CAUSE["hang"]))


def frame(number: int) -> Note:
    row = FrameRow(SLOT_MS + number * 1000, 1, 60, 100, 0, 40, 1250, synchronised=True, checksum=7)
    return Note("main", Run(row.slot_ms, row.slot_ms, 1000, 0), row, is_guess=number % 2 == 0)


def begun(runtime_dir: Path, output_dir: Path = OUTPUT_DIR) -> Pending:
    pending = Pending(runtime_dir, output_dir)
    pending.load()
    return pending


def saved(pending: Pending, *notes: Note, seq: int = 1) -> None:
    for note in notes:
        pending.add(note)
    pending.save(("b", seq))


def loaded(runtime_dir: Path, output_dir: Path = OUTPUT_DIR) -> tuple[list[Note], tuple[str, int] | None]:
    return Pending(runtime_dir, output_dir).load()


def test_notes_of_several_runs_come_back_in_order_with_the_last_position(tmp_path: Path) -> None:
    saved(begun(tmp_path), miss(0), frame(1), seq=2)
    second = begun(tmp_path)
    saved(second, frame(2), seq=3)
    saved(second, seq=4)
    assert loaded(tmp_path) == ([miss(0), frame(1), frame(2)], ("b", 3))
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) & 0o137 == 0


def test_notes_that_were_committed_are_gone(tmp_path: Path) -> None:
    pending = begun(tmp_path)
    saved(pending, miss(0))
    pending.clear()
    assert (tmp_path / FILE_NAME).stat().st_size == 0
    saved(pending, miss(1), seq=2)
    assert loaded(tmp_path) == ([miss(1)], ("b", 2))


def test_torn_last_record_is_ignored_and_written_over(tmp_path: Path) -> None:
    pending = begun(tmp_path)
    saved(pending, miss(0))
    whole = (tmp_path / FILE_NAME).stat().st_size
    saved(pending, miss(1), miss(2), seq=3)
    for size in range(whole, (tmp_path / FILE_NAME).stat().st_size):
        os.truncate(tmp_path / FILE_NAME, size)
        assert loaded(tmp_path) == ([miss(0)], ("b", 1))
        saved(begun(tmp_path), miss(1), miss(2), seq=3)
        assert loaded(tmp_path) == ([miss(0), miss(1), miss(2)], ("b", 3))


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 70_000, b"\x00" * 70_000])
def test_file_of_something_else_is_no_note(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert loaded(tmp_path) == ([], None)
    saved(begun(tmp_path), miss(0))
    assert loaded(tmp_path) == ([miss(0)], ("b", 1))


def test_notes_of_another_output_directory_are_not_this_ones(tmp_path: Path) -> None:
    saved(begun(tmp_path, Path("/old")), miss(0))
    assert loaded(tmp_path) == ([], None)
    saved(begun(tmp_path), miss(1))
    assert loaded(tmp_path) == ([miss(1)], ("b", 1))


def test_runtime_directory_that_was_removed_and_made_anew_has_all_of_it_again(tmp_path: Path) -> None:
    runtime_dir = tmp_path / "run"
    pending = begun(runtime_dir)
    saved(pending, miss(0))
    assert loaded(runtime_dir) == ([], None)
    runtime_dir.mkdir()
    saved(pending, miss(1), seq=2)
    (runtime_dir / FILE_NAME).unlink()
    saved(pending, miss(2), seq=3)
    assert loaded(runtime_dir) == ([miss(0), miss(1), miss(2)], ("b", 3))


def test_file_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    pending = begun(tmp_path)
    saved(pending, miss(0))
    pending.clear()


def test_file_is_bounded_keeps_misses_longer_than_frames_and_no_position_beyond_a_lost_one(tmp_path: Path) -> None:
    pending = begun(tmp_path)
    for number in range(1500):
        saved(pending, *[frame(number)] * 10, *[miss(number)] * 20, seq=number + 1)
    saved(pending, miss(1500), seq=1501)
    notes, position = loaded(tmp_path)
    assert (tmp_path / FILE_NAME).stat().st_size <= MOST_BYTES
    kept = [note for note in notes if note.row is None]
    assert 0 < len(notes) - len(kept) < len(kept) // 2
    assert len(kept) % 20 == 0
    assert position == ("b", len(kept) // 20)
    pending.clear()
    saved(pending, frame(0), seq=1502)
    assert loaded(tmp_path) == ([frame(0)], ("b", 1502))
