"""Cameras of this machine: whose return is noticed, and when. Real nodes, real netlink, the clock moved by hand."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.causes import WorkerCause
from shared.transport import Poller
from supervisor import udev_socket
from supervisor.devices import CALM_EVERY_NS, LOOK_EVERY_NS, SOON_EVERY_NS, Devices
from supervisor.leases import LeaseBook
from supervisor.states import State
from supervisor.supervised import Supervised
from tests.rig import udev
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock
from tests.rig.udev import Udev, as_nobody

pytestmark = pytest.mark.skipif(udev.missing() is not None, reason=str(udev.missing()))


class _Bench:
    """One worker, `capture.main`, whose camera is `video0`, and what looks for it, inside udev's namespace."""

    def __init__(self, dev: Udev) -> None:
        self.dev = dev
        self.clock = ManualClock()
        self.poller = Poller()
        self.looking = Devices(self.poller)
        self.device = str(dev.directory / "video0")
        self.worker = Supervised(
            "capture.main",
            "capture_worker",
            Path("/nowhere"),
            clock=self.clock,
            leases=LeaseBook({}),
            announce=lambda _topic, _data: None,
        )

    def turn(self, seconds: float = 0.0) -> bool:
        """A turn of the loop, so much later; whether the camera is back."""
        self.clock.advance(seconds)
        with self.dev.inside():
            back = self.looking.back({"capture.main": self.worker}, {"main": self.device}, self.clock.mono_ns())
        return back == {"capture.main"}

    def turns(self, *, until_due: int) -> bool:
        """So many turns, each when it is due; whether the camera was back in any."""
        return sum(self.turn(self.due_in_s()) for _ in range(until_due)) > 0

    def due_in_s(self) -> float:
        due_ns = self.looking.next_due_ns()
        assert due_ns is not None
        return max(0, due_ns - self.clock.mono_ns()) / 1e9

    def start(self) -> bool:
        """A new process of the worker."""
        self.worker.incarnation += 1
        return self._enter(State.STARTING)

    def run(self) -> bool:
        """It has opened the camera."""
        return self._enter(State.RUNNING)

    def fail(self, cause: WorkerCause = "camera") -> bool:
        """Its process ends, and waits for its delay; whether the camera is back in that very turn."""
        self.worker.last_cause = cause
        return self._enter(State.BACKOFF)

    def is_heard(self) -> bool:
        return bool(self.poller.wait(0))

    def _enter(self, state: State) -> bool:
        self.worker.record = replace(self.worker.record, state=state)
        return self.turn()


@pytest.fixture(name="bench")
def _bench() -> Iterator[_Bench]:
    with Udev() as dev:
        bench = _Bench(dev)
        yield bench
        bench.looking.back({}, {}, bench.clock.mono_ns())


@pytest.mark.parametrize("cause", ["camera", "hang", "crash"])
def test_camera_that_comes_back_is_told_at_udevs_word_in_the_same_turn(bench: _Bench, cause: WorkerCause) -> None:
    bench.start()
    assert not bench.fail(cause)
    bench.dev.plug("video0")
    assert not bench.turn(0.001), "nobody has said so, and no look is due"
    bench.dev.say("add")
    assert bench.is_heard()
    assert bench.turn(0.001)
    assert bench.turn(0.001), "until its worker is started"
    assert not bench.start()
    assert bench.looking.next_due_ns() is None


def test_worker_that_is_started_at_a_return_and_fails_before_the_next_turn_is_not_told_of_it_again(
    bench: _Bench,
) -> None:
    bench.start()
    bench.fail()
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)
    bench.worker.incarnation += 1
    assert not bench.fail()


def test_camera_that_comes_back_without_a_word_is_told_within_200_ms(bench: _Bench) -> None:
    bench.start()
    bench.fail()
    assert not bench.turns(until_due=20)
    assert bench.due_in_s() * 1e9 == LOOK_EVERY_NS
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "not-loaded-yet"])
def test_where_no_socket_can_be_had_looking_is_enough(
    bench: _Bench, monkeypatch: pytest.MonkeyPatch, loaded: bool
) -> None:
    """As where netlink is denied; and what listens can't even be loaded without a descriptor."""
    if loaded:
        assert udev_socket.__name__ in sys.modules
    else:
        monkeypatch.delitem(sys.modules, udev_socket.__name__)
    bench.start()
    with _no_descriptor_left():
        assert not bench.fail()
    assert not bench.turns(until_due=5)
    bench.dev.plug("video0")
    bench.dev.say("add")
    assert not bench.is_heard()
    assert bench.due_in_s() * 1e9 == LOOK_EVERY_NS
    assert bench.turns(until_due=1)


