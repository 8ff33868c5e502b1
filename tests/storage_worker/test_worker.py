"""The whole worker as a process, on real sockets and real small disks."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.config.model import DEFAULT_LEASE_CAPS_S, CameraConfig, Configuration, StorageConfig
from shared.errors import EX_IOERR, EX_OK, EX_TEMPFAIL
from shared.events import DiskPressure, FrameMissed, FrameWritten, StoragePruned
from shared.frame_name import parse
from shared.status import ConfigStatus, Status, StorageStatus, SupervisorStatus
from tests.rig.hub_harness import HubHarness
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import fill, make_immutable, tmpfs, use_up_inodes
from tests.rig.status_on_disk import written_seq

_DAY_S = 86_400
_KEEP_NOTHING = StorageConfig(keep_min_s=0)
_MAKE_ALL_ROOM = StorageConfig(stop_above_percent=100, clean_above_percent=0, clean_to_percent=0)
"""On any disk, whatever else is on it."""


def _hub(tmp_path: Path, output_dir: Path, storage: StorageConfig = _KEEP_NOTHING, **more: Any) -> HubHarness:
    return HubHarness(tmp_path / "run", _configuration(output_dir, storage, **more))


def _configuration(output_dir: Path, storage: StorageConfig, **more: Any) -> Configuration:
    cameras = {"main": CameraConfig("main")}
    return Configuration(path="timelapse.yml", output_dir=str(output_dir), cameras=cameras, storage=storage, **more)


def _yesterday_ns() -> int:
    return (time.time_ns() // NS_PER_S - _DAY_S) * NS_PER_S


def _last_week_ns() -> int:
    return _yesterday_ns() - 6 * _DAY_S * NS_PER_S


def _pressures(hub: HubHarness) -> list[DiskPressure]:
    return hub.events("disk.pressure", DiskPressure)


def _topics(hub: HubHarness) -> list[str]:
    return [message.topic for message in hub.published]


def _doing(hub: HubHarness) -> str:
    """The operation of the worker's last lease."""
    return hub.leases[-1].operation if hub.leases else ""


def _wait_for_level(hub: HubHarness, level: str) -> None:
    hub.pump(lambda: bool(_pressures(hub)) and _pressures(hub)[-1].level == level, what=f"the level {level}")


def _status(seq: int, padding: str = "") -> Status:
    return Status(
        schema=1,
        written_at=f"2025-06-15T12:00:00+00:00{padding}",
        seq=seq,
        supervisor=SupervisorStatus(
            pid=1,
            boot="b",
            version="0",
            started_wall_ns=0,
            uptime_s=0,
            state="running",
            runtime_dir="",
            dropped_messages={},
        ),
        workers={},
        cameras={},
        storage=StorageStatus(output_dir=""),
        config=ConfigStatus(path="", loaded_wall_ns=0, needs_restart=[], errors=[]),
    )


@pytest.mark.root
def test_worker_on_a_disk_without_a_byte_or_an_inode_brings_it_down_to_the_target(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="8m", inodes=1000) as disk, _hub(tmp_path, disk) as hub:
        first = plant_row(disk, "main", newest_ns=_yesterday_ns(), count=250, size=10_000)
        second = plant_row(disk, "gone", newest_ns=_yesterday_ns(), count=250, size=10_000)
        fill(disk)
        use_up_inodes(disk / "many")
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        hub.publish("status", _status(1))
        hub.pump(lambda: written_seq(disk) == 1, what="the status file")
        assert _pressures(hub)[0].level == "full"
        assert 75 < max(_pressures(hub)[-1].used_percent, _pressures(hub)[-1].inodes_percent or 0) <= 80.5
        left, pruned = frames_in(disk), hub.events("storage.pruned", StoragePruned)
        assert sum(event.count for event in pruned) == 500 - len(left)
        assert {first[-1], second[-1]} <= left
        half = len(left) // 2
        assert left <= {*first[-half - 1 :], *second[-half - 1 :]}, "not the oldest of both cameras"


@pytest.mark.root
def test_worker_while_a_camera_writes_keeps_room_for_the_next_frame(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="2m") as disk, _hub(tmp_path, disk) as hub:
        hub.start_ready("storage_worker", "storage")
        start_ns, paths = _yesterday_ns(), []
        for number in range(300):
            paths.append(plant(disk, "main", start_ns + number * NS_PER_S, size=20_000))
            hub.publish("frame.written", _frame(paths[-1], 20_000))
            hub.pump(lambda: _used_percent(disk) <= 85, what="room")
        _wait_for_level(hub, "ok")
        left = sorted(frames_in(disk))
        assert left == paths[-len(left) :]
        assert len(left) > 50
        assert hub.log_of("storage").count("deleted") <= 60, "frame by frame, not in batches"


def _used_percent(disk: Path) -> float:
    stat = os.statvfs(disk)
    return 100 * (stat.f_blocks - stat.f_bfree) / stat.f_blocks


def _missed(cause: MissCause) -> FrameMissed:
    return FrameMissed(camera="main", first_slot_ns=0, last_slot_ns=0, interval_ns=NS_PER_S, count=1, cause=cause)


