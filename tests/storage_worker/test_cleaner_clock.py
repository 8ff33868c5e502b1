"""Deleting by a clock that was wrong: in 1970, years ahead, and after it was put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.cleaner import Cleaner
from tests.rig.manual_clock import START_WALL_NS, ManualClock
from tests.rig.planted_frames import frames_in, plant, plant_row

_BLOCK = 4096
_FOR_EVER_NS = 1 << 62
_DAY_NS = 86_400 * NS_PER_S
_YEARS_50_NS = 50 * 365 * _DAY_NS
_KEEP_A_MONTH = StorageConfig(keep_days=30)


class _Machine:
    """A machine that starts with its clock there, and its cleaner. The clock is `synchronised` when it is put right."""

    def __init__(self, output_dir: Path, wall_ns: int, storage: StorageConfig = _KEEP_A_MONTH) -> None:
        self.clock = ManualClock(wall_ns)
        self.synchronised: bool | None = False
        self.output_dir = output_dir
        self._cleaner = Cleaner(output_dir, storage, self.clock, lambda: self.synchronised)

    def set_clock(self, wall_ns: int) -> None:
        step_ns = wall_ns - self.clock.wall
        self.clock.set_wall(wall_ns)
        self.synchronised = True
        self._cleaner.clock_stepped(step_ns)

    def run(self, hours: float, used_percent: float = 10) -> set[str]:
        """So much time passes; what is left on a disk that is so full."""
        for _ in range(round(hours * 6)):
            usage = DiskUsage(used_percent, 100 * _BLOCK, 1000 * _BLOCK, None)
            self._cleaner.consider(usage)
            self._cleaner.work(_FOR_EVER_NS)
            self._cleaner.take_pruned()
            self.clock.advance(600)
        return frames_in(self.output_dir)


def test_archive_of_later_years_outlives_a_clock_that_starts_in_1970(tmp_path: Path) -> None:
    archive = plant_row(tmp_path, "a", newest_ns=START_WALL_NS, count=20, apart_s=3600)
    machine = _Machine(tmp_path, _DAY_NS)
    assert machine.run(30) == set(archive)
    machine.set_clock(START_WALL_NS + _DAY_NS)
    assert machine.run(30) == set(archive), "none is older than a month"


def test_full_disk_takes_the_frames_of_1970_first_and_those_of_the_future_only_after_keep_min(tmp_path: Path) -> None:
    """Of which none is known to be old; but a disk that is full would stop the recording for ever."""
    archive = plant_row(tmp_path, "a", newest_ns=START_WALL_NS, count=20, apart_s=3600, size=_BLOCK)
    machine = _Machine(tmp_path, _DAY_NS, StorageConfig(keep_min_s=3600))
    early = plant(tmp_path, "a", _DAY_NS - 7200 * NS_PER_S, size=_BLOCK)
    now = plant(tmp_path, "a", _DAY_NS, size=_BLOCK)
    assert machine.run(0.9, used_percent=90) == {*archive, now}
    assert early not in archive
    left = machine.run(0.5, used_percent=90)
    assert archive[0] not in left
    assert {archive[-1], now} <= left, "the newest of all, and the newest that is not in the future"


@pytest.mark.parametrize("wall_ns", [_DAY_NS, START_WALL_NS, START_WALL_NS + _YEARS_50_NS])
@pytest.mark.parametrize("used_percent", [10, 99])
def test_newest_frame_is_never_deleted_whatever_the_clock_does(
    tmp_path: Path, wall_ns: int, used_percent: float
) -> None:
    archive = plant_row(tmp_path, "a", newest_ns=START_WALL_NS, count=20, apart_s=3600, size=_BLOCK)
    machine = _Machine(tmp_path, wall_ns, StorageConfig(keep_min_s=0, keep_days=1))
    machine.synchronised = None
    for step_ns in (_YEARS_50_NS, -_YEARS_50_NS, 3600 * NS_PER_S, -3600 * NS_PER_S):
        assert archive[-1] in machine.run(3, used_percent)
        machine.set_clock(machine.clock.wall + step_ns)
    assert archive[-1] in machine.run(3, used_percent)


@pytest.mark.parametrize(("wrong_ns", "waits"), [(_DAY_NS, True), (START_WALL_NS + _YEARS_50_NS, False)])
def test_keep_days_counts_again_once_the_clock_was_put_right(tmp_path: Path, wrong_ns: int, waits: bool) -> None:
    """Put forward it may be the one that is wrong: an hour passes first."""
    archive = plant_row(tmp_path, "a", newest_ns=START_WALL_NS, count=41, apart_s=86_400)
    machine = _Machine(tmp_path, wrong_ns)
    assert machine.run(5) == set(archive)
    machine.set_clock(START_WALL_NS + NS_PER_S)
    assert machine.run(0.9) == set(archive if waits else archive[-30:])
    assert machine.run(0.5) == set(archive[-30:])


def test_keep_min_holds_for_frames_that_a_clock_ahead_has_named(tmp_path: Path) -> None:
    """Ahead by fifty years it recorded for a while, and is put back: they may be minutes old."""
    machine = _Machine(tmp_path, START_WALL_NS + _YEARS_50_NS, StorageConfig(keep_min_s=3600))
    machine.run(5)
    ahead = plant_row(tmp_path, "a", newest_ns=machine.clock.wall, count=20, apart_s=10, size=_BLOCK)
    machine.set_clock(START_WALL_NS)
    assert machine.run(0.9, used_percent=95) == set(ahead)
    assert machine.run(0.5, used_percent=95) == {ahead[-1]}
