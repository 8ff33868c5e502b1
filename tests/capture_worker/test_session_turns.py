"""The session's decisions, turn by turn on a clock that the test moves: steps of it, stalls, reloads, late answers."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture_worker.results import Broken, NotTaken
from shared.clock import NS_PER_MS, NS_PER_S
from shared.errors import CameraError, DiskError
from shared.events import CameraLost, CameraOpened, ClockStepped
from shared.messages import Event
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS, ManualClock
from tests.rig.planted_frames import plant
from tests.rig.still_worker import SessionBench

_INTERVAL_NS = 10 * NS_PER_S
_FIRST_NS = START_WALL_NS // _INTERVAL_NS * _INTERVAL_NS + _INTERVAL_NS
"""The first slot after the clock's start, which is 4.5 s before the next whole ten seconds... or less."""


def _slot(number: int) -> int:
    return _FIRST_NS + number * _INTERVAL_NS


def _go_to(bench: SessionBench, wall_ns: int) -> None:
    """Time passes until then, on both clocks."""
    bench.clock.advance((wall_ns - bench.clock.wall) / NS_PER_S)


@pytest.fixture
def bench(tmp_path: Path) -> SessionBench:
    """A camera that is open, before its first slot."""
    bench = SessionBench(tmp_path)
    bench.open()
    return bench


def _shoot(bench: SessionBench, number: int) -> None:
    _go_to(bench, _slot(number))
    bench.turn()
    bench.shoot()


def test_slot_is_asked_for_at_its_time_and_not_before(bench: SessionBench) -> None:
    _go_to(bench, _slot(0) - 1_000_000)
    bench.turn()
    assert bench.asked() is None
    _go_to(bench, _slot(0))
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert (request.slot_ns, request.slot_mono_ns) == (_slot(0), bench.clock.mono)


def test_request_says_the_slots_own_moment_even_when_it_comes_late(bench: SessionBench) -> None:
    _go_to(bench, _slot(0) + 300 * NS_PER_MS)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_mono_ns == bench.clock.mono - 300 * NS_PER_MS


def test_frames_are_told_in_order_whenever_they_become_durable(bench: SessionBench) -> None:
    for number in range(2):
        _go_to(bench, _slot(number))
        bench.turn()
        bench.give(bench.take())
        bench.turn()
    assert bench.told() == []
    bench.give(bench.stored(), bench.stored())
    bench.turn()
    assert bench.told() == [(_slot(0), "frame"), (_slot(1), "frame")]


def test_slots_while_the_camera_opens_are_starting_until_the_first_frame(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path)
    for number in range(3):
        _go_to(bench, _slot(number))
        bench.turn()
    bench.open()
    _shoot(bench, 3)
    assert bench.worker.readies == 1
    assert isinstance(bench.events("camera.opened")[0], CameraOpened)
    assert bench.told() == [*((_slot(number), "starting") for number in range(3)), (_slot(3), "frame")]


def test_slots_since_a_failure_carry_its_cause_until_the_next_frame(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path, accounted_until_ns=_slot(-5), since="hang")
    assert bench.told() == [(_slot(number), "hang") for number in range(-4, 0)]
    _go_to(bench, _slot(0))
    bench.turn()
    bench.open()
    _go_to(bench, _slot(1) + 5 * NS_PER_S)  # five seconds too late for slot 1
    bench.turn()
    _shoot(bench, 2)
    assert bench.told() == [*((_slot(number), "hang") for number in range(-4, 2)), (_slot(2), "frame")]


def test_frame_on_the_disk_since_the_last_account_is_recovered(tmp_path: Path) -> None:
    plant(tmp_path / "out", "main", _slot(-2))
    bench = SessionBench(tmp_path, accounted_until_ns=_slot(-4), since="crash")
    assert bench.told() == [(_slot(-3), "crash"), (_slot(-2), "frame"), (_slot(-1), "crash")]