@contextmanager
def _no_descriptor_left() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_link_that_comes_after_udevs_word_is_found_within_50_ms(bench: _Bench) -> None:
    bench.device = str(bench.dev.directory / "by-id")
    bench.start()
    bench.fail()
    bench.dev.plug("video3")
    bench.dev.say("add")
    assert not bench.turn()
    assert bench.due_in_s() * 1e9 == SOON_EVERY_NS
    assert not bench.turns(until_due=6)
    bench.dev.link("by-id", "video3")
    assert bench.turns(until_due=1)


def test_node_that_may_not_be_opened_yet_is_not_there(bench: _Bench) -> None:
    bench.start()
    bench.fail()
    path = bench.dev.plug("video0", mode=0o600)
    bench.dev.say("add")
    with as_nobody():
        assert not bench.turns(until_due=4)
    path.chmod(0o666)
    with as_nobody():
        assert bench.turns(until_due=1)


def test_looks_are_frequent_for_a_second_after_a_word_and_calm_once_udev_is_known_to_speak(bench: _Bench) -> None:
    bench.start()
    bench.fail()
    bench.dev.say("change")
    begun_ns = bench.clock.mono_ns()
    bench.turn()
    looks = 0
    while bench.due_in_s() * 1e9 == SOON_EVERY_NS:
        bench.turn(bench.due_in_s())
        looks += 1
    assert looks == 20
    assert bench.clock.mono_ns() - begun_ns == 1_000_000_000
    assert bench.due_in_s() * 1e9 == CALM_EVERY_NS
    assert not bench.turns(until_due=3)
    bench.dev.plug("video0")
    assert bench.turns(until_due=1), "a word may be lost"


@pytest.mark.parametrize(("action", "subsystem"), [("add", "block"), ("remove", "video4linux")])
def test_word_about_something_else_proves_that_udev_speaks_and_is_no_reason_to_look(
    bench: _Bench, action: str, subsystem: str
) -> None:
    bench.start()
    bench.fail()
    due_s = bench.due_in_s()
    bench.dev.plug("video0")
    bench.dev.say(action, subsystem)
    assert not bench.turn()
    assert bench.due_in_s() == due_s
    assert bench.turns(until_due=1)
    assert bench.due_in_s() * 1e9 == CALM_EVERY_NS


def test_words_that_were_lost_are_a_reason_to_look(bench: _Bench) -> None:
    bench.start()
    bench.fail()
    bench.dev.plug("video0")
    for _ in range(2_000):
        bench.dev.say("add", "block")
    assert bench.turn()
    assert bench.due_in_s() * 1e9 == SOON_EVERY_NS


def test_camera_that_is_there_all_along_meets_the_delays(bench: _Bench) -> None:
    bench.dev.plug("video0")
    for _ in range(3):
        bench.start()
        assert not bench.fail()
        bench.dev.say("change")
        assert not bench.turns(until_due=30)


def test_camera_that_came_while_its_worker_began_and_stalls_is_told_once_at_most(bench: _Bench) -> None:
    bench.start()
    bench.dev.plug("video0")
    bench.run()
    bench.fail("hang")
    bench.start()
    bench.run()
    assert not bench.fail("hang")
    assert not bench.turns(until_due=30)


def test_camera_that_is_pulled_and_plugged_while_nobody_looks_is_told_at_once(bench: _Bench) -> None:
    bench.dev.plug("video0")
    bench.start()
    bench.run()
    bench.dev.unplug("video0")
    bench.dev.plug("video0")
    assert bench.fail()
    bench.start()
    assert not bench.fail(), "once"


def test_camera_that_is_pulled_and_plugged_between_two_looks_is_told(bench: _Bench) -> None:
    bench.dev.plug("video0")
    bench.start()
    assert not bench.fail()
    bench.dev.unplug("video0")
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)


def test_camera_that_comes_back_while_its_worker_fails_once_more_is_told(bench: _Bench) -> None:
    bench.start()
    assert not bench.fail()
    bench.start()
    bench.dev.plug("video0")
    assert bench.fail()