def _frame(path: str, size: int) -> FrameWritten:
    name = parse(path.rpartition("/")[2])
    assert name is not None
    return FrameWritten(
        camera=path.partition("/")[0], slot_ns=name.slot_ns, take=1, path=path, bytes=size, width=1, height=1
    )


@pytest.mark.root
def test_worker_around_what_is_not_ours_or_can_not_be_deleted_frees_the_rest(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="4m") as disk, _hub(tmp_path, disk) as hub:
        paths = plant_row(disk, "main", newest_ns=_yesterday_ns(), count=400, size=8_000)
        day = (disk / paths[0]).parent
        foreign = [day / "notes.txt", day / "20200101T000000.000+0000.jpg"]
        for path in foreign:
            path.touch()
        (day / Path(paths[0]).name.replace(".000", ".001")).symlink_to(disk / paths[-1])
        (disk / "main/1999").symlink_to(disk / "main" / paths[0].split("/")[1])
        make_immutable(disk / paths[0])
        fill(disk)
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        assert all(path.exists() for path in [*foreign, disk / paths[0], disk / paths[-1], disk / "main/1999"])
        assert not (disk / paths[1]).exists()
        assert hub.log_of("storage").count("can't be deleted") == 1
        make_immutable(disk / paths[0], immutable=False)


@pytest.mark.root
def test_worker_on_a_full_disk_that_may_not_be_cleaned_stays_and_tells_each_second(tmp_path: Path) -> None:
    storage = StorageConfig(clean=False)
    with tmpfs(tmp_path / "disk", size="1m") as disk, _hub(tmp_path, disk, storage) as hub:
        paths = plant_row(disk, "main", newest_ns=_yesterday_ns(), count=5)
        fill(disk)
        process = hub.start_ready("storage_worker", "storage")
        hub.publish("status", _status(1, padding="x" * 10_000))
        hub.pump(lambda: len(_pressures(hub)) >= 3, what="three events")
        told = [message.mono_ns for message in hub.published if message.topic == "disk.pressure"]
        assert {event.level for event in _pressures(hub)} == {"full"}
        assert _pressures(hub)[-1].detail == "storage.clean is false: nothing is deleted"
        assert 0.9 < (told[2] - told[1]) / NS_PER_S < 1.5
        assert process.poll() is None
        assert hub.log_of("storage").count("can't be written") == 1
        (disk / "filler").unlink()
        hub.pump(lambda: written_seq(disk) == 1, what="the status file")
        _wait_for_level(hub, "ok")
        assert frames_in(disk) == set(paths)


@pytest.mark.root
def test_worker_on_a_disk_that_fills_tells_each_point_of_it(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="4m") as disk, _hub(tmp_path, disk) as hub:
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        path = plant(disk, "main", _yesterday_ns(), size=2_000_000)
        hub.publish("frame.written", _frame(path, 2_000_000))
        hub.pump(lambda: _pressures(hub)[-1].used_percent > 40, what="the new figures")


@pytest.mark.root
def test_worker_told_of_a_full_disk_looks_at_once(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="1m") as disk, _hub(tmp_path, disk) as hub:
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        fill(disk)
        asked_ns = time.monotonic_ns()
        hub.publish("frame.missed", _missed("disk_full"))
        _wait_for_level(hub, "full")
        assert time.monotonic_ns() - asked_ns < 2 * NS_PER_S


def test_worker_after_each_prune_tells_fresh_figures(tmp_path: Path) -> None:
    plant_row(tmp_path / "out", "main", newest_ns=_last_week_ns(), count=4)
    with _hub(tmp_path, tmp_path / "out", _MAKE_ALL_ROOM) as hub:
        hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: len(_topics(hub)) >= 3, what="three events")
        assert _topics(hub)[:3] == ["disk.pressure", "storage.pruned", "disk.pressure"]
        assert [event.count for event in hub.events("storage.pruned", StoragePruned)] == [3]


def test_worker_that_has_just_started_deletes_nothing_for_its_age(tmp_path: Path) -> None:
    paths = plant_row(tmp_path / "out", "main", newest_ns=_last_week_ns(), count=4)
    with _hub(tmp_path, tmp_path / "out", StorageConfig(keep_days=1)) as hub:
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        hub.pump(lambda: _doing(hub) == "sleep", what="a wait")
        assert frames_in(tmp_path / "out") == set(paths)


