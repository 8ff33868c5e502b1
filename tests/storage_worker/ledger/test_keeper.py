"""The ledger while all goes well, and while nothing does: it agrees with the tree in the end, and stops nobody."""

from __future__ import annotations

import itertools
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.clock import NS_PER_MS, NS_PER_S
from shared.ledger.schema import FILE_NAME, KIND_OF_CAUSE, REBUILD_NAME, TABLES, VERSION
from storage_worker.ledger.keeper import Keeper
from storage_worker.ledger.pending import Pending
from tests.rig.small_disk import fill, remount, tmpfs
from tests.storage_worker.ledger.conftest import INTERVAL_NS, SLOT_NS, Kept

_HOUR_S = 3601


def settle(kept: Kept) -> None:
    """Wait until a directory that has just changed counts as settled, and have it compared."""
    kept.work()
    kept.keeper.compare_again()
    kept.work()


def test_keeper_commits_once_in_ten_seconds_however_many_frames_come(kept: Kept) -> None:
    kept.work()
    commits = []
    kept.keeper._commit_from_ns = None
    original = Keeper._commit

    def counted(keeper: Keeper, database: object) -> None:
        commits.append(kept.clock.mono_ns())
        original(keeper, database)  # type: ignore[arg-type]  # it is one

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "_commit", counted)
        for number in range(100):
            kept.written(number)
            kept.work(later_s=0.5)
    gaps = [later - earlier for earlier, later in itertools.pairwise(commits)]
    assert len(commits) >= 4
    assert min(gaps) >= 10e9
    kept.work()
    assert len(kept.paths()) == 100


def test_keeper_whose_frame_is_deleted_takes_its_row_away_and_leaves_the_account(kept: Kept) -> None:
    first, second = kept.written(0), kept.written(1)
    kept.work()
    (kept.output_dir / first).unlink()
    kept.keeper.frame_deleted(first)
    kept.work()
    assert kept.paths() == {second}
    assert kept.rows("SELECT count(*), max(last_ms) - min(first_ms) FROM runs") == [(1, 10_000)]


def test_keeper_told_of_a_frame_that_is_gone_already_has_no_row_of_it(kept: Kept) -> None:
    kept.work()
    path = kept.written(0)
    (kept.output_dir / path).unlink()
    kept.work()
    assert kept.paths() == set()


def test_keeper_that_starts_again_lists_only_days_that_have_changed(kept: Kept, listings: list[str]) -> None:
    paths = [kept.written(number) for number in range(0, 40_000, 500)]
    settle(kept)
    kept.start_anew()
    listings.clear()
    kept.work()
    days = [path for path in listings if path.count("/") - str(kept.output_dir).count("/") == 4]
    assert days == []
    (kept.output_dir / paths[10]).unlink()
    kept.start_anew()
    kept.work()
    days = [path for path in listings if path.count("/") - str(kept.output_dir).count("/") == 4]
    assert days == [str((kept.output_dir / paths[10]).parent)]
    assert kept.paths() == set(paths) - {paths[10]}


def test_keeper_killed_with_changes_waiting_finds_them_in_the_tree(kept: Kept) -> None:
    paths = [kept.written(number) for number in range(20)]
    settle(kept)
    paths += [kept.written(number) for number in range(20, 30)]
    for path in paths[:5]:
        (kept.output_dir / path).unlink()
        kept.keeper.frame_deleted(path)
    kept.start_anew()
    kept.work()
    assert kept.paths() == set(paths[5:])
    assert kept.read() == paths[5:]


def test_keeper_when_a_whole_day_is_taken_away_forgets_its_frames(kept: Kept) -> None:
    paths = [kept.written(number) for number in (0, 10_000)]
    settle(kept)
    (kept.output_dir / paths[0]).unlink()
    (kept.output_dir / paths[0]).parent.rmdir()
    kept.keeper.compare_again()
    kept.work()
    assert kept.paths() == {paths[1]}
    assert len(kept.rows("SELECT * FROM days")) == 1


def test_keeper_of_a_day_that_can_not_be_read_keeps_its_rows(kept: Kept, unreadable: object) -> None:
    paths = [kept.written(number) for number in range(5)]
    kept.work()
    unreadable((kept.output_dir / paths[0]).parent)  # type: ignore[operator]  # a function, see the fixture
    (kept.output_dir / paths[0]).unlink()
    kept.keeper.compare_again()
    kept.work()
    assert kept.paths() == set(paths)


