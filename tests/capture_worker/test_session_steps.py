"""The session when its clock is set: what a step leaves out, doubles, or must not lose."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_MS, NS_PER_S
from shared.events import ClockStepped
from tests.rig.manual_clock import START_WALL_NS, ManualClock
from tests.rig.planted_frames import plant
from tests.rig.still_worker import FIRST_NS, INTERVAL_NS, SessionBench, slot


def test_step_forward_misses_what_it_leaves_out(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    bench.go_to(slot(1) - NS_PER_S)
    bench.clock.set_wall(slot(5) + 3 * NS_PER_S)
    bench.turn()
    stepped = bench.events("clock.stepped")
    assert isinstance(stepped[0], ClockStepped)
    assert stepped[0].step_ns == 44 * NS_PER_S
    bench.shoot_slot(6)
    assert bench.told() == [
        (slot(0), "frame"),
        *((slot(number), "clock_step") for number in range(1, 6)),
        (slot(6), "frame"),
    ]


def test_step_forward_exactly_onto_a_slot_loses_nothing(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    bench.clock.set_wall(slot(3))
    bench.turn()
    bench.shoot_slot(4)
    slots = [slot_ns for slot_ns, _ in bench.told()]
    assert slots == [slot(number) for number in range(5)]


def test_step_forward_to_just_after_a_slot_shoots_it(bench: SessionBench) -> None:
    """It is as fresh as one that the loop came to a little late; with an hourly interval it is worth an hour."""
    bench.shoot_slot(0)
    bench.go_to(slot(1) - 300 * NS_PER_MS)
    bench.clock.set_wall(slot(3) + 300 * NS_PER_MS)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns == slot(3)
    assert request.slot_mono_ns == bench.clock.mono - 300 * NS_PER_MS
    bench.shoot()
    assert bench.told() == [
        (slot(0), "frame"),
        (slot(1), "clock_step"),
        (slot(2), "clock_step"),
        (slot(3), "frame"),
    ]


def test_step_forward_over_frames_of_an_earlier_life_does_not_miss_them(tmp_path: Path) -> None:
    """A clock without a battery starts in the past, among frames that were told long ago."""
    for number in range(100, 104):
        plant(tmp_path / "out", "main", slot(number))
    bench = SessionBench(tmp_path)
    bench.open()
    bench.shoot_slot(0)
    bench.clock.set_wall(slot(105) + 2 * NS_PER_S)
    bench.turn()
    assert bench.told() == [(slot(0), "frame"), (slot(104), "clock_step"), (slot(105), "clock_step")]


def test_step_back_records_the_time_a_second_time(bench: SessionBench) -> None:
    for number in range(4):
        bench.shoot_slot(number)
    bench.clock.set_wall(slot(1) - 4 * NS_PER_S)
    bench.turn()
    for number in range(1, 5):
        bench.shoot_slot(number)
    assert [slot_ns for slot_ns, _ in bench.told()] == [slot(number) for number in (0, 1, 2, 3, 1, 2, 3, 4)]


def test_step_back_before_a_slot_that_has_just_passed_does_not_lose_it(bench: SessionBench) -> None:
    """Slot 1 is half a second ago, and this turn would shoot it; the clock is put back by less than that."""
    bench.shoot_slot(0)
    bench.go_to(slot(1) + 500 * NS_PER_MS)
    bench.clock.set_wall(slot(1) + 200 * NS_PER_MS)
    bench.turn()
    bench.shoot()
    assert bench.told() == [(slot(0), "frame"), (slot(1), "frame")]


def test_small_steps_are_no_steps_and_double_no_slot(bench: SessionBench) -> None:
    """Within the tolerance the clock may go back over a slot that was just begun."""
    bench.shoot_slot(0)
    bench.clock.set_wall(slot(0) - 150 * NS_PER_MS)
    bench.turn()
    assert bench.asked() is None
    bench.go_to(slot(0) + 1)
    bench.turn()
    assert bench.asked() is None
    bench.shoot_slot(1)
    assert bench.told() == [(slot(0), "frame"), (slot(1), "frame")]
    assert bench.events("clock.stepped") == []


def test_step_over_half_a_century_is_worked_out_at_once_and_told_as_one(tmp_path: Path) -> None:
    clock = ManualClock(wall_ns=86_400 * NS_PER_S + 1)
    bench = SessionBench(tmp_path, clock=clock)
    bench.open()
    clock.advance(10)
    bench.turn()
    bench.shoot()
    clock.set_wall(START_WALL_NS)
    began = time.monotonic()
    bench.turn()
    assert time.monotonic() - began < 1
    missed = bench.events("frame.missed")
    assert len(missed) == 1


def test_clock_that_is_set_ends_the_wait_and_without_such_an_alarm_the_wait_is_short(tmp_path: Path) -> None:
    """Else a slot that a step of some seconds brings near is slept through."""
    bench = SessionBench(tmp_path, interval_ms=3_600_000)
    bench.worker.signals.numbers.append(signal.SIGTERM)
    assert bench.run() == 0
    alarm = bench.session._alarm
    assert alarm.fd is None or alarm.fd in bench.worker.poller.added
    assert bench.session._wait_ns() == alarm.longest_wait_ns
    alarm.longest_wait_ns = NS_PER_S
    assert bench.session._wait_ns() == NS_PER_S


def test_look_at_the_disk_after_a_step_has_a_lease(bench: SessionBench) -> None:
    """It may hang, or a disk that sleeps may take its time; and the sun of many days takes a small board a while."""
    bench.worker.leases.clear()
    bench.clock.advance(0.1)
    bench.clock.wall += 3600 * NS_PER_S
    bench.turn()
    lease = bench.worker.leases[0]
    assert lease.operation == "disk"
    assert lease.deadline_mono_ns is not None
    assert lease.deadline_mono_ns >= bench.clock.mono + 30 * NS_PER_S


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.integers(1, 25_000)),
            st.tuples(st.just("step"), st.integers(1, 100_000)),
            st.tuples(st.just("answer"), st.just(0)),
        ),
        max_size=40,
    )
)
@settings(max_examples=150)
def test_every_slot_is_told_once_whatever_stalls_and_steps_forward_there_are(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[tuple[str, int]]
) -> None:
    """Waits as long as they like between two turns, and steps forward; not back, which lives slots twice by design."""
    bench = SessionBench(tmp_path_factory.mktemp("bench"))
    bench.open()
    for what, how_ms in happenings:
        if what == "wait":
            bench.clock.advance(how_ms / 1000)
        elif what == "step":
            bench.clock.wall += how_ms * NS_PER_MS
        elif bench.asked() is not None:
            bench.give(bench.take())
        bench.turn()
        while not bench.session._writer._queue.empty():
            bench.give(bench.stored())
            bench.turn()
    _settle(bench)
    slots = [slot_ns for slot_ns, _ in bench.flushed()]
    assert slots == [slot(number) for number in range(len(slots))]
    assert len(slots) == max(0, (bench.clock.wall - FIRST_NS) // INTERVAL_NS + 1)


def _settle(bench: SessionBench) -> None:
    """Answer what is open."""
    bench.turn()
    if bench.asked() is not None:
        bench.shoot()