def test_worker_killed_in_the_midst_of_deleting_goes_on_when_it_is_started_again(memory_path: Path) -> None:
    output_dir = memory_path / "out"
    old = plant_row(output_dir, "main", newest_ns=_last_week_ns(), count=4000, apart_s=20)
    young = plant(output_dir, "main", time.time_ns() // NS_PER_S * NS_PER_S)
    with _hub(memory_path, output_dir, _MAKE_ALL_ROOM) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: not (output_dir / old[50]).exists(), what="some to be deleted")
        process.kill()
        assert hub.ended(process) == -signal.SIGKILL
        left = sorted(frames_in(output_dir))
        assert 1 < len(left) < 4001
        assert left == [*old[len(old) + 1 - len(left) :], young]
        hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: frames_in(output_dir) == {young}, what="the rest to be deleted")
        hub.pump(lambda: "storage.pruned" in _topics(hub)[:-1], what="the account")
        hub.pump(lambda: _topics(hub)[-1] == "disk.pressure", what="fresh figures after it")
        assert {event.rule for event in hub.events("storage.pruned", StoragePruned)} == {"pressure"}
        days = (output_dir / "main").glob
        hub.pump(lambda: len(list(days("*/*/*"))) == 1, what="directories of days that have no frames to go")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_asked_to_end_while_it_deletes_does_so_at_once(memory_path: Path, number: signal.Signals) -> None:
    output_dir = memory_path / "out"
    old = plant_row(output_dir, "main", newest_ns=_last_week_ns(), count=4000, apart_s=20)
    with _hub(memory_path, output_dir, _MAKE_ALL_ROOM) as hub:
        process = hub.start_ready("storage_worker", "storage")
        hub.pump(lambda: not (output_dir / old[50]).exists(), what="some to be deleted")
        process.send_signal(signal.SIGHUP)
        asked_ns = time.monotonic_ns()
        assert hub.stop(process, number) == EX_OK
        # 50 ms of deleting at most; the rest is for a busy machine.
        assert time.monotonic_ns() - asked_ns < NS_PER_S
        assert len(frames_in(output_dir)) > 1


def test_worker_with_nothing_to_do_waits_under_a_lease_and_ends_on_a_signal(tmp_path: Path) -> None:
    with _hub(tmp_path, tmp_path / "out") as hub:
        process = hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        hub.publish("status", _status(1))
        hub.pump(lambda: written_seq(tmp_path / "out") == 1, what="the status file")
        hub.pump(lambda: _doing(hub) == "sleep", what="a wait")
        for lease in hub.leases:
            assert lease.deadline_mono_ns is not None
            length_s = (lease.deadline_mono_ns - lease.declared_mono_ns) / NS_PER_S
            assert 0 < length_s <= DEFAULT_LEASE_CAPS_S[lease.operation]
        process.send_signal(signal.SIGHUP)
        assert hub.stop(process) == EX_OK
        assert "Traceback" not in hub.log_of("storage")


def test_worker_that_hears_many_pictures_writes_one_a_second_and_the_last_of_them(tmp_path: Path) -> None:
    output_dir, seen = tmp_path / "out", set()
    with _hub(tmp_path, output_dir) as hub:
        hub.start_ready("storage_worker", "storage")
        hub.publish("status", _status(0))
        hub.pump(lambda: written_seq(output_dir) == 0, what="the first one")
        for seq in range(1, 41):
            hub.publish("status", _status(seq))
            hub.pump_for(0.03)
            seen.add((output_dir / ".status.json").stat().st_ino)
        hub.pump(lambda: written_seq(output_dir) == 40, what="the last one")
        assert len(seen) <= 3


def test_second_worker_on_one_directory_ends_as_busy(tmp_path: Path) -> None:
    with _hub(tmp_path, tmp_path / "out") as hub:
        hub.start_ready("storage_worker", "storage")
        assert hub.ended(hub.start("storage_worker", "storage")) == EX_TEMPFAIL
        assert "is in use by process" in hub.log_of("storage")


def test_worker_without_the_mount_that_is_required_ends_with_a_disk_error(tmp_path: Path) -> None:
    with _hub(tmp_path, tmp_path / "out", require_mount=True) as hub:
        assert hub.ended(hub.start("storage_worker", "storage")) == EX_IOERR
        assert "Mount the disk" in hub.log_of("storage")
        assert hub.readies == []


@pytest.mark.root
def test_worker_whose_disk_is_unmounted_ends_with_a_disk_error(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk, _hub(tmp_path, disk, require_mount=True) as hub:
        process = hub.start_ready("storage_worker", "storage")
        with tmpfs(disk):
            hub.publish("frame.written", _frame(plant(disk, "main", _yesterday_ns()), 1))
            assert hub.ended(process) == EX_IOERR
        assert "something else was mounted" in hub.log_of("storage")


@pytest.mark.root
def test_worker_at_a_reload_goes_by_the_new_watermarks_at_once(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="2m") as disk, _hub(tmp_path, disk) as hub:
        plant_row(disk, "main", newest_ns=_yesterday_ns(), count=100, size=16_000)
        hub.start_ready("storage_worker", "storage")
        _wait_for_level(hub, "ok")
        assert len(frames_in(disk)) == 100
        lower = StorageConfig(keep_min_s=0, stop_above_percent=60, clean_above_percent=50, clean_to_percent=40)
        hub.reload("storage", _configuration(tmp_path / "ignored", lower))
        hub.pump(lambda: bool(hub.events("storage.pruned")), what="a clean-up")
        hub.pump(lambda: _pressures(hub)[-1].used_percent <= 40, what="the new target")
        assert "full" in {event.level for event in _pressures(hub)}
        assert not (tmp_path / "ignored").exists()