def test_keeper_locked_out_for_a_minute_keeps_what_comes_and_writes_it_then(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.written(0)
    kept.work()
    other = sqlite3.connect(kept.output_dir / FILE_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    began_s = time.monotonic()
    for number in range(1, 7):
        kept.written(number)
        kept.missed(number + 10, number + 10)
        kept.work(later_s=10)
    assert time.monotonic() - began_s < 2, "it waited for the lock"
    assert 1 <= len(caplog.records) <= 7, "more than once a minute of the test's own time"
    other.execute("ROLLBACK")
    other.close()
    kept.work()
    assert len(kept.paths()) == 7
    assert kept.rows("SELECT last_ms - first_ms FROM runs WHERE kind > 0") == [(50_000,)]


@pytest.mark.root
def test_keeper_on_a_full_disk_keeps_what_comes_and_writes_it_when_there_is_room(
    tmp_path: Path, undo: ExitStack
) -> None:
    disk = undo.enter_context(tmpfs(tmp_path / "disk", size="2m"))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    kept.written(0)
    kept.work()
    first = kept.written(1)
    fill(disk)
    for number in range(300):
        kept.missed(10 * number + 2, 10 * number + 2)
    kept.work(later_s=600)
    (disk / first).unlink()
    kept.keeper.frame_deleted(first)
    (disk / "filler").unlink()
    kept.work(later_s=600)
    assert kept.rows("SELECT count(*) FROM runs WHERE kind > 0") == [(300,)]
    assert first not in kept.paths()
    assert len(kept.paths()) == 1


@pytest.mark.root
def test_keeper_that_can_not_write_for_a_while_tells_since_when_and_why(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(tmpfs(tmp_path / "disk", size="2m"))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    kept.work()
    fill(disk)
    for number in range(300):
        kept.missed(10 * number, 10 * number)
    kept.work(later_s=11)
    assert kept.keeper.trouble is None, "it may be over in a moment"
    since_ns = kept.clock.wall_ns()
    kept.work(later_s=120)
    trouble = kept.keeper.trouble
    assert trouble is not None
    assert "full" in trouble.detail
    assert trouble.waiting == 300
    assert abs(trouble.since_wall_ns - since_ns) < 60e9
    (disk / "filler").unlink()
    kept.work()
    assert kept.keeper.trouble is None


def test_keeper_of_a_ledger_of_the_first_version_goes_on_with_it(kept: Kept) -> None:
    before = sqlite3.connect(kept.output_dir / FILE_NAME, isolation_level=None)
    for table in TABLES:
        before.execute(table.replace("synchronised INTEGER, checksum INTEGER, brightness_e4 INTEGER,", ""))
    before.execute("PRAGMA user_version = 1")
    before.execute("INSERT INTO cameras VALUES (0, 'main')")
    before.execute("INSERT INTO runs VALUES (0, 1, 10000, 0, 50000)")
    before.close()
    path = kept.written(0, synchronised=True, checksum=77)
    assert kept.rows("SELECT * FROM runs") == [], "who reads it meanwhile lists the files"
    kept.work()
    assert kept.rows("SELECT kind FROM runs ORDER BY kind") == [(0,), (1,)]
    assert kept.rows("SELECT synchronised, checksum FROM frames") == [(1, 77)]
    assert kept.read() == [path]


def test_keeper_of_a_ledger_of_the_version_before_keeps_its_brightness_and_notes_a_finer_one(kept: Kept) -> None:
    path = kept.written(0)
    kept.work()
    kept.start_anew()
    before = sqlite3.connect(kept.output_dir / FILE_NAME, isolation_level=None)
    before.execute("UPDATE frames SET brightness_percent = 40")
    before.execute("ALTER TABLE frames DROP COLUMN brightness_e4")
    before.execute("PRAGMA user_version = 2")
    before.close()
    later = kept.written(10_000)
    kept.work()
    assert kept.rows("PRAGMA user_version") == [(VERSION,)]
    assert kept.rows("SELECT brightness_percent, brightness_e4 FROM frames") == [(40, None), (None, 4000)]
    assert kept.read() == [path, later]


def test_keeper_takes_the_interval_of_a_frame_from_its_event(kept: Kept) -> None:
    kept.work()
    kept.written(0)
    kept.written(1, interval_ns=5 * NS_PER_S)
    kept.work()
    assert kept.rows("SELECT interval_ms, first_ms, last_ms FROM runs") == [
        (5_000, (SLOT_NS + INTERVAL_NS) // NS_PER_MS, (SLOT_NS + INTERVAL_NS) // NS_PER_MS),
        (10_000, SLOT_NS // NS_PER_MS, SLOT_NS // NS_PER_MS),
    ]


@pytest.mark.root
def test_keeper_on_a_full_disk_from_the_start_begins_when_there_is_room(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(tmpfs(tmp_path / "disk", size="1m"))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    path = kept.written(0)
    fill(disk)
    kept.work(later_s=60)
    assert kept.rows("SELECT * FROM frames") == []
    (disk / "filler").unlink()
    kept.work(later_s=60)
    assert kept.paths() == {path}


@pytest.mark.root
def test_keeper_on_a_disk_that_becomes_read_only_goes_on_when_it_is_writable_again(
    tmp_path: Path, undo: ExitStack
) -> None:
    disk = undo.enter_context(tmpfs(tmp_path / "disk"))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    first = kept.written(0)
    kept.work()
    second = kept.written(1)
    kept.keeper._let_go()  # a file system with a file that is open for writing can't be made read-only
    remount(disk, "ro")
    kept.work(later_s=60)
    assert kept.paths() == {first}
    remount(disk, "rw")
    kept.work(later_s=60)
    assert kept.paths() == {first, second}


def test_keeper_of_a_damaged_ledger_sets_it_aside_and_makes_another_one(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [kept.written(number) for number in range(50)]
    kept.work()
    kept.start_anew()
    (kept.output_dir / FILE_NAME).write_bytes(b"\xa5" * 40_000)
    kept.work()
    assert kept.paths() == set(paths)
    aside = [path.name for path in kept.output_dir.iterdir() if ".damaged-" in path.name]
    assert len(aside) == 1
    assert [record.message for record in caplog.records if "set aside" in record.message][1:] == []


def test_keeper_of_a_ledger_damaged_in_the_middle_keeps_what_can_be_read_of_the_misses(kept: Kept) -> None:
    paths = [kept.written(number) for number in range(3000)]
    kept.missed(5000, 5009, "camera_lost")
    kept.work()
    kept.start_anew()
    file = kept.output_dir / FILE_NAME
    data = bytearray(file.read_bytes())
    database = sqlite3.connect(file)
    root_page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'frames'").fetchone()[0]
    database.close()
    data[(root_page - 1) * 4096 : root_page * 4096] = b"\xa5" * 4096
    file.write_bytes(data)
    (kept.output_dir / paths[0]).unlink()
    kept.work(later_s=_HOUR_S)
    kept.work(later_s=_HOUR_S)
    assert kept.paths() == set(paths[1:])
    lost = kept.rows(
        f"SELECT (last_ms - first_ms) / interval_ms + 1 FROM runs WHERE kind = {KIND_OF_CAUSE['camera_lost']}"
    )
    assert lost == [(10,)]


def test_keeper_whose_file_is_removed_makes_another_one(kept: Kept) -> None:
    paths = [kept.written(number) for number in range(5)]
    kept.work()
    for file in kept.output_dir.glob(f"{FILE_NAME}*"):
        file.unlink()
    kept.work()
    assert kept.paths() == set(paths)


def test_keeper_asked_for_a_rebuild_lists_all_days_once_and_keeps_what_no_tree_knows(
    kept: Kept, listings: list[str]
) -> None:
    paths = [kept.written(number) for number in (0, 10_000, 20_000)]
    settle(kept)
    listings.clear()
    (kept.output_dir / REBUILD_NAME).touch()
    kept.work()
    assert sum(path.endswith(Path(paths[0]).parent.name) for path in listings) == 1
    assert not (kept.output_dir / REBUILD_NAME).exists()
    assert kept.rows("SELECT DISTINCT brightness_e4 FROM frames") == [(4000,)]


def test_keeper_beyond_what_memory_may_hold_looks_at_the_tree_again(kept: Kept) -> None:
    kept.work()
    other = sqlite3.connect(kept.output_dir / FILE_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage_worker.ledger.batch.MOST_FRAMES", 300)
        paths = [kept.written(number) for number in range(800)]
        kept.work(later_s=30)
        other.execute("ROLLBACK")
        other.close()
        kept.work(later_s=30)
        kept.work(later_s=30)
    assert kept.paths() == set(paths)


def test_keeper_killed_before_its_commit_has_written_what_it_had_heard_once_it_is_started_again(kept: Kept) -> None:
    kept.work()
    paths = [kept.written(0, checksum=7, interval_ns=INTERVAL_NS), kept.written(1, interval_ns=INTERVAL_NS)]
    kept.missed(2, 4)
    kept.keeper.catch_up()
    (kept.output_dir / paths[1]).unlink()
    runs = "SELECT kind, first_ms, last_ms FROM runs ORDER BY kind"
    # The second was killed before it had written anything, too.
    for _ in range(2):
        kept.start_anew()
        assert kept.rows(runs) == []
    kept.work()
    slot_ms, interval_ms = SLOT_NS // NS_PER_MS, INTERVAL_NS // NS_PER_MS
    hang = (KIND_OF_CAUSE["hang"], slot_ms + 2 * interval_ms, slot_ms + 4 * interval_ms)
    assert kept.rows(runs) == [(0, slot_ms, slot_ms + interval_ms), hang]
    assert kept.rows("SELECT slot_ms, checksum FROM frames") == [(slot_ms, 7)]


def test_keeper_killed_between_its_commit_and_the_end_of_what_waited_changes_nothing(kept: Kept) -> None:
    kept.work()
    kept.written(0)
    kept.missed(1, 3)
    kept.keeper.catch_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pending, "clear", lambda _: None)
        kept.work()
    before = [kept.rows(f"SELECT * FROM {table}") for table in ("frames", "runs")]
    kept.start_anew()
    kept.work()
    assert [kept.rows(f"SELECT * FROM {table}") for table in ("frames", "runs")] == before
    assert [len(rows) for rows in before] == [1, 2]
