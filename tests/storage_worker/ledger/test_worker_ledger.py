"""The ledger as the whole worker keeps it, as a process, on real sockets."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.model import CameraConfig, Configuration, StorageConfig
from shared.errors import EX_OK
from shared.events import FrameMissed, FrameWritten
from shared.ledger.database import LedgerError, open_for_reading
from shared.ledger.rows import FrameRow, row_of_name
from shared.ledger.schema import FILE_NAME, KIND_OF_CAUSE, RECORDED
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import fill, tmpfs

INTERVAL_NS = 10 * NS_PER_S
DAY_NS = 86_400 * NS_PER_S


def hub_for(tmp_path: Path, output_dir: Path, **storage: Any) -> HubHarness:
    configuration = Configuration(
        path="timelapse.yml",
        output_dir=str(output_dir),
        cameras={"main": CameraConfig("main")},
        storage=StorageConfig(**{"clean": False, "ledger_commit_s": 1.0, **storage}),
    )
    return HubHarness(tmp_path / "run", configuration)


def now_slot_ns() -> int:
    return time.time_ns() // INTERVAL_NS * INTERVAL_NS


def written(output_dir: Path, slot_ns: int, size: int = 100) -> FrameWritten:
    """The event of a frame that is planted for it."""
    path = plant(output_dir, "main", slot_ns, size=size)
    return FrameWritten(
        camera="main",
        slot_ns=slot_ns,
        take=1,
        path=path,
        bytes=size,
        width=1,
        height=1,
        brightness_percent=40.4,
        exposure_us=1250,
    )


def missed(first_ns: int, last_ns: int, cause: Any = "hang") -> FrameMissed:
    return FrameMissed(
        camera="main",
        first_slot_ns=first_ns,
        last_slot_ns=last_ns,
        interval_ns=INTERVAL_NS,
        count=(last_ns - first_ns) // INTERVAL_NS + 1,
        cause=cause,
    )


def rows(output_dir: Path, statement: str) -> list[tuple[Any, ...]]:
    try:
        database = open_for_reading(output_dir / FILE_NAME)
    except LedgerError:
        return []
    try:
        return database.rows(statement)
    finally:
        database.close()


def frame_paths(output_dir: Path) -> set[str]:
    found = rows(output_dir, "SELECT slot_ms, take, offset_min FROM frames")
    return {f"main/{row_path(*key)}" for key in found}


def row_path(slot_ms: int, take: int, offset_min: int) -> str:
    return FrameRow(slot_ms, take, offset_min).path()


def test_worker_that_hears_frames_and_misses_writes_rows_and_runs(tmp_path: Path) -> None:
    output_dir, slot_ns = tmp_path / "out", now_slot_ns()
    with hub_for(tmp_path, output_dir) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.publish("frame.written", written(output_dir, slot_ns))
        hub.publish("frame.written", written(output_dir, slot_ns + INTERVAL_NS))
        hub.publish("frame.missed", missed(slot_ns + 2 * INTERVAL_NS, slot_ns + 2 * INTERVAL_NS))
        hub.publish("frame.missed", missed(slot_ns + 3 * INTERVAL_NS, slot_ns + 5 * INTERVAL_NS))
        hub.pump(lambda: len(rows(output_dir, "SELECT * FROM runs")) == 2, what="the rows")
        assert hub.stop(process) == EX_OK
    slot_ms, interval_ms = slot_ns // NS_PER_MS, INTERVAL_NS // NS_PER_MS
    found = rows(output_dir, "SELECT slot_ms, take, bytes, brightness_e4, exposure_us FROM frames")
    assert found == [(slot_ms, 1, 100, 4040, 1250), (slot_ms + interval_ms, 1, 100, 4040, 1250)]
    assert rows(output_dir, "SELECT kind, interval_ms, first_ms, last_ms FROM runs") == [
        (RECORDED, interval_ms, slot_ms, slot_ms + interval_ms),
        (KIND_OF_CAUSE["hang"], interval_ms, slot_ms + 2 * interval_ms, slot_ms + 5 * interval_ms),
    ]


def test_worker_takes_what_the_tap_has_lost_from_the_replay(tmp_path: Path) -> None:
    output_dir, slot_ns = tmp_path / "out", now_slot_ns()
    with hub_for(tmp_path, output_dir) as hub:
        hub.start_ready("storage_worker", "storage")
        hub.publish("frame.written", written(output_dir, slot_ns))
        hub.publish("frame.missed", missed(slot_ns + INTERVAL_NS, slot_ns + INTERVAL_NS, "stale"), lost=True)
        hub.tick()
        hub.pump(lambda: len(rows(output_dir, "SELECT * FROM runs")) == 2, what="the miss that was lost")


def test_worker_that_starts_takes_what_happened_while_there_was_none(tmp_path: Path) -> None:
    output_dir, slot_ns = tmp_path / "out", now_slot_ns()
    with hub_for(tmp_path, output_dir) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.publish("frame.written", written(output_dir, slot_ns))
        hub.pump(lambda: len(frame_paths(output_dir)) == 1, what="the row")
        process.kill()
        hub.ended(process)
        hub.publish("frame.missed", missed(slot_ns + INTERVAL_NS, slot_ns + INTERVAL_NS, "stale"))
        path = written(output_dir, slot_ns + 2 * INTERVAL_NS).path
        hub.start_ready("storage_worker", "storage")
        hub.tick()
        hub.pump(lambda: len(rows(output_dir, "SELECT * FROM runs WHERE kind > 0")) == 1, what="the miss")
        hub.pump(lambda: path in frame_paths(output_dir), what="the frame that nobody told of")


def test_worker_with_an_archive_and_no_ledger_makes_one_from_the_tree(tmp_path: Path) -> None:
    output_dir = tmp_path / "out"
    planted = plant_row(output_dir, "main", newest_ns=now_slot_ns() - 3600 * NS_PER_S, count=600, apart_s=600)
    with hub_for(tmp_path, output_dir) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: len(frame_paths(output_dir)) == 600, what="all rows")
        hub.pump(lambda: bool(rows(output_dir, "SELECT value FROM meta WHERE key = 'compared_ms'")), what="the end")
        assert hub.stop(process, signal.SIGTERM) == EX_OK
    assert frame_paths(output_dir) == set(planted)
    assert sum(count for (count,) in rows(output_dir, "SELECT frames FROM days")) == 600
    assert rows(output_dir, "SELECT DISTINCT interval_ms FROM runs") == [(600_000,)]
    for path in planted:
        row = row_of_name(path.rpartition("/")[2])
        assert row is not None
        assert f"main/{row.path()}" == path


def test_worker_killed_again_and_again_agrees_with_the_tree(tmp_path: Path, times: int) -> None:
    """Frames come and go while it is killed at any moment."""
    output_dir, random = tmp_path / "out", Random(6)
    old = plant_row(output_dir, "main", newest_ns=now_slot_ns() - 5 * DAY_NS, count=50, apart_s=10)
    start_ns = now_slot_ns() - 3000 * NS_PER_S
    there, told = set(old), 0
    with hub_for(tmp_path, output_dir) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: len(frame_paths(output_dir)) == 50, what="the old frames")
        process.kill()
        hub.ended(process)
        for _ in range(8 * times):
            process = hub.start_ready("storage_worker", "storage")
            for _ in range(random.randrange(1, 12)):
                event = written(output_dir, start_ns + told * INTERVAL_NS)
                hub.publish("frame.written", event)
                hub.publish(
                    "frame.missed",
                    missed(start_ns + told * INTERVAL_NS + NS_PER_S, start_ns + told * INTERVAL_NS + NS_PER_S),
                )
                there.add(event.path)
                told += 1
                if random.random() < 0.3:
                    (output_dir / there.pop()).unlink()
                hub.pump_for(random.random() * 0.05)
            process.kill()
            hub.ended(process)
        hub.start_ready("storage_worker", "storage")
        hub.tick()
        hub.pump(lambda: frame_paths(output_dir) == there, what="the ledger to agree with the tree")
        slots = "SELECT coalesce(sum((last_ms - first_ms) / interval_ms + 1), 0) FROM runs WHERE kind > 0"
        hub.pump(lambda: rows(output_dir, slots) == [(told,)], what="each miss, once")


@pytest.mark.root
def test_worker_on_a_full_disk_with_a_ledger_still_cleans_and_the_ledger_follows(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="8m") as disk:
        paths = plant_row(disk, "main", newest_ns=now_slot_ns() - DAY_NS, count=300, size=20_000)
        fill(disk)
        with hub_for(tmp_path, disk, clean=True, keep_min_s=0.0) as hub:
            hub.start_ready("storage_worker", "storage")
            hub.pump(lambda: not (disk / paths[20]).exists(), what="room")
            hub.pump(lambda: frame_paths(disk) == frames_in(disk), timeout_s=30, what="the ledger")
            assert "Traceback" not in hub.log_of("storage")


def test_worker_whose_ledger_can_not_be_made_goes_on_without(tmp_path: Path) -> None:
    output_dir, slot_ns = tmp_path / "out", now_slot_ns()
    (output_dir / FILE_NAME).mkdir(parents=True)
    with hub_for(tmp_path, output_dir) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.publish("frame.written", written(output_dir, slot_ns))
        hub.pump_for(1.5)
        assert process.poll() is None
        assert hub.log_of("storage").count(FILE_NAME) == 1
        assert hub.stop(process) == EX_OK