def test_cold_start_accounts_from_the_newest_frame_and_without_one_from_now(tmp_path: Path) -> None:
    assert SessionBench(tmp_path / "new").told() == []
    plant(tmp_path / "old" / "out", "main", _slot(-3))
    plant(tmp_path / "old" / "out", "main", _slot(500))
    assert SessionBench(tmp_path / "old").told() == [(_slot(-2), "down"), (_slot(-1), "down")]


def test_account_from_a_clock_that_was_ahead_is_not_believed(tmp_path: Path) -> None:
    plant(tmp_path / "out", "main", _slot(-3))
    bench = SessionBench(tmp_path, accounted_until_ns=_slot(5000))
    assert bench.told() == [(_slot(-2), "down"), (_slot(-1), "down")]


def test_stall_is_an_overrun_for_all_slots_but_a_fresh_one(bench: SessionBench) -> None:
    _shoot(bench, 0)
    _go_to(bench, _slot(4) + NS_PER_S)
    bench.turn()
    assert bench.asked() is not None, "a second late is still that moment"
    bench.shoot()
    assert bench.told() == [
        (_slot(0), "frame"),
        *((_slot(number), "overrun") for number in (1, 2, 3)),
        (_slot(4), "frame"),
    ]


def test_slot_that_is_come_to_too_late_is_not_shot(bench: SessionBench) -> None:
    _go_to(bench, _slot(0) + NS_PER_S + 1)
    bench.turn()
    assert bench.asked() is None
    _shoot(bench, 1)
    assert bench.told() == [(_slot(0), "starting"), (_slot(1), "frame")]


def test_shutter_that_is_busy_is_not_asked_to_take_an_old_slot_later(bench: SessionBench) -> None:
    """An exposure of 25 s on a grid of 10 s: what is shot after it must not pass for what was before."""
    _shoot(bench, 0)
    _go_to(bench, _slot(1))
    bench.turn()
    long = bench.take()
    _go_to(bench, _slot(2))
    bench.turn()
    _go_to(bench, _slot(2) + 2 * NS_PER_S)
    bench.turn()
    assert bench.asked() is None, "slot 2 is two seconds ago"
    _go_to(bench, _slot(3))
    bench.turn()
    _go_to(bench, _slot(3) + 500 * NS_PER_MS)
    bench.give(long)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns == _slot(3), "half a second late is fresh enough"
    bench.give(bench.stored())
    bench.shoot()
    assert bench.told() == [
        (_slot(0), "frame"),
        (_slot(1), "frame"),
        (_slot(2), "overrun"),
        (_slot(3), "frame"),
    ]


def test_stream_without_a_frame_in_two_periods_is_stale(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path, streams=True)
    bench.open()
    bench.session._camera.period_ns = 400 * NS_PER_MS
    _shoot(bench, 0)
    _go_to(bench, _slot(1))
    bench.turn()
    bench.clock.advance(0.799)
    bench.turn()
    assert bench.asked() is not None
    bench.clock.advance(0.001)
    bench.turn()
    assert bench.asked() is None
    assert bench.told() == [(_slot(0), "frame"), (_slot(1), "stale")]


def test_answer_to_one_slot_does_not_end_the_patience_with_the_next(tmp_path: Path) -> None:
    """A frame takes its time to be decoded; meanwhile the next slot has begun, and its frame never comes."""
    bench = SessionBench(tmp_path, streams=True, interval_ms=300)
    bench.open()
    while bench.asked() is None:
        bench.clock.advance(0.01)
        bench.turn()
    first = bench.take()
    while bench.asked() is None:
        bench.clock.advance(0.01)
        bench.turn()
    second = bench.asked()
    assert second is not None
    bench.give(first)
    bench.turn()
    bench.clock.advance(0.25)
    bench.turn()
    assert bench.asked() is not second
    bench.give(bench.stored())
    bench.turn()
    assert bench.told()[-2:] == [(first.slot_ns, "frame"), (second.slot_ns, "starting")]