def test_camera_that_goes_again_before_its_worker_is_started_is_not_told(bench: _Bench) -> None:
    bench.start()
    bench.fail()
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)
    bench.dev.unplug("video0")
    assert not bench.turns(until_due=1)
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)


def test_camera_whose_mode_is_taken_away_and_given_back_is_told(bench: _Bench) -> None:
    path = bench.dev.plug("video0", mode=0o666)
    bench.start()
    assert not bench.fail()
    with as_nobody():
        assert not bench.turns(until_due=2)
    path.chmod(0o600)
    with as_nobody():
        assert not bench.turns(until_due=2)
    path.chmod(0o666)
    with as_nobody():
        assert bench.turns(until_due=1)


def test_link_that_leads_to_another_camera_is_a_return(bench: _Bench) -> None:
    """The dead worker's handle kept the number, so that the same camera got the next one."""
    bench.device = str(bench.dev.link("by-id", "video0"))
    bench.dev.plug("video0")
    bench.start()
    bench.run()
    bench.dev.plug("video1")
    bench.dev.unplug("by-id")
    bench.dev.link("by-id", "video1")
    assert bench.fail()


def test_any_camera_that_appears_is_told_where_none_is_named(bench: _Bench) -> None:
    bench.device = str(bench.dev.directory / "video*")
    bench.dev.plug("video10")
    bench.start()
    assert not bench.fail()
    assert not bench.turns(until_due=3)
    bench.dev.plug("video0")
    bench.dev.say("add")
    assert bench.turn()


def test_camera_that_gets_its_name_when_it_is_opened_is_looked_for_by_it(bench: _Bench) -> None:
    by_name, bench.device = bench.device, str(bench.dev.directory / "video*")
    bench.dev.plug("video0")
    bench.start()
    bench.device = by_name
    bench.run()
    assert not bench.fail()
    bench.dev.plug("video1")
    assert not bench.turns(until_due=3), "another camera"
    bench.dev.unplug("video0")
    assert not bench.turns(until_due=1)
    bench.dev.plug("video0")
    assert bench.turns(until_due=1)


def test_camera_that_is_replaced_the_moment_it_has_got_its_name_is_told(bench: _Bench) -> None:
    by_name, bench.device = bench.device, str(bench.dev.directory / "video*")
    bench.dev.plug("video0")
    bench.start()
    bench.dev.unplug("video0")
    bench.dev.plug("video0")
    bench.device = by_name
    bench.run()
    assert bench.fail()


def test_camera_that_is_configured_anew_under_an_old_name_is_looked_at_anew(bench: _Bench) -> None:
    bench.dev.plug("video0")
    bench.start()
    bench.run()
    assert bench.looking.back({}, {}, bench.clock.mono_ns()) == set()
    bench.dev.unplug("video0")
    bench.dev.plug("video0")
    bench.worker.incarnation = 0
    bench.start()
    assert not bench.fail()


@pytest.mark.parametrize(
    ("state", "cause", "device"),
    [
        pytest.param(State.RUNNING, "camera", True, id="healthy"),
        pytest.param(State.STARTING, "camera", True, id="being-opened"),
        pytest.param(State.STOPPED, "stopped", True, id="stopped"),
        pytest.param(State.QUARANTINED, "hang", True, id="still-held"),
        pytest.param(State.BACKOFF, "disk", True, id="disk"),
        pytest.param(State.BACKOFF, "busy", True, id="held-by-another"),
        pytest.param(State.BACKOFF, "camera", False, id="no-camera-of-this-machine"),
    ],
)
def test_nobody_listens_or_looks_otherwise(bench: _Bench, state: State, cause: WorkerCause, device: bool) -> None:
    before = open_descriptors()
    bench.device = bench.device if device else ""
    bench.worker.last_cause = cause
    bench.worker.record = replace(bench.worker.record, state=state)
    assert not bench.turn()
    assert bench.looking.next_due_ns() is None
    assert open_descriptors() == before


def test_descriptor_is_there_only_while_somebody_waits(bench: _Bench) -> None:
    before = open_descriptors()
    for _ in range(3):
        bench.start()
        assert open_descriptors() == before
        bench.fail()
        assert len(open_descriptors()) == len(before) + 1
        bench.dev.say("add")
        assert bench.is_heard()
    bench.run()
    assert open_descriptors() == before
    assert not bench.is_heard()
