"""The ledger on a disk that fails: recording and cleaning go on, and once the disk is well the ledger agrees again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.ledger.schema import FILE_NAME
from tests.rig.failing_calls import FailingCalls
from tests.rig.odd_disk import odd_disk
from tests.rig.planted_frames import frames_in, plant_row
from tests.rig.small_disk import ext4, make_immutable
from tests.storage_worker.ledger.conftest import Kept
from tests.storage_worker.ledger.test_worker_ledger import (
    DAY_NS,
    INTERVAL_NS,
    frame_paths,
    hub_for,
    missed,
    now_slot_ns,
    rows,
    written,
)

LEDGER = f"/{FILE_NAME}"


def test_worker_whose_ledger_gets_eio_keeps_what_comes_and_agrees_once_the_disk_is_well(tmp_path: Path) -> None:
    faults, disk = FailingCalls(tmp_path), tmp_path / "out"
    with hub_for(tmp_path, disk) as hub:
        process = hub.start("storage_worker", "storage", env=faults.env)
        hub.pump(lambda: bool(rows(disk, "SELECT value FROM meta WHERE key = 'compared_ms'")), what="the ledger")
        faults.fail("write", on=LEDGER)
        hub.publish("frame.written", written(disk, now_slot_ns()))
        hub.publish("frame.missed", missed(now_slot_ns() - 50 * INTERVAL_NS, now_slot_ns() - 40 * INTERVAL_NS))
        hub.pump(lambda: "disk I/O error" in hub.log_of("storage"), what="the complaint")
        assert frame_paths(disk) == set()
        faults.heal()
        hub.pump(lambda: frame_paths(disk) == frames_in(disk), timeout_s=40, what="the ledger to agree")
        hub.pump(lambda: rows(disk, "SELECT count(*) FROM runs WHERE kind > 0") == [(1,)], what="the miss")
        assert process.poll() is None
        assert "Traceback" not in hub.log_of("storage")


@pytest.mark.parametrize("calls", [("read",), ("fsync",), ("read", "write", "fsync")])
def test_worker_whose_ledger_gets_eio_from_the_start_cleans_all_the_same(
    tmp_path: Path, calls: tuple[str, ...]
) -> None:
    faults, disk = FailingCalls(tmp_path), tmp_path / "out"
    old = plant_row(disk, "main", newest_ns=now_slot_ns() - 40 * DAY_NS, count=20, apart_s=3600)
    faults.fail(*calls, on=LEDGER)
    with hub_for(tmp_path, disk, clean=True, keep_min_s=0.0, max_size_bytes=1) as hub:
        process = hub.start("storage_worker", "storage", env=faults.env)
        hub.pump(lambda: "disk I/O error" in hub.log_of("storage"), what="the complaint")
        hub.pump(lambda: frames_in(disk) == {old[-1]}, what="all but the newest to go")
        assert process.poll() is None
        assert "Traceback" not in hub.log_of("storage")


def test_worker_whose_frames_can_not_be_deleted_for_eio_goes_on_with_others(tmp_path: Path) -> None:
    faults = FailingCalls(tmp_path)
    disk = tmp_path / "out"
    old = plant_row(disk, "main", newest_ns=now_slot_ns() - 40 * DAY_NS, count=20, apart_s=3600)
    bad = old[3]
    faults.fail("unlink", on="/" + bad.rpartition("/")[2])
    with hub_for(tmp_path, disk, clean=True, keep_min_s=0.0, max_size_bytes=1) as hub:
        process = hub.start("storage_worker", "storage", env=faults.env)
        hub.pump(lambda: frames_in(disk) == {bad, old[-1]}, what="all but two to go")
        hub.pump(lambda: frame_paths(disk) == {bad, old[-1]}, what="the ledger to agree")
        assert "Input/output error" in hub.log_of("storage")
        assert process.poll() is None


@pytest.mark.root
def test_keeper_of_an_immutable_ledger_keeps_what_comes_and_writes_it_when_it_may(
    tmp_path: Path, undo: ExitStack
) -> None:
    disk = undo.enter_context(ext4(tmp_path / "disk", tmp_path / "image"))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    first = kept.written(0)
    kept.work()
    kept.keeper._let_go()  # who has it open for writing goes on writing
    make_immutable(disk / FILE_NAME)
    undo.callback(make_immutable, disk / FILE_NAME, immutable=False)
    second = kept.written(1)
    kept.work(later_s=60)
    assert kept.read() == [first, second], "readers list the day"
    kept.work(later_s=60)
    assert kept.keeper.waiting
    assert kept.keeper.trouble is not None
    make_immutable(disk / FILE_NAME, immutable=False)
    kept.work()
    assert kept.paths() == {first, second}
    assert kept.keeper.trouble is None


@pytest.mark.root
@pytest.mark.parametrize("kind", ["vfat", "ntfs-3g"])
def test_keeper_on_a_file_system_without_fine_times_agrees_with_the_tree(
    tmp_path: Path, kind: str, undo: ExitStack
) -> None:
    disk = undo.enter_context(odd_disk(kind, tmp_path))
    kept = Kept(disk, tmp_path)
    undo.callback(kept.close)
    paths = [kept.written(number) for number in range(30)]
    kept.work()
    (disk / paths[4]).unlink()
    kept.keeper.compare_again()
    kept.work()
    assert kept.paths() == {*paths} - {paths[4]}
    # Within the two seconds of a vfat clock: a frame that nobody tells of, behind a comparison.
    late = plant_row(disk, "main", newest_ns=kept.clock.wall_ns() // NS_PER_S * NS_PER_S, count=1)
    kept.start_anew()
    kept.work()
    assert kept.paths() == {*paths, *late} - {paths[4]}
