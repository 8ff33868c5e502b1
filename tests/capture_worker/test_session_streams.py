"""When a session asks a stream for a slot: before it, once, and not before the slot before it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.clock import NS_PER_MS, NS_PER_S
from tests.rig.still_worker import INTERVAL_NS, SessionBench, slot

_LEAD_NS = 50 * NS_PER_MS


@pytest.fixture
def stream(tmp_path: Path) -> SessionBench:
    """A stream that is open, before its first slot."""
    bench = SessionBench(tmp_path, streams=True)
    bench.open()
    return bench


def test_stream_is_asked_before_its_slot_so_that_the_first_frame_after_it_counts(stream: SessionBench) -> None:
    """A frame a second, 1 ms after the slot: asked 5 ms after it, the next one would be taken, a second late."""
    assert stream.session._wait_ns() == slot(0) - _LEAD_NS - stream.clock.wall
    stream.go_to(slot(0) - _LEAD_NS - 1)
    stream.turn()
    assert stream.asked() is None
    stream.go_to(slot(0) - _LEAD_NS)
    stream.turn()
    request = stream.asked()
    assert request is not None
    assert (request.slot_ns, request.slot_mono_ns) == (slot(0), stream.clock.mono + _LEAD_NS)
    stream.go_to(slot(0))
    stream.turn()
    assert stream.asked() is request, "once"
    stream.shoot()
    assert stream.told() == [(slot(0), "frame")]


def test_stream_knows_when_the_next_slot_is_so_that_frames_before_it_may_go_by(stream: SessionBench) -> None:
    """A little early, since the clock may be slewed; the asking tells the moment itself."""

    def told_ns() -> int:
        return stream.session._camera.next_slot_mono_ns - stream.clock.mono

    ahead_ns = slot(0) - stream.clock.wall
    assert ahead_ns * 998 // 1000 <= told_ns() < ahead_ns
    stream.go_to(slot(0) - _LEAD_NS)
    stream.turn()
    assert told_ns() > INTERVAL_NS * 998 // 1000, "this one is asked for, and the one after it is told"
    stream.clock.set_wall(slot(0) + 3 * INTERVAL_NS + INTERVAL_NS // 2)
    stream.turn()
    assert told_ns() <= INTERVAL_NS // 2, "a clock that is set gives a new plan"


def test_stream_of_short_intervals_is_asked_half_an_interval_before(tmp_path: Path) -> None:
    stream = SessionBench(tmp_path, streams=True, interval_ms=20)
    stream.open()
    next_ns = stream.session._next_slot_ns
    assert next_ns is not None
    assert stream.session._wait_ns() == next_ns - 10 * NS_PER_MS - stream.clock.wall


def test_slot_before_that_is_still_open_keeps_its_time_up_to_the_next_one(tmp_path: Path) -> None:
    """A frame a second for a slot a second: it may well come in the last milliseconds before the next slot."""
    stream = SessionBench(tmp_path, streams=True, interval_ms=1000)
    stream.open()
    stream.session._camera.period_ns = NS_PER_S
    stream.go_to(slot(0))
    stream.turn()
    stream.go_to(slot(0) + 970 * NS_PER_MS)
    stream.turn()
    assert stream.asked() is not None
    assert stream.session._wait_ns() == 30 * NS_PER_MS
    stream.shoot()
    request = stream.asked()
    assert request is not None
    assert request.slot_ns == slot(0) + NS_PER_S, "and then the next one is asked for at once"
    assert stream.told()[-1] == (slot(0), "frame")


def test_slot_that_has_come_is_not_passed_over_for_the_one_that_is_near(tmp_path: Path) -> None:
    stream = SessionBench(tmp_path, streams=True, interval_ms=100)
    stream.open()
    stream.shoot_slot(0)
    stream.go_to(slot(0) + 260 * NS_PER_MS)
    stream.turn()
    request = stream.asked()
    assert request is not None
    assert request.slot_ns == slot(0) + 200 * NS_PER_MS


@pytest.mark.parametrize("step_s", [-7, -0.25, 0.25, 7, 25])
def test_clock_that_is_set_after_the_asking_neither_doubles_nor_loses_the_slot(
    stream: SessionBench, step_s: float
) -> None:
    stream.shoot_slot(0)
    stream.go_to(slot(1) - 20 * NS_PER_MS)
    stream.turn()
    early = stream.asked()
    assert early is not None
    stream.clock.set_wall(stream.clock.wall + round(step_s * NS_PER_S))
    stream.turn()
    assert stream.asked() is not early
    now = (stream.clock.wall - slot(0)) // INTERVAL_NS
    if stream.asked() is not None:
        stream.shoot()
    stream.shoot_slot(now + 1)
    slots = [slot_ns for slot_ns, _ in stream.flushed()]
    assert slots == [slot(number) for number in range(now + 2)]


def test_request_after_a_step_is_for_the_slots_new_moment(stream: SessionBench) -> None:
    stream.go_to(slot(0) - 20 * NS_PER_MS)
    stream.turn()
    stream.clock.set_wall(slot(0) - 5 * NS_PER_S)
    stream.turn()
    assert stream.asked() is None
    stream.go_to(slot(0) - 20 * NS_PER_MS)
    stream.turn()
    request = stream.asked()
    assert request is not None
    assert request.slot_mono_ns == stream.clock.mono + 20 * NS_PER_MS


def test_reload_between_asking_and_slot_tells_it_once(stream: SessionBench) -> None:
    stream.shoot_slot(0)
    stream.go_to(slot(1) - 20 * NS_PER_MS)
    stream.turn()
    stream.reload(interval_ms=5000)
    stream.turn()
    stream.go_to(slot(1))
    stream.turn()
    stream.shoot()
    stream.go_to(slot(1) + 5 * NS_PER_S)
    stream.turn()
    stream.shoot()
    assert stream.told() == [(slot(0), "frame"), (slot(1), "frame"), (slot(1) + 5 * NS_PER_S, "frame")]
