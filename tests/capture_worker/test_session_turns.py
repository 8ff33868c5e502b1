"""The session's decisions, turn by turn on a clock that the test moves: slots, stalls, late answers, endings."""

from __future__ import annotations

import logging
import signal
import time
from pathlib import Path

import pytest

from capture_worker.results import Broken, NotTaken
from shared.clock import NS_PER_MS, NS_PER_S
from shared.errors import CameraError, DiskError
from shared.events import CameraLost, CameraOpened, DiskPressure
from shared.messages import Event
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS
from tests.rig.planted_frames import plant
from tests.rig.still_worker import SessionBench, slot


def test_slot_is_asked_for_at_its_time_and_not_before(bench: SessionBench) -> None:
    bench.go_to(slot(0) - 1_000_000)
    bench.turn()
    assert bench.asked() is None
    bench.go_to(slot(0))
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert (request.slot_ns, request.slot_mono_ns) == (slot(0), bench.clock.mono)


def test_request_says_the_slots_own_moment_even_when_it_comes_late(bench: SessionBench) -> None:
    bench.go_to(slot(0) + 300 * NS_PER_MS)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_mono_ns == bench.clock.mono - 300 * NS_PER_MS


def test_frames_are_told_in_order_whenever_they_become_durable(bench: SessionBench) -> None:
    for number in range(2):
        bench.go_to(slot(number))
        bench.turn()
        bench.give(bench.take())
        bench.turn()
    assert bench.told() == []
    bench.give(bench.stored(), bench.stored())
    bench.turn()
    assert bench.told() == [(slot(0), "frame"), (slot(1), "frame")]


def test_slots_while_the_camera_opens_are_starting_until_the_first_frame(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path)
    for number in range(3):
        bench.go_to(slot(number))
        bench.turn()
    bench.open()
    bench.shoot_slot(3)
    assert bench.worker.readies == 1
    assert isinstance(bench.events("camera.opened")[0], CameraOpened)
    assert bench.told() == [*((slot(number), "starting") for number in range(3)), (slot(3), "frame")]


def test_slots_since_a_failure_carry_its_cause_until_the_next_frame(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path, accounted_until_ns=slot(-5), since="hang")
    assert bench.told() == [(slot(number), "hang") for number in range(-4, 0)]
    bench.go_to(slot(0))
    bench.turn()
    bench.open()
    bench.go_to(slot(1) + 5 * NS_PER_S)  # five seconds too late for slot 1
    bench.turn()
    bench.shoot_slot(2)
    assert bench.told() == [*((slot(number), "hang") for number in range(-4, 2)), (slot(2), "frame")]


def test_frame_on_the_disk_since_the_last_account_is_recovered(tmp_path: Path) -> None:
    plant(tmp_path / "out", "main", slot(-2))
    bench = SessionBench(tmp_path, accounted_until_ns=slot(-4), since="crash")
    assert bench.told() == [(slot(-3), "crash"), (slot(-2), "frame"), (slot(-1), "crash")]


def test_cold_start_accounts_from_the_newest_frame_and_without_one_from_now(tmp_path: Path) -> None:
    assert SessionBench(tmp_path / "new").told() == []
    plant(tmp_path / "old" / "out", "main", slot(-3))
    plant(tmp_path / "old" / "out", "main", slot(500))
    assert SessionBench(tmp_path / "old").told() == [(slot(-2), "down"), (slot(-1), "down")]


def test_account_from_a_clock_that_was_ahead_is_not_believed(tmp_path: Path) -> None:
    plant(tmp_path / "out", "main", slot(-3))
    bench = SessionBench(tmp_path, accounted_until_ns=slot(5000))
    assert bench.told() == [(slot(-2), "down"), (slot(-1), "down")]


