"""The cleaner on a real disk that somebody else fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import usage_of
from shared.events import FrameWritten
from shared.frame_name import parse
from storage_worker.cleaner import Cleaner
from storage_worker.totals import FILE_NAME
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import frames_in, plant
from tests.rig.small_disk import tmpfs

pytestmark = pytest.mark.root
_NOW_NS = 1_750_000_000 * NS_PER_S
_STORAGE = StorageConfig(keep_min_s=0)
_FRAME_BYTES = 20_480
_FRAMES_THAT_FIT = 320
"""8 MiB, four fifths of it, in frames of 20 kB: some 327, less what the directories and the file of the counts take."""


class Recording:
    """A disk of 8 MB on which frames are recorded, and which is cleaned, with a clock moved by hand."""

    def __init__(self, disk: Path, storage: StorageConfig = _STORAGE) -> None:
        self.disk = disk
        self.storage = storage
        self.clock = ManualClock(_NOW_NS)
        self.slot_ns = _NOW_NS - 20_000 * NS_PER_S
        self.start()

    def start(self) -> None:
        """Start the storage worker, or start it anew."""
        self.cleaner = Cleaner(self.disk, self.storage, self.clock)
        self.cleaner.counting.load()
        self.look()

    def look(self) -> None:
        """A turn of the worker's loop."""
        self.clock.advance(1)
        self.cleaner.consider(usage_of(self.disk))
        while self.cleaner.active:
            self.cleaner.work(1 << 62)
        self.cleaner.counting.work()
        self.cleaner.consider(usage_of(self.disk))

    def record(self, count: int) -> None:
        """So many frames, of which none is written above `stop_above`."""
        for _ in range(count):
            if usage_of(self.disk).used_percent <= self.storage.stop_above_percent:
                self.slot_ns += NS_PER_S
                path = plant(self.disk, "main", self.slot_ns, size=_FRAME_BYTES)
                self.cleaner.frame_written(_written(path))
            self.look()

    def others(self, count: int) -> None:
        """Another program writes as much as so many frames."""
        for _ in range(count):
            with (self.disk / "others.log").open("ab") as file:
                file.write(b"x" * _FRAME_BYTES)
            self.look()

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(frames_in(self.disk))


def _written(path: str) -> FrameWritten:
    name = parse(path.rpartition("/")[2])
    assert name is not None
    return FrameWritten(camera="main", slot_ns=name.slot_ns, take=1, path=path, bytes=_FRAME_BYTES, width=1, height=1)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with tmpfs(tmp_path / "disk", size="8m", inodes=4000) as disk:
        yield Recording(disk)


def test_another_programs_log_that_grows_gets_half_of_the_archive_and_it_is_said(recording: Recording) -> None:
    recording.record(400)
    assert recording.frames == pytest.approx(_FRAMES_THAT_FIT + 10, abs=15)
    assert recording.cleaner.growth is not None
    assert recording.cleaner.growth.yielded_percent == 0
    recording.others(60)
    growth = recording.cleaner.growth
    assert growth is not None
    assert growth.others_grown_bytes == pytest.approx(60 * _FRAME_BYTES, abs=100_000)
    assert growth.yielded_percent == pytest.approx(60 / _FRAMES_THAT_FIT * 100, abs=3)
    assert recording.cleaner.hindered == ""
    recording.others(130)
    assert recording.frames == pytest.approx(_FRAMES_THAT_FIT / 2, abs=6)
    assert recording.cleaner.hindered.endswith("or raise storage.yield")
    assert recording.cleaner.growth is not None
    assert recording.cleaner.growth.exhausted
    recording.others(50)
    assert usage_of(recording.disk).used_percent > 90
    assert recording.frames == pytest.approx(_FRAMES_THAT_FIT / 2, abs=6)


def test_what_others_have_grown_by_is_known_after_restarts(recording: Recording) -> None:
    recording.record(400)
    for _ in range(19):
        recording.others(10)
        recording.clock.advance(60)
        recording.look()
        recording.start()
    assert recording.frames == pytest.approx(_FRAMES_THAT_FIT / 2, abs=6)
    recording.start()
    assert "storage.yield" in recording.cleaner.hindered


def test_room_that_others_give_back_is_the_archives_again(recording: Recording) -> None:
    recording.record(400)
    recording.others(190)
    (recording.disk / "others.log").unlink()
    recording.look()
    assert recording.cleaner.detail == ""
    recording.record(300)
    assert recording.frames == pytest.approx(_FRAMES_THAT_FIT + 10, abs=15)
    assert recording.cleaner.growth is not None
    assert recording.cleaner.growth.yielded_percent == 0


def test_yield_that_is_raised_goes_on_at_once(recording: Recording) -> None:
    recording.record(400)
    recording.others(190)
    before = recording.frames
    recording.storage = StorageConfig(keep_min_s=0, yield_percent=80)
    recording.cleaner.reconfigure(recording.storage)
    recording.look()
    assert recording.frames < before
    assert usage_of(recording.disk).used_percent <= 81


def test_growth_without_the_file_of_the_counts_begins_with_what_is(recording: Recording) -> None:
    recording.record(400)
    recording.others(100)
    (recording.disk / FILE_NAME).unlink()
    recording.start()
    recording.look()
    assert recording.cleaner.growth is not None
    assert recording.cleaner.growth.others_grown_bytes < 100_000


def test_forecast_is_there_once_the_archive_is_counted(recording: Recording) -> None:
    assert recording.cleaner.forecast(usage_of(recording.disk)) is not None
    fresh = Cleaner(recording.disk, _STORAGE, recording.clock)
    assert fresh.forecast(usage_of(recording.disk)) is None


def test_frames_that_nobody_told_of_are_counted_before_they_are_called_others(recording: Recording) -> None:
    recording.record(150)
    recording.clock.advance(100)
    for number in range(200):
        plant(recording.disk, "main", recording.slot_ns + number * NS_PER_S, size=_FRAME_BYTES)
    recording.look()
    recording.look()
    assert recording.cleaner.hindered == ""
    assert usage_of(recording.disk).used_percent <= 81
