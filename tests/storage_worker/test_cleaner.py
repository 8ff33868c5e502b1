"""Cleaning a little at a time, on a clock moved by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import structs

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten
from shared.frame_name import parse
from storage_worker.cleaner import Cleaner
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import tmpfs

_NOW_NS = 1_750_000_000 * NS_PER_S
_BLOCK = 4096
_KEEP_NOTHING = StorageConfig(keep_min_s=0)
_FOR_EVER_NS = 1 << 62


def _usage(used_percent: float, blocks: int = 100) -> DiskUsage:
    usable = blocks * _BLOCK
    return DiskUsage(used_percent, round(usable * (100 - used_percent) / 100), usable, None)


def _work(cleaner: Cleaner) -> None:
    cleaner.work(_FOR_EVER_NS)
    assert not cleaner.active


def _written(path: str, size: int = 1) -> FrameWritten:
    name = parse(path.rpartition("/")[2])
    assert name is not None
    return FrameWritten(
        camera=path.partition("/")[0], slot_ns=name.slot_ns, take=name.take, path=path, bytes=size, width=1, height=1
    )


def test_considering_a_disk_with_room_does_nothing(tmp_path: Path) -> None:
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, ManualClock(_NOW_NS))
    cleaner.consider(_usage(85))
    assert not cleaner.active
    assert cleaner.detail == ""


def test_considering_a_disk_above_the_watermark_brings_it_to_the_target(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, ManualClock(_NOW_NS))
    cleaner.consider(_usage(90))
    assert cleaner.active
    _work(cleaner)
    assert frames_in(tmp_path) == set(paths[10:])
    assert cleaner.detail == ""
    pruned = cleaner.take_pruned()
    assert [(event.count, event.bytes, event.rule) for event in pruned] == [(10, 10 * _BLOCK, "pressure")]
    assert (pruned[0].oldest, pruned[0].newest) == (paths[0], paths[9])
    assert cleaner.take_pruned() == []


def test_working_until_a_time_that_is_past_takes_no_step(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    cleaner.consider(_usage(90))
    cleaner.work(clock.mono_ns())
    assert len(frames_in(tmp_path)) == 5
    assert cleaner.active


def test_pruned_while_under_way_is_told_once_a_second(memory_path: Path) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_NS, count=500, size=_BLOCK, apart_s=1)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(memory_path, _KEEP_NOTHING, _Ticking(clock))
    cleaner.consider(_usage(90, blocks=4000))
    told = []
    while cleaner.active:
        cleaner.work(clock.mono_ns() + NS_PER_S // 10)
        told.append(sum(event.count for event in cleaner.take_pruned()))
    assert sum(told) == 400
    assert 2 < sum(bool(count) for count in told) <= len(told) / 5


class _Ticking:
    """A clock on which each look takes 2 ms."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def mono_ns(self) -> int:
        self._clock.advance(0.002)
        return self._clock.mono_ns()

    def wall_ns(self) -> int:
        return self._clock.wall_ns()


def test_detail_of_a_disk_that_can_not_be_relieved_says_why(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, StorageConfig(), clock)
    cleaner.consider(_usage(95))
    _work(cleaner)
    assert cleaner.detail == "nothing more can be deleted: the rest is younger than storage.keep_min (3600 s)"
    cleaner.consider(_usage(95))
    assert not cleaner.active, "not within seconds"
    clock.advance(3600)
    cleaner.consider(_usage(95))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 1
    cleaner.consider(_usage(50))
    assert cleaner.detail == ""


def test_detail_with_cleaning_off_says_so(tmp_path: Path) -> None:
    cleaner = Cleaner(tmp_path, StorageConfig(clean=False), ManualClock(_NOW_NS))
    cleaner.consider(_usage(95))
    assert cleaner.detail == "storage.clean is false: nothing is deleted"