def test_refusals_of_the_threads_carry_their_cause(bench: SessionBench) -> None:
    _shoot(bench, 0)
    for number, cause in ((1, "damaged"), (2, "stale"), (3, "disk_full")):
        _go_to(bench, _slot(number))
        bench.turn()
        taken = bench.take()
        if number == 1:
            bench.give(NotTaken(taken.slot_ns, "damaged", "empty"))
        else:
            bench.give(taken)
            bench.turn()
            bench.give(bench.not_stored("stale" if cause == "stale" else "disk_full"))
        bench.turn()
    assert bench.told()[1:] == [(_slot(1), "damaged"), (_slot(2), "stale"), (_slot(3), "disk_full")]


def test_writer_that_is_behind_holds_slots_back_and_no_memory_fills(bench: SessionBench) -> None:
    _shoot(bench, 0)
    for number in range(1, 9):
        _go_to(bench, _slot(number))
        bench.turn()
        if bench.asked() is not None:
            bench.give(bench.take())
            bench.turn()
    assert bench.session._writer._queue.qsize() == 4
    bench.give(*(bench.stored() for _ in range(4)))
    bench.turn()
    assert bench.flushed()[1:] == [
        *((_slot(number), "frame") for number in range(1, 5)),
        *((_slot(number), "overrun") for number in range(5, 9)),
    ]


def test_step_forward_misses_what_it_leaves_out(bench: SessionBench) -> None:
    _shoot(bench, 0)
    _go_to(bench, _slot(1) - NS_PER_S)
    bench.clock.set_wall(_slot(5) + 3 * NS_PER_S)
    bench.turn()
    stepped = bench.events("clock.stepped")
    assert isinstance(stepped[0], ClockStepped)
    assert stepped[0].step_ns == 44 * NS_PER_S
    _shoot(bench, 6)
    assert bench.told() == [
        (_slot(0), "frame"),
        *((_slot(number), "clock_step") for number in range(1, 6)),
        (_slot(6), "frame"),
    ]


def test_step_forward_exactly_onto_a_slot_loses_nothing(bench: SessionBench) -> None:
    _shoot(bench, 0)
    bench.clock.set_wall(_slot(3))
    bench.turn()
    _shoot(bench, 4)
    slots = [slot_ns for slot_ns, _ in bench.told()]
    assert slots == [_slot(number) for number in range(5)]


def test_step_forward_over_frames_of_an_earlier_life_does_not_miss_them(tmp_path: Path) -> None:
    """A clock without a battery starts in the past, among frames that were told long ago."""
    for number in range(100, 104):
        plant(tmp_path / "out", "main", _slot(number))
    bench = SessionBench(tmp_path)
    bench.open()
    _shoot(bench, 0)
    bench.clock.set_wall(_slot(105) + NS_PER_S)
    bench.turn()
    assert bench.told() == [(_slot(0), "frame"), (_slot(104), "clock_step"), (_slot(105), "clock_step")]


def test_step_back_records_the_time_a_second_time(bench: SessionBench) -> None:
    for number in range(4):
        _shoot(bench, number)
    bench.clock.set_wall(_slot(1) - 4 * NS_PER_S)
    bench.turn()
    for number in range(1, 5):
        _shoot(bench, number)
    assert [slot_ns for slot_ns, _ in bench.told()] == [_slot(number) for number in (0, 1, 2, 3, 1, 2, 3, 4)]


def test_step_back_before_a_slot_that_has_just_passed_does_not_lose_it(bench: SessionBench) -> None:
    """Slot 1 is half a second ago, and this turn would shoot it; the clock is put back by less than that."""
    _shoot(bench, 0)
    _go_to(bench, _slot(1) + 500 * NS_PER_MS)
    bench.clock.set_wall(_slot(1) + 200 * NS_PER_MS)
    bench.turn()
    bench.shoot()
    assert bench.told() == [(_slot(0), "frame"), (_slot(1), "frame")]


