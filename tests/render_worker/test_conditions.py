"""What the worker hears and reads, put together: whether this is a moment for rendering."""

from __future__ import annotations

import pytest

from render_worker.conditions import Conditions
from render_worker.pausing import Heat
from shared import wire
from shared.clock import NS_PER_S
from shared.events import DiskPressure, FrameMissed, FrameWritten
from shared.messages import Event
from shared.transport import Tally
from tests.rig.manual_clock import ManualClock

FULL = DiskPressure(level="full", used_percent=99.0, free_bytes=1, inodes_percent=None, path="/x")
MISSED = FrameMissed(camera="main", first_slot_ns=1, last_slot_ns=1, interval_ns=1, count=1, cause="overrun")


class Surroundings:
    """The conditions, and all that they depend on."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.heat = Heat(50.0)
        self.reads = 0
        self.synchronised: bool | None = True
        self.tally = Tally()
        self.conditions = Conditions(self.clock, self._read, lambda: self.synchronised)

    def say(self, topic: str, data: object) -> None:
        """An event is heard."""
        told = wire.check_event_data(topic, data)
        self.hear(topic, told)

    def hear(self, topic: str, data: dict[str, object]) -> None:
        """Whatever is in it."""
        event = Event(v=1, topic=topic, source="s", boot="b", seq=1, tseq=1, wall_ns=1, mono_ns=1, data=data)
        self.conditions.hear(event, self.tally)

    def _read(self) -> Heat:
        self.reads += 1
        return self.heat


@pytest.fixture(name="around")
def _around() -> Surroundings:
    return Surroundings()


def test_quiet_machine_may_render(around: Surroundings) -> None:
    assert around.conditions.why_not(75.0) == around.conditions.why_no_clock() == ""
    assert around.conditions.may_delete()


def test_sensors_are_read_each_five_seconds(around: Surroundings) -> None:
    for _ in range(20):
        around.conditions.why_not(75.0)
        around.clock.advance(0.5)
    assert around.reads == 2
    around.heat = Heat(90.0)
    assert around.conditions.due_ns() == around.clock.mono_ns()
    assert around.conditions.why_not(75.0) == "the machine is at 90 degrees C"
    assert around.conditions.why_not(None) == "", "a reload applies at once"


def test_full_disk_and_late_capture_are_heard(around: Surroundings) -> None:
    around.say("disk.pressure", FULL)
    assert around.conditions.why_not(75.0) == "the disk is full"
    around.clock.advance(10)
    around.conditions.works()
    around.say("frame.missed", MISSED)
    assert around.conditions.why_not(75.0) == "camera main is late"


def test_recovered_frame_says_nothing_of_lateness_and_nonsense_is_counted(around: Surroundings) -> None:
    around.conditions.works()
    frame = FrameWritten(camera="main", slot_ns=1, take=1, path="x", bytes=1, width=1, height=1, recovered=True)
    around.say("frame.written", frame)
    around.hear("frame.written", {"camera": 5})
    around.hear("bus.tick", {})
    assert around.conditions.why_not(75.0) == ""
    assert around.tally.malformed == {"events": 1}


def test_clock_that_was_set_is_noticed_and_settles(around: Surroundings) -> None:
    assert not around.conditions.clock_was_set()
    around.clock.set_wall(around.clock.wall_ns() + 30 * NS_PER_S)
    assert not around.conditions.clock_was_set(), "a correction moves no day"
    around.clock.set_wall(around.clock.wall_ns() - 3600 * NS_PER_S)
    assert around.conditions.clock_was_set()
    assert around.conditions.why_no_clock() == "the clock was set a moment ago"
    assert not around.conditions.may_delete()
    around.clock.advance(600)
    assert around.conditions.why_no_clock() == ""


def test_clock_that_is_not_synchronised_renders_after_an_hour_and_never_deletes(around: Surroundings) -> None:
    around.synchronised = False
    assert around.conditions.why_no_clock() == "the clock is not synchronised"
    around.clock.advance(3600)
    assert around.conditions.why_no_clock() == ""
    assert not around.conditions.may_delete()