def test_detail_on_a_file_system_that_frees_late_says_so_and_deletes_no_more(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=40, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    for _ in range(30):
        cleaner.consider(_usage(90))
        cleaner.work(_FOR_EVER_NS)
        clock.advance(1)
    assert len(frames_in(tmp_path)) == 30
    assert cleaner.detail == "waiting for the file system to give back what was deleted"


def test_raw_files_that_were_written_meanwhile_are_no_sign_of_a_file_system_that_frees_late(tmp_path: Path) -> None:
    planted = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=40, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    for deleted in (10, 20):
        cleaner.consider(_usage(90))
        _work(cleaner)
        assert len(frames_in(tmp_path)) == 40 - deleted
        cleaner.frame_written(structs.replace(_written(planted[-1], _BLOCK), raw_bytes=9 * _BLOCK))
        clock.advance(1)


def test_reload_with_cleaning_off_stops_a_clean_up_at_once(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, _Ticking(clock))
    cleaner.consider(_usage(90))
    while len(frames_in(tmp_path)) == 30:
        cleaner.work(clock.mono_ns() + NS_PER_S // 100)
    left = frames_in(tmp_path)
    cleaner.reconfigure(StorageConfig(clean=False))
    assert not cleaner.active
    cleaner.consider(_usage(90))
    cleaner.work(_FOR_EVER_NS)
    assert frames_in(tmp_path) == left
    assert sum(event.count for event in cleaner.take_pruned()) == 30 - len(left)


def test_reload_with_lower_watermarks_counts_at_once(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=40, size=_BLOCK)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, ManualClock(_NOW_NS))
    cleaner.consider(_usage(60))
    assert not cleaner.active
    cleaner.reconfigure(StorageConfig(keep_min_s=0, clean_above_percent=50, clean_to_percent=40))
    cleaner.consider(_usage(60))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 20


def _settled(output_dir: Path, clock: ManualClock, synchronised: bool | None = True) -> Cleaner:
    """A cleaner with `keep_days: 1` whose first hour is over."""
    clock.mono -= 3600 * NS_PER_S
    cleaner = Cleaner(output_dir, StorageConfig(keep_days=1), clock, lambda: synchronised)
    clock.mono += 3600 * NS_PER_S
    return cleaner


def test_keep_days_while_there_is_room_deletes_hour_by_hour(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=49, apart_s=3600)
    clock = ManualClock(_NOW_NS)
    cleaner = _settled(tmp_path, clock)
    left = []
    for _ in range(3):
        cleaner.consider(_usage(10))
        _work(cleaner)
        left.append(len(frames_in(tmp_path)))
        clock.advance(3600)
    assert left == [25, 24, 23]
    assert {event.rule for event in cleaner.take_pruned()} == {"keep_days"}


@pytest.mark.parametrize("used_percent", [10, 90])
def test_keep_days_when_the_clock_is_ahead_at_the_start_waits_an_hour(tmp_path: Path, used_percent: float) -> None:
    """It is put right before the hour is over, and nothing was too old."""
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, apart_s=60, size=_BLOCK)
    clock = ManualClock(_NOW_NS + 10 * 365 * 86_400 * NS_PER_S)
    cleaner = Cleaner(tmp_path, StorageConfig(keep_days=1), clock, lambda: None)
    for _ in range(3):
        cleaner.consider(_usage(used_percent))
        cleaner.work(_FOR_EVER_NS)
        cleaner.consider(_usage(10))
        clock.advance(1000)
    assert {event.rule for event in cleaner.take_pruned()} <= {"pressure"}
    assert len(frames_in(tmp_path)) == (30 if used_percent == 10 else 1)


def test_keep_days_by_a_clock_that_is_not_synchronised_deletes_nothing_and_says_so(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=49, apart_s=3600)
    cleaner = _settled(tmp_path, ManualClock(_NOW_NS), synchronised=False)
    cleaner.consider(_usage(10))
    assert not cleaner.active
    assert cleaner.detail == "storage.keep_days waits until the clock is synchronised"


def test_keep_days_by_a_clock_that_does_not_say_counts(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=49, apart_s=3600)
    cleaner = _settled(tmp_path, ManualClock(_NOW_NS), synchronised=None)
    cleaner.consider(_usage(10))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 25
    assert cleaner.detail == ""


def test_frames_that_free_nothing_are_tried_a_few_a_minute(tmp_path: Path) -> None:
    paths = plant_row(tmp_path / "out", "a", newest_ns=_NOW_NS, count=300, apart_s=10)
    for path in paths:
        (tmp_path / "backup" / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(tmp_path / "out" / path, tmp_path / "backup" / path)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path / "out", _KEEP_NOTHING, clock)
    for _ in range(119):
        cleaner.consider(_usage(90))
        cleaner.work(_FOR_EVER_NS)
        clock.advance(1)
    assert len(frames_in(tmp_path / "out")) == 300 - 2 * 32
    assert "frames have further hard links: deleting them frees nothing" in cleaner.detail


