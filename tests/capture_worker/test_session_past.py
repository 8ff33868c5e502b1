"""What a session tells at its start, where the clock was set since the last account or shortly before it."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_worker import recovery
from shared.clock import NS_PER_MS, NS_PER_S
from shared.errors import DiskError
from shared.events import ClockStepped, FrameMissed, FrameWritten
from shared.tree import FoundFrame, frames_between
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS, ManualClock
from tests.rig.planted_frames import plant
from tests.rig.still_worker import INTERVAL_NS, SessionBench, slot

_DAY = 8640
"""So many slots are a day."""


def _at(number: int, mono_s: float) -> tuple[int, int]:
    """The last account was told at this slot, so many seconds before now."""
    return slot(number), START_MONO_NS - round(mono_s * NS_PER_S)


def _takes(bench: SessionBench) -> list[tuple[int, int]]:
    return [(data.slot_ns, data.take) for _, data in bench.worker.published if isinstance(data, FrameWritten)]


def test_clock_put_forward_while_it_was_down_does_not_tell_the_archive_again(tmp_path: Path) -> None:
    """A Pi without a clock: it stood at a date months ago, told some slots then, and was corrected in the back-off."""
    for number in range(-300 * _DAY, -100, 30 * _DAY // 4):
        plant(tmp_path / "out", "main", slot(number))
    plant(tmp_path / "out", "main", slot(-100))
    then = -400 * _DAY
    bench = SessionBench(tmp_path, accounted_until_ns=slot(then), accounted_at=_at(then, 45), since="camera_lost")
    assert not bench.events("frame.written")
    lost, stepped = bench.events("frame.missed"), bench.events("clock.stepped")
    assert all(isinstance(miss, FrameMissed) for miss in lost)
    assert bench.flushed() == [
        *((slot(then + number), "camera_lost") for number in range(1, 5)),
        *((slot(number), "clock_step") for number in range(-99, 0)),
    ]
    assert [data.step_ns for data in stepped if isinstance(data, ClockStepped)] == [
        START_WALL_NS - slot(then) - 45 * NS_PER_S
    ]


def test_accounts_of_the_old_clock_say_their_moment_on_it(tmp_path: Path) -> None:
    """A start that is killed between the two ranges must leave a note from which the next one sees the step again."""
    then = -400 * _DAY
    bench = SessionBench(tmp_path, accounted_until_ns=slot(then), accounted_at=_at(then, 45), since="hang")
    (old_wall_ns, old_mono_ns), *_, (new_wall_ns, _) = bench.worker.moments
    assert (old_wall_ns, old_mono_ns) == (slot(then) + 45 * NS_PER_S, START_MONO_NS)
    assert new_wall_ns == START_WALL_NS


def test_frames_of_the_time_that_really_passed_are_recovered_though_the_clock_was_put_forward(tmp_path: Path) -> None:
    then = -400 * _DAY
    plant(tmp_path / "out", "main", slot(then + 2))
    bench = SessionBench(tmp_path, accounted_until_ns=slot(then), accounted_at=_at(then, 35), since="crash")
    assert bench.told()[:3] == [(slot(then + 1), "crash"), (slot(then + 2), "frame"), (slot(then + 3), "crash")]


def test_clock_put_back_while_it_was_down_records_the_time_a_second_time(tmp_path: Path) -> None:
    """35 s passed; it was slot 100 then, and is slot 0 now."""
    plant(tmp_path / "out", "main", slot(101))
    bench = SessionBench(tmp_path, accounted_until_ns=slot(100), accounted_at=_at(100, 35), since="crash")
    assert len(bench.events("clock.stepped")) == 1
    bench.open()
    bench.shoot_slot(0)
    assert bench.told() == [
        (slot(101), "frame"),
        (slot(102), "crash"),
        (slot(103), "crash"),
        (slot(0), "frame"),
    ]


@pytest.mark.parametrize("off_s", [0, 0.15, -0.15])
def test_clock_that_was_not_set_is_no_step(tmp_path: Path, off_s: float) -> None:
    elapsed_ns = START_WALL_NS - slot(-4)
    noted = (slot(-4) + round(off_s * NS_PER_S), START_MONO_NS - elapsed_ns)
    bench = SessionBench(tmp_path, accounted_until_ns=slot(-4), accounted_at=noted, since="crash")
    assert bench.events("clock.stepped") == []
    assert bench.told() == [(slot(number), "crash") for number in (-3, -2, -1)]


def test_account_of_another_boot_does_not_outweigh_the_tree(tmp_path: Path) -> None:
    """The runtime directory was on a disk, and the monotonic clock began anew: it says nothing about the wall clock."""
    for number in range(-20, -2):
        plant(tmp_path / "out", "main", slot(number))
    noted = (slot(-30), START_MONO_NS + 1)
    bench = SessionBench(tmp_path, accounted_until_ns=slot(-30), accounted_at=noted, since="down")
    assert bench.told() == [(slot(-2), "down"), (slot(-1), "down")]


def test_restart_after_the_clock_went_back_doubles_no_frame_and_hides_no_miss(tmp_path: Path) -> None:
    """Nine slots were recorded, the clock went back by seven, one came again, and then it crashed for two slots."""
    for number in range(-10, -1):
        plant(tmp_path / "out", "main", slot(number))
    plant(tmp_path / "out", "main", slot(-8), take=2)
    plant(tmp_path / "out", "main", slot(-7), take=2)
    bench = SessionBench(tmp_path, accounted_until_ns=slot(-8), earlier=(slot(-10), slot(-2)), since="crash")
    assert _takes(bench) == [(slot(-7), 2)]
    assert bench.flushed() == [(slot(-7), "frame"), *((slot(number), "crash") for number in range(-6, 0))]


def test_long_look_back_renews_its_lease_while_it_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 frames takes the disk a second: none of them is told before all were listed."""
    clock = ManualClock()
    clock.wall, clock.mono = slot(0) - 500 * NS_PER_S, START_MONO_NS

    def slowly(camera_dir: Path, first_ns: int, last_ns: int) -> Iterator[FoundFrame]:
        for frame in frames_between(camera_dir, first_ns, last_ns):
            clock.advance(1)
            yield frame

    monkeypatch.setattr(recovery, "frames_between", slowly)
    for number in range(-300, -100):
        plant(tmp_path / "out", "main", slot(number))
    bench = SessionBench(tmp_path, clock=clock, accounted_until_ns=slot(-301), since="crash")
    declared = [lease.declared_mono_ns for lease in bench.worker.leases if lease.operation == "disk"]
    gaps = [after - before for before, after in itertools.pairwise(declared)]
    assert max(gaps) <= 2 * NS_PER_S