def test_small_steps_are_no_steps_and_double_no_slot(bench: SessionBench) -> None:
    """Within the tolerance the clock may go back over a slot that was just begun."""
    _shoot(bench, 0)
    bench.clock.set_wall(_slot(0) - 150 * NS_PER_MS)
    bench.turn()
    assert bench.asked() is None
    _go_to(bench, _slot(0) + 1)
    bench.turn()
    assert bench.asked() is None
    _shoot(bench, 1)
    assert bench.told() == [(_slot(0), "frame"), (_slot(1), "frame")]
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
@settings(max_examples=150, deadline=None)
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
    assert slots == [_slot(number) for number in range(len(slots))]
    assert len(slots) == max(0, (bench.clock.wall - _FIRST_NS) // _INTERVAL_NS + 1)


def _settle(bench: SessionBench) -> None:
    """Answer what is open."""
    bench.turn()
    if bench.asked() is not None:
        bench.shoot()


@pytest.mark.parametrize("to_ms", [1000, 3000, 60_000])
def test_reload_of_the_interval_neither_loses_nor_doubles_a_slot(bench: SessionBench, to_ms: int) -> None:
    _shoot(bench, 0)
    _go_to(bench, _slot(0) + 7 * NS_PER_S + 1)
    bench.reload(interval_ms=to_ms)
    bench.turn()
    told = len(bench.told())
    assert told == 1, "slots of the new grid before the reload are nobody's"
    next_ns = (bench.clock.wall // (to_ms * NS_PER_MS) + 1) * to_ms * NS_PER_MS
    assert bench.session._next_slot_ns == next_ns


def test_reload_at_the_very_moment_of_a_slot_does_not_lose_it(tmp_path: Path) -> None:
    """Up to one moment slots are the old plan's: the turn must not look at the clock again for the new one's."""
    clock = CreepingClock()
    slot_ns = _slot(1)
    assert slot_ns % (2 * _INTERVAL_NS) != 0, "it is no slot of the new plan"
    old_plans = []
    for offset_ns in range(-200_000, 40_000, 10_000):
        clock.wall = slot_ns - _INTERVAL_NS // 2
        bench = SessionBench(tmp_path / str(offset_ns), clock=clock)
        bench.open()
        _go_to(bench, slot_ns + offset_ns)
        bench.reload(interval_ms=20_000)
        clock.creep_ns = 10_000
        bench.turn()
        clock.creep_ns = 0
        asked = bench.asked()
        old_plans.append(asked is not None and asked.slot_ns == slot_ns)
        assert old_plans[-1] or bench.session._cursor_ns < slot_ns, "it is nobody's"
    assert set(old_plans) == {True, False}


class CreepingClock(ManualClock):
    """Each look at the wall clock takes its time."""

    creep_ns = 0

    def wall_ns(self) -> int:
        """See `ManualClock.wall_ns`."""
        self.wall += self.creep_ns
        self.mono += self.creep_ns
        return self.wall


def test_reload_of_nothing_that_matters_keeps_the_plan(bench: SessionBench) -> None:
    _go_to(bench, _slot(0) - NS_PER_S)
    bench.reload(quality=50)
    bench.turn()
    _shoot(bench, 0)
    assert bench.session._camera_config.quality == 50


def test_reload_of_a_window_has_a_lease(bench: SessionBench) -> None:
    """Working out the sun loads astral first, which takes a small board seconds."""
    bench.worker.leases.clear()
    bench.reload(window="06:00-20:00")
    bench.turn()
    assert [lease.operation for lease in bench.worker.leases[:1]] == ["disk"]


def test_disk_pressure_that_can_not_be_read_is_counted_and_stops_nothing(bench: SessionBench) -> None:
    numbers = {"v": 1, "boot": "b", "seq": 1, "tseq": 1, "wall_ns": 0, "mono_ns": 0, "source": "storage"}
    bad = Event(topic="disk.pressure", data={"level": "sideways"}, **numbers)  # type: ignore[arg-type]  # as it may come
    bench.worker.link.events.append(bad)
    bench.turn()
    assert sum(bench.worker.link.tally.malformed.values()) == 1
    _shoot(bench, 0)


def test_results_that_came_with_the_end_of_the_camera_are_told_first(bench: SessionBench) -> None:
    """The camera fails in the moment in which the last frame becomes durable."""
    _shoot(bench, 0)
    _go_to(bench, _slot(1))
    bench.turn()
    bench.give(bench.take())
    bench.turn()
    bench.give(Broken(CameraError("gone"), "camera"), bench.stored())
    began = time.monotonic()
    with pytest.raises(CameraError, match="gone"):
        bench.turn()
    assert time.monotonic() - began < 5, "there was nothing left to wait for"
    assert bench.told() == [(_slot(0), "frame"), (_slot(1), "frame")]
    lost = bench.events("camera.lost")[0]
    assert isinstance(lost, CameraLost)
    assert (lost.driver, lost.detail) == ("test", "gone")


def test_camera_that_the_writer_finds_broken_is_lost_too(bench: SessionBench) -> None:
    """Its pictures can't be encoded: the exit status says camera, and so must the event."""
    _go_to(bench, _slot(0))
    bench.turn()
    bench.give(bench.take())
    bench.turn()
    bench.give(Broken(CameraError("a picture of 0x0"), "disk"))
    began = time.monotonic()
    with pytest.raises(CameraError):
        bench.turn()
    assert time.monotonic() - began < 5, "the writer has ended: nothing in flight will ever come"
    assert len(bench.events("camera.lost")) == 1


def test_misses_that_were_kept_back_are_told_before_a_broken_disk_ends_it(bench: SessionBench) -> None:
    """Else the next start would tell them with the wrong cause."""
    _shoot(bench, 0)
    for number in (1, 2, 3):
        _go_to(bench, _slot(number))
        bench.turn()
        bench.give(NotTaken(bench.take().slot_ns, "damaged", "empty"))
        bench.turn()
    bench.give(Broken(DiskError("read-only"), "disk"))
    with pytest.raises(DiskError):
        bench.run()
    assert bench.told()[1:] == [(_slot(number), "damaged") for number in (1, 2, 3)]


def test_slot_without_an_outcome_is_not_told_at_the_end(bench: SessionBench) -> None:
    """Its frame may yet reach the disk, where the next start will look."""
    _go_to(bench, _slot(0))
    bench.turn()
    bench.take()
    bench.session._finish(0.0)
    assert bench.told() == []


def test_disk_that_breaks_under_a_clock_step_is_a_disk_error(bench: SessionBench) -> None:
    """Looking for the newest frame: no bug of ours, and no crash."""
    (bench.output_dir / "loop").symlink_to("loop")
    bench.session._camera_dir = bench.output_dir / "loop"
    bench.clock.wall += 3600 * NS_PER_S
    with pytest.raises(DiskError, match="loop: Too many levels"):
        bench.run()


@pytest.mark.parametrize(("number", "stops"), [(signal.SIGTERM, True), (signal.SIGINT, True), (signal.SIGHUP, False)])
def test_signal_stops_or_does_not(bench: SessionBench, number: int, stops: bool) -> None:
    bench.worker.signals.numbers.append(number)
    assert bench.turn() is stops


def test_wait_ends_at_the_nearest_of_slot_patience_and_telling(bench: SessionBench) -> None:
    assert bench.session._wait_ns() == _slot(0) - START_WALL_NS
    assert bench.clock.mono == START_MONO_NS
    _go_to(bench, _slot(0))
    bench.turn()
    bench.clock.set_wall(bench.clock.wall - 100 * NS_PER_MS)
    assert 0 < bench.session._wait_ns() <= 10 * NS_PER_S + 100 * NS_PER_MS
