"""A frame that was named by a clock which was not synchronised has no age: by the ledger, and by its own metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capture_worker.cameras.base import Frame
from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.shot_note import note_of
from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.cleaner import Cleaner
from storage_worker.naming_clock import named_unsynchronised
from tests.rig.manual_clock import START_WALL_NS, ManualClock
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.storage_worker.ledger.conftest import Kept, kept

__all__ = ["kept"]
_DAY_NS = 86_400 * NS_PER_S
_BLOCK = 4096
_JPEG = encode_jpeg(render(0, 64, 48), 80)


def picture(synchronised: bool | None, *, exposure_us: int | None = None) -> bytes:
    """A frame as the capture worker makes it."""
    frame = Frame(image=np.zeros((1, 1, 3), np.uint8), own_wall_ns=0, own_mono_ns=0, exposure_us=exposure_us)
    fields = ExifFields(
        slot_ns=START_WALL_NS,
        utc_offset_min=0,
        make="",
        model="",
        software="",
        exposure_us=exposure_us,
        iso=None,
        note=note_of(frame, synchronised=synchronised),
    )
    return with_exif(_JPEG, fields)


def put(output_dir: Path, slot_ns: int, data: bytes) -> str:
    """A frame of that slot with this content."""
    path = plant(output_dir, "a", slot_ns)
    (output_dir / path).write_bytes(data)
    return path


@pytest.mark.parametrize(("synchronised", "doubted"), [(False, True), (True, False), (None, False)])
@pytest.mark.parametrize("exposure_us", [None, 4990])
def test_frame_tells_itself_whether_its_clock_was_synchronised(
    tmp_path: Path, synchronised: bool | None, doubted: bool, exposure_us: int | None
) -> None:
    path = put(tmp_path, START_WALL_NS, picture(synchronised, exposure_us=exposure_us))
    assert named_unsynchronised(tmp_path, path) is doubted


def test_ledger_that_knows_spares_reading_the_frame(tmp_path: Path) -> None:
    path = put(tmp_path, START_WALL_NS, picture(synchronised=False))
    assert named_unsynchronised(tmp_path, path, lambda _path: True) is False
    assert named_unsynchronised(tmp_path, path, lambda _path: False) is True
    assert named_unsynchronised(tmp_path, path, lambda _path: None) is True


def test_frame_that_is_gone_is_none_and_one_that_can_not_be_read_is_one(tmp_path: Path) -> None:
    assert named_unsynchronised(tmp_path, "a/2026/01/01/20260101T000000.000+0000.jpg") is False
    (tmp_path / "a" / "directory.jpg").mkdir(parents=True)
    assert named_unsynchronised(tmp_path, "a/directory.jpg") is True


def test_keeper_knows_it_of_what_waits_and_of_what_is_written(kept: Kept) -> None:
    kept.work()
    waits = kept.written(0, synchronised=False)
    assert kept.keeper.synchronised(waits) is False
    kept.work()
    assert kept.keeper.synchronised(waits) is False
    assert kept.keeper.synchronised(kept.written(1, synchronised=True)) is True
    assert kept.keeper.synchronised(kept.written(2)) is None
    assert kept.keeper.synchronised("main/2026/01/01/20260101T000000.000+0000.jpg") is None
    kept.keeper.compare_again()
    kept.work()
    assert kept.keeper.synchronised(waits) is False, "comparing knows nothing of it, and leaves it"


class Offline:
    """A machine that recorded for a month without a clock, beside an archive of a time when it had one."""

    def __init__(self, output_dir: Path, storage: StorageConfig) -> None:
        self.output_dir = output_dir
        self.old = [
            put(output_dir, START_WALL_NS - day * _DAY_NS, picture(synchronised=True)) for day in range(400, 390, -1)
        ]
        self.of_1970 = [put(output_dir, day * _DAY_NS, picture(synchronised=False)) for day in range(2, 32)]
        self.clock = ManualClock(32 * _DAY_NS)
        self.cleaner = Cleaner(output_dir, storage, self.clock, lambda: True)
        self.cleaner.clock_stepped(START_WALL_NS - 32 * _DAY_NS)
        self.clock.set_wall(START_WALL_NS)
        self.newest = plant_row(output_dir, "a", newest_ns=START_WALL_NS, count=2)

    def run(self, hours: float, used_percent: float = 10) -> set[str]:
        """So much time passes; what is left on a disk that is so full."""
        for _ in range(round(hours * 6)):
            self.cleaner.consider(DiskUsage(used_percent, 100 * _BLOCK, 1000 * _BLOCK, None))
            self.cleaner.work(1 << 62)
            self.cleaner.take_pruned()
            self.clock.advance(600)
        return frames_in(self.output_dir)


@pytest.mark.parametrize(
    "storage",
    [
        StorageConfig(keep_days=30),
        StorageConfig(keep={"all": 30.0 * 86_400}),
        StorageConfig(keep_days=60, keep={"all": 30.0 * 86_400, "every 1d": 40.0 * 86_400}),
    ],
)
def test_month_in_1970_outlives_the_day_on_which_the_clock_is_put_right(tmp_path: Path, storage: StorageConfig) -> None:
    machine = Offline(tmp_path, storage)
    assert machine.run(30) == {*machine.of_1970, *machine.newest}, "what is really old behind them goes"


def test_month_in_1970_goes_for_room_but_not_what_was_taken_within_this_hour(tmp_path: Path) -> None:
    """By how much the clock was put forward tells how old they are at least."""
    fresh = put(tmp_path, 32 * _DAY_NS - 600 * NS_PER_S, picture(synchronised=False))
    machine = Offline(tmp_path, StorageConfig(keep_min_s=3600))
    assert machine.run(0.5, used_percent=99) == {fresh, *machine.newest}
    assert machine.run(2, used_percent=99) == set(machine.newest[-1:])


def test_machine_that_is_never_synchronised_and_sleeps_again_and_again_makes_room_all_the_same(tmp_path: Path) -> None:
    """Each sleep is a step forward: what is older than all of them together is old."""
    paths = [put(tmp_path, START_WALL_NS - hours * 3600 * NS_PER_S, picture(synchronised=False)) for hours in range(20)]
    clock = ManualClock(START_WALL_NS)
    cleaner = Cleaner(tmp_path, StorageConfig(keep_min_s=3600), clock, lambda: False)
    for _ in range(3):
        clock.set_wall(clock.wall + 1200 * NS_PER_S)
        cleaner.clock_stepped(1200 * NS_PER_S)
    cleaner.consider(DiskUsage(99, 100 * _BLOCK, 1000 * _BLOCK, None))
    cleaner.work(1 << 62)
    assert frames_in(tmp_path) == set(paths[:1]), "an hour of sleep, an hour to keep; the newest is that old already"