def test_disk_that_breaks_in_a_look_back_is_a_disk_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise OSError(errno.EIO, "Input/output error", "/out/main")

    monkeypatch.setattr(recovery, "frames_between", broken)
    with pytest.raises(DiskError, match="/out/main: Input/output error"):
        SessionBench(tmp_path, accounted_until_ns=slot(-5), since="crash")


def test_slot_that_was_told_just_before_it_came_is_not_told_again(tmp_path: Path) -> None:
    """A stream's slot is refused some milliseconds early; the next start is very quick."""
    clock = ManualClock(slot(0) - 40 * NS_PER_MS)
    noted = (clock.wall, clock.mono)
    bench = SessionBench(tmp_path, accounted_until_ns=slot(0), accounted_at=noted, since="crash", clock=clock)
    bench.open()
    bench.go_to(slot(0))
    bench.turn()
    assert bench.asked() is None
    bench.go_to(slot(0) + INTERVAL_NS)
    bench.turn()
    assert bench.asked() is not None


def test_slot_that_was_told_long_before_it_comes_is_of_a_clock_that_was_put_back_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    """Its frame was under way at the step, and was told after it; then the worker died."""
    noted = (START_WALL_NS - 30 * NS_PER_S, START_MONO_NS - 30 * NS_PER_S)
    bench = SessionBench(tmp_path, accounted_until_ns=slot(18_000 * _DAY), accounted_at=noted, since="crash")
    bench.open()
    bench.shoot_slot(0)
    assert bench.told() == [(slot(0), "frame")]
