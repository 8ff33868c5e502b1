"""Counting the archive a little at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from storage_worker.counting import Counting
from storage_worker.totals import FILE_NAME
from storage_worker.yielding import Ground, Grounds
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import plant, plant_row

_NOW_NS = 1_750_000_000 * NS_PER_S
_BLOCK = 4096


class _Ticking(ManualClock):
    """A clock on which each look takes a millisecond."""

    def mono_ns(self) -> int:
        self.advance(0.001)
        return super().mono_ns()


def _counting(output_dir: Path, clock: ManualClock, complaints: list[str] | None = None) -> Counting:
    said = complaints if complaints is not None else list[str]()
    return Counting(output_dir, clock, lambda: ["main"], said.append)


def test_counting_is_done_in_turns_with_rests_between_them(tmp_path: Path) -> None:
    plant_row(tmp_path, "main", newest_ns=_NOW_NS, count=60, apart_s=86_400, size=_BLOCK)
    clock = _Ticking(_NOW_NS)
    counting = _counting(tmp_path, clock)
    turns = 0
    while counting.bytes is None:
        began_ns = clock.mono_ns()
        counting.work()
        turns += 1
        took_ns = clock.mono_ns() - began_ns
        assert took_ns <= 20_000_000
        if counting.bytes is None:
            assert counting.due_mono_ns - began_ns >= 3 * 10_000_000, "no rest"
            clock.advance(0.05)
    assert turns > 3
    assert counting.bytes == 60 * _BLOCK
    assert (tmp_path / FILE_NAME).exists()


def test_counting_before_its_time_touches_nothing(tmp_path: Path, listings: list[str]) -> None:
    clock = ManualClock(_NOW_NS)
    counting = _counting(tmp_path, clock)
    counting.work()
    listings.clear()
    plant(tmp_path, "main", _NOW_NS, size=_BLOCK)
    counting.work()
    assert listings == []
    clock.advance(3600)
    counting.work()
    assert counting.bytes == _BLOCK


def test_counting_asked_to_look_again_does_so_at_once(tmp_path: Path) -> None:
    counting = _counting(tmp_path, ManualClock(_NOW_NS))
    counting.work()
    plant(tmp_path, "main", _NOW_NS, size=_BLOCK)
    counting.again()
    counting.work()
    assert counting.bytes == _BLOCK


def test_counting_that_must_not_be_forgotten_is_saved_once_a_minute(tmp_path: Path) -> None:
    clock = ManualClock(_NOW_NS)
    counting = _counting(tmp_path, clock)
    counting.work()
    saved = []
    for number in range(130):
        counting.totals.written(f"main/2025/06/15/{number}", _BLOCK)
        counting.save_soon()
        counting.work()
        saved.append((tmp_path / FILE_NAME).read_bytes() if (tmp_path / FILE_NAME).exists() else b"")
        clock.advance(1)
    assert len(set(saved)) == 3
    assert counting.due_mono_ns <= clock.mono_ns() + 60 * NS_PER_S


def test_counting_that_ends_keeps_what_it_knows(tmp_path: Path) -> None:
    counting = _counting(tmp_path, ManualClock(_NOW_NS))
    counting.work()
    counting.totals.grounds = Grounds(Ground(1, 2))
    counting.close()
    after = _counting(tmp_path, ManualClock(_NOW_NS))
    assert not after.is_known
    after.load()
    assert after.is_known
    assert after.bytes is None, "it has not been compared with the tree"


@pytest.mark.parametrize("act", ["work", "close"])
def test_counting_on_a_disk_that_takes_no_file_complains_and_goes_on(tmp_path: Path, act: str) -> None:
    complaints: list[str] = []
    plant(tmp_path, "main", _NOW_NS, size=_BLOCK)
    counting = _counting(tmp_path, ManualClock(_NOW_NS), complaints)
    (tmp_path / FILE_NAME).mkdir()
    counting.work()
    if act == "close":
        counting.close()
    assert counting.bytes == _BLOCK
    assert complaints[-1].startswith("what was counted can't be kept")