@pytest.mark.root
def test_pressure_deletes_nothing_of_a_camera_on_another_file_system(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "b"):
        plant_row(tmp_path, "b", newest_ns=_NOW_NS, count=30, size=_BLOCK)
        cleaner = Cleaner(tmp_path, _KEEP_NOTHING, ManualClock(_NOW_NS))
        cleaner.consider(_usage(90))
        _work(cleaner)
        assert len(frames_in(tmp_path)) == 30
        expected = "nothing more can be deleted: cameras that are on another file system (b)"
        assert cleaner.detail == expected


def test_keep_days_when_the_clock_jumps_ahead_waits_before_it_deletes(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=10, apart_s=3600)
    clock = ManualClock(_NOW_NS)
    cleaner = _settled(tmp_path, clock)
    clock.set_wall(clock.wall + 10 * 365 * 86_400 * NS_PER_S)
    cleaner.clock_stepped(10 * 365 * 86_400 * NS_PER_S)
    cleaner.consider(_usage(10))
    cleaner.work(_FOR_EVER_NS)
    assert len(frames_in(tmp_path)) == 10
    clock.advance(3600)
    cleaner.consider(_usage(10))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 1


def test_clock_that_is_set_back_makes_its_frames_young_for_keep_min(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, StorageConfig(), clock)
    clock.advance(7200)
    clock.set_wall(clock.wall - 10 * 86_400 * NS_PER_S)
    cleaner.clock_stepped(-10 * 86_400 * NS_PER_S)
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 5
    clock.advance(3600)
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 1


@pytest.mark.parametrize("after", ["an hour", "a reload"])
def test_frames_that_could_not_be_deleted_are_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    monkeypatch.setattr("os.unlink", _refusing)
    cleaner.consider(_usage(90))
    _work(cleaner)
    monkeypatch.undo()
    clock.advance(60)
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 5
    assert "can't be deleted (4" in cleaner.detail
    if after == "an hour":
        clock.advance(3600)
    else:
        cleaner.reconfigure(_KEEP_NOTHING)
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert len(frames_in(tmp_path)) == 1


def _refusing(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_frames_heard_of_are_not_the_newest_for_long(tmp_path: Path) -> None:
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    written = []
    for _ in range(20):
        clock.advance(10)
        written.append(plant(tmp_path, "a", clock.wall_ns(), size=_BLOCK))
        cleaner.frame_written(_written(written[-1], _BLOCK))
        cleaner.consider(_usage(86, blocks=25))
        cleaner.work(_FOR_EVER_NS)
        # The disk shows what was deleted, so that the next clean-up need not wait.
        cleaner.consider(_usage(50))
    assert frames_in(tmp_path) == {written[-1]}


def test_frame_that_was_the_newest_goes_first_once_its_camera_wrote_another(tmp_path: Path) -> None:
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    waited = plant(tmp_path, "a", _NOW_NS - 10**17, size=_BLOCK)
    plant_row(tmp_path, "b", newest_ns=_NOW_NS, count=30, size=_BLOCK)
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert waited in frames_in(tmp_path)
    cleaner.consider(_usage(50))
    cleaner.frame_written(_written(plant(tmp_path, "a", _NOW_NS, size=_BLOCK), _BLOCK))
    cleaner.consider(_usage(90))
    _work(cleaner)
    assert waited not in frames_in(tmp_path)


def test_frame_heard_of_with_a_path_that_is_not_ours_is_not_believed(tmp_path: Path) -> None:
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, ManualClock(_NOW_NS))
    frame = FrameWritten(camera="a", slot_ns=1, take=1, path="../../etc/passwd", bytes=5, width=1, height=1)
    cleaner.frame_written(frame)
    cleaner.consider(_usage(90))
    _work(cleaner)


def test_older_frames_that_were_copied_in_are_found_within_ten_minutes(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=20, size=_BLOCK)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(tmp_path, _KEEP_NOTHING, clock)
    cleaner.consider(_usage(86))
    _work(cleaner)
    cleaner.consider(_usage(50))
    copied = plant(tmp_path, "a", _NOW_NS - 10**17, size=_BLOCK)
    clock.advance(600)
    cleaner.consider(_usage(86))
    _work(cleaner)
    assert copied not in frames_in(tmp_path)
