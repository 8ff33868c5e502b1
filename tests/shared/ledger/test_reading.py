"""Whoever may read the frames may ask the ledger: without write permission, on a full or a read-only disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.ledger.database import LedgerError, open_for_reading, open_for_writing
from shared.ledger.reading import reading
from shared.ledger.rows import FrameRow, Run
from shared.ledger.schema import FILE_NAME
from storage_worker.ledger.batch import Batch, Cameras
from tests.rig.small_disk import fill, remount, tmpfs

ROOT = Path(__file__).resolve().parents[3]
_NOBODY = 65_534
_COUNT = """
import os, sqlite3, sys
from pathlib import Path
from shared.ledger.reading import reading
# Last: whoever it is then may not be allowed to read what Python is made of.
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
with reading(Path(sys.argv[1])) as reader:
    print(sum(1 for day in (20_601, 20_602) for _ in reader.frames_of_day("main", day, 0, 1 << 53)))
"""
_WRITER = """
import os, sys, signal
from pathlib import Path
from shared.ledger.database import open_for_writing
from shared.ledger.rows import FrameRow
from storage_worker.ledger.batch import Batch, Cameras
database = open_for_writing(Path(sys.argv[1]))
batch = Batch()
for number in range(10):
    batch.put("main", FrameRow(1_780_000_000_000 + number * 1000, 1, 0, 5))
batch.carry_out(database, Cameras())
print("written", flush=True)
signal.pause()
"""


def writer(directory: Path) -> subprocess.Popen[str]:
    """A process that has written ten frames, and has the ledger open."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(directory / FILE_NAME)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Have it end, and leave nothing open."""
    process.send_signal(number)
    process.communicate()


def counted_by(uid: int, directory: Path) -> int:
    """How many frames another user's process reads."""
    done = subprocess.run(
        [sys.executable, "-c", _COUNT.format(uid=uid), str(directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture
def readable(undo: ExitStack) -> Path:
    """A directory that others may read and nobody else may write to, on a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to be somebody else")
    # Not below pytest's own directory, which is closed to others.
    place = Path(undo.enter_context(_shared_place()))
    disk = undo.enter_context(tmpfs(place / "disk", size="4m"))
    disk.chmod(0o755)
    return disk


def _shared_place() -> tempfile.TemporaryDirectory[str]:
    place = tempfile.TemporaryDirectory(prefix="timelapse-test-")
    Path(place.name).chmod(0o755)
    return place


@pytest.mark.root
def test_reader_of_another_user_beside_a_writer_sees_what_is_written(readable: Path) -> None:
    process = writer(readable)
    assert counted_by(_NOBODY, readable) == 10
    end(process, signal.SIGKILL)


@pytest.mark.root
def test_reader_of_another_user_after_the_writer_was_killed_sees_what_is_in_its_log(readable: Path) -> None:
    end(writer(readable), signal.SIGKILL)
    assert (readable / f"{FILE_NAME}-wal").stat().st_size > 0
    assert counted_by(_NOBODY, readable) == 10


@pytest.mark.root
def test_reader_of_another_user_after_the_writer_has_closed_it_sees_all(readable: Path) -> None:
    database = open_for_writing(readable / FILE_NAME)
    batch = Batch()
    batch.put("main", FrameRow(1_780_000_000_000, 1, 0, 5))
    batch.carry_out(database, Cameras())
    database.close()
    assert not (readable / f"{FILE_NAME}-wal").exists()
    assert counted_by(_NOBODY, readable) == 1


@pytest.mark.root
@pytest.mark.parametrize("killed", [True, False])
def test_reader_on_a_full_disk_sees_all(readable: Path, *, killed: bool) -> None:
    process = writer(readable)
    if killed:
        end(process, signal.SIGKILL)
    fill(readable)
    assert counted_by(0, readable) == 10
    assert counted_by(_NOBODY, readable) == 10
    if not killed:
        end(process, signal.SIGKILL)


@pytest.mark.root
def test_reader_on_a_read_only_disk_sees_all(readable: Path) -> None:
    end(writer(readable), signal.SIGKILL)
    remount(readable, "ro")
    assert counted_by(0, readable) == 10
    assert counted_by(_NOBODY, readable) == 10


def test_reader_of_what_is_no_ledger_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with pytest.raises(LedgerError) as missing:
        open_for_reading(path)
    path.touch()
    with pytest.raises(LedgerError) as empty:
        open_for_reading(path)
    path.write_bytes(b"no database, by far" * 1000)
    with pytest.raises(LedgerError) as damaged:
        open_for_reading(path)
    database = open_for_writing(tmp_path / "later")
    database.run("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(LedgerError) as newer:
        open_for_reading(tmp_path / "later")
    assert [raised.value.kind for raised in (missing, empty, damaged, newer)] == ["other", "empty", "damaged", "newer"]


def test_row_of_a_frame_takes_few_bytes(tmp_path: Path) -> None:
    database = open_for_writing(tmp_path / FILE_NAME)
    for begin in range(0, 20_000, 20):
        batch = Batch()
        for number in range(begin, begin + 20):
            batch.put("main", FrameRow(1_780_000_000_000 + number * 5000, 1, 60, 350_000 + number, 0, 40.37, 10_000))
        batch.add_run("main", Run(begin * 5000, (begin + 19) * 5000, 5000, 0))
        if begin % 1000 == 0:
            batch.carry_out(database, Cameras())
        else:
            with database.transaction():
                batch._carry_out(database, Cameras())
    database.close()
    assert (tmp_path / FILE_NAME).stat().st_size / 20_000 < 40


def test_reader_gives_brightness_to_a_hundredth_of_a_percent_and_of_older_rows_in_whole_ones(tmp_path: Path) -> None:
    slot_ms = 1_780_000_000_000
    database = open_for_writing(tmp_path / FILE_NAME)
    batch = Batch()
    for number, told in enumerate((40.374, 0.0, None, None)):
        batch.put("main", FrameRow(slot_ms + number * 1000, 1, 0, 5, 0, told))
    batch.carry_out(database, Cameras())
    database.run("UPDATE frames SET brightness_percent = 12 WHERE slot_ms = ?", (slot_ms + 3000,))
    database.close()
    with reading(tmp_path) as reader:
        found = reader.frames_of_day("main", slot_ms // 86_400_000, 0, 1 << 53)
    assert [row.brightness_percent for row in found] == [40.37, 0.0, None, 12]