def test_stall_is_an_overrun_for_all_slots_but_a_fresh_one(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    bench.go_to(slot(4) + NS_PER_S)
    bench.turn()
    assert bench.asked() is not None, "a second late is still that moment"
    bench.shoot()
    assert bench.told() == [
        (slot(0), "frame"),
        *((slot(number), "overrun") for number in (1, 2, 3)),
        (slot(4), "frame"),
    ]


def test_slot_that_is_come_to_too_late_is_not_shot(bench: SessionBench) -> None:
    bench.go_to(slot(0) + NS_PER_S + 1)
    bench.turn()
    assert bench.asked() is None
    bench.shoot_slot(1)
    assert bench.told() == [(slot(0), "starting"), (slot(1), "frame")]


def test_shutter_that_is_busy_is_not_asked_to_take_an_old_slot_later(bench: SessionBench) -> None:
    """An exposure of 25 s on a grid of 10 s: what is shot after it must not pass for what was before."""
    bench.shoot_slot(0)
    bench.go_to(slot(1))
    bench.turn()
    long = bench.take()
    bench.go_to(slot(2))
    bench.turn()
    bench.go_to(slot(2) + 2 * NS_PER_S)
    bench.turn()
    assert bench.asked() is None, "slot 2 is two seconds ago"
    bench.go_to(slot(3))
    bench.turn()
    bench.go_to(slot(3) + 500 * NS_PER_MS)
    bench.give(long)
    bench.turn()
    request = bench.asked()
    assert request is not None
    assert request.slot_ns == slot(3), "half a second late is fresh enough"
    bench.give(bench.stored())
    bench.shoot()
    assert bench.told() == [
        (slot(0), "frame"),
        (slot(1), "frame"),
        (slot(2), "overrun"),
        (slot(3), "frame"),
    ]


def test_stream_without_a_frame_in_two_periods_is_stale(tmp_path: Path) -> None:
    bench = SessionBench(tmp_path, streams=True)
    bench.open()
    bench.session._camera.period_ns = 400 * NS_PER_MS
    bench.shoot_slot(0)
    bench.go_to(slot(1))
    bench.turn()
    bench.clock.advance(0.799)
    bench.turn()
    assert bench.asked() is not None
    bench.clock.advance(0.001)
    bench.turn()
    assert bench.asked() is None
    assert bench.told() == [(slot(0), "frame"), (slot(1), "stale")]


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
    bench.clock.advance(0.05 + 0.25)
    bench.turn()
    assert bench.asked() is not second
    bench.give(bench.stored())
    bench.turn()
    assert bench.told()[-2:] == [(first.slot_ns, "frame"), (second.slot_ns, "starting")]


def test_refusals_of_the_threads_carry_their_cause(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    for number, cause in ((1, "damaged"), (2, "stale"), (3, "disk_full")):
        bench.go_to(slot(number))
        bench.turn()
        taken = bench.take()
        if number == 1:
            bench.give(NotTaken(taken.slot_ns, "damaged", "empty"))
        else:
            bench.give(taken)
            bench.turn()
            bench.give(bench.not_stored("stale" if cause == "stale" else "disk_full"))
        bench.turn()
    assert bench.told()[1:] == [(slot(1), "damaged"), (slot(2), "stale"), (slot(3), "disk_full")]


def _damage(bench: SessionBench, number: int) -> None:
    bench.go_to(slot(number))
    bench.turn()
    bench.give(NotTaken(bench.take().slot_ns, "damaged", "empty"))
    bench.turn()


def test_camera_that_gives_only_damage_is_lost_after_a_minute_and_each_slot_is_told(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    for number in range(1, 7):
        _damage(bench, number)
    with pytest.raises(CameraError, match="gave nothing that can be stored"):
        _damage(bench, 7)
    assert bench.flushed()[1:] == [(slot(number), "damaged") for number in range(1, 8)]
    assert len(bench.events("camera.lost")) == 1


def test_writer_that_is_behind_holds_slots_back_and_no_memory_fills(bench: SessionBench) -> None:
    bench.shoot_slot(0)
    for number in range(1, 9):
        bench.go_to(slot(number))
        bench.turn()
        if bench.asked() is not None:
            bench.give(bench.take())
            bench.turn()
    assert bench.session._writer._queue.qsize() == 4
    bench.give(*(bench.stored() for _ in range(4)))
    bench.turn()
    assert bench.flushed()[1:] == [
        *((slot(number), "frame") for number in range(1, 5)),
        *((slot(number), "overrun") for number in range(5, 9)),
    ]


def test_disk_that_fills_and_empties_is_logged_once_each(bench: SessionBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    full = DiskPressure(level="full", used_percent=99, free_bytes=0, inodes_percent=None, path="/out")
    for number in range(4):
        if number in {1, 2}:
            bench.session._gate.hear(full, bench.clock.mono + 10 * NS_PER_S)
        bench.go_to(slot(number))
        bench.turn()
        if bench.asked() is not None:
            bench.shoot()
    assert bench.flushed()[1:] == [(slot(1), "disk_full"), (slot(2), "disk_full"), (slot(3), "frame")]
    said = [(record.levelname, record.message) for record in caplog.records]
    assert said == [
        ("ERROR", "slot missed (disk_full): the disk is too full: nothing is recorded until there is room"),
        ("INFO", f"{bench.output_dir}: there is room on the disk: recording goes on"),
    ]


def test_disk_pressure_that_can_not_be_read_is_counted_and_stops_nothing(bench: SessionBench) -> None:
    numbers = {"v": 1, "boot": "b", "seq": 1, "tseq": 1, "wall_ns": 0, "mono_ns": 0, "source": "storage"}
    bad = Event(topic="disk.pressure", data={"level": "sideways"}, **numbers)  # type: ignore[arg-type]  # as it may come
    bench.worker.link.events.append(bad)
    bench.turn()
    assert sum(bench.worker.link.tally.malformed.values()) == 1
    bench.shoot_slot(0)


def test_results_that_came_with_the_end_of_the_camera_are_told_first(bench: SessionBench) -> None:
    """The camera fails in the moment in which the last frame becomes durable."""
    bench.shoot_slot(0)
    bench.go_to(slot(1))
    bench.turn()
    bench.give(bench.take())
    bench.turn()
    bench.give(Broken(CameraError("gone"), "camera"), bench.stored())
    began = time.monotonic()
    with pytest.raises(CameraError, match="gone"):
        bench.turn()
    assert time.monotonic() - began < 5, "there was nothing left to wait for"
    assert bench.told() == [(slot(0), "frame"), (slot(1), "frame")]
    lost = bench.events("camera.lost")[0]
    assert isinstance(lost, CameraLost)
    assert (lost.driver, lost.detail) == ("test", "gone")


def test_camera_that_the_writer_finds_broken_is_lost_too(bench: SessionBench) -> None:
    """Its pictures can't be encoded: the exit status says camera, and so must the event."""
    bench.go_to(slot(0))
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
    bench.shoot_slot(0)
    for number in (1, 2, 3):
        bench.go_to(slot(number))
        bench.turn()
        bench.give(NotTaken(bench.take().slot_ns, "damaged", "empty"))
        bench.turn()
    bench.give(Broken(DiskError("read-only"), "disk"))
    with pytest.raises(DiskError):
        bench.run()
    assert bench.told()[1:] == [(slot(number), "damaged") for number in (1, 2, 3)]


def test_slot_without_an_outcome_is_not_told_at_the_end(bench: SessionBench) -> None:
    """Its frame may yet reach the disk, where the next start will look."""
    bench.go_to(slot(0))
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
    assert bench.session._wait_ns() == slot(0) - START_WALL_NS
    assert bench.clock.mono == START_MONO_NS
    bench.go_to(slot(0))
    bench.turn()
    bench.clock.set_wall(bench.clock.wall - 100 * NS_PER_MS)
    assert 0 < bench.session._wait_ns() <= 10 * NS_PER_S + 100 * NS_PER_MS
