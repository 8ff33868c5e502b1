"""The probes: which cameras are looked for, when it stops, and how often a return is followed at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.causes import WorkerCause
from shared.clock import NS_PER_S
from shared.transport import Poller
from supervisor.early_starts import MOST_AT_ONCE
from supervisor.leases import LeaseBook
from supervisor.picture import Picture
from supervisor.presence import PROBE_EVERY_NS
from supervisor.probes import Probes
from supervisor.states import State
from supervisor.supervised import Supervised
from tests.rig import udev
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock
from tests.rig.udev import Udev


@pytest.fixture(name="port")
def _port() -> Iterator[socket.socket]:
    """A port of 127.0.0.1 that refuses connections until `listen`."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def _address(port: socket.socket) -> str:
    return f"127.0.0.1:{port.getsockname()[1]}"


def _worker(name: str, state: State, cause: WorkerCause) -> Supervised:
    clock = ManualClock()
    worker = Supervised(
        name, "capture_worker", Path("/nowhere"), clock=clock, leases=LeaseBook({}), announce=lambda _topic, _data: None
    )
    worker.record = replace(worker.record, state=state)
    worker.last_cause = cause
    return worker


def _picture(addresses: dict[str, str], devices: dict[str, str] | None = None) -> Picture:
    picture = Picture()
    picture.addresses, picture.devices = addresses, devices or {}
    return picture


def _look(
    probes: Probes, clock: ManualClock, worker: Supervised, addresses: dict[str, str], times: int = 4
) -> list[str]:
    appeared = []
    for _ in range(times):
        clock.advance(PROBE_EVERY_NS / 1e9)
        appeared += probes.appeared({worker.name: worker}, _picture(addresses), clock.mono_ns())
    return appeared


@pytest.mark.parametrize("cause", ["camera", "hang"])
def test_camera_that_comes_back_in_backoff_is_told_once(port: socket.socket, cause: WorkerCause) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, cause)
    addresses = {"main": _address(port)}
    assert _look(probes, clock, worker, addresses) == []
    assert probes.next_due_ns() == clock.mono_ns() + PROBE_EVERY_NS
    port.listen()
    assert _look(probes, clock, worker, addresses) == ["capture.main"]


def test_camera_that_comes_back_before_it_is_first_looked_for_is_told_by_its_workers_word(port: socket.socket) -> None:
    """The worker found nobody there; a moment later, when the looking begins, the camera answers."""
    probes, clock = Probes(Poller()), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    worker.found_absent = True
    port.listen()
    assert _look(probes, clock, worker, {"main": _address(port)}) == ["capture.main"]


def test_worker_that_finds_nobody_where_we_do_is_believed_once(port: socket.socket) -> None:
    """A name that now stands for another address: the worker asks that one, we the last that answered."""
    probes, clock = Probes(Poller()), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    worker.found_absent = True
    addresses = {"main": _address(port)}
    port.listen(100)
    assert _look(probes, clock, worker, addresses) == ["capture.main"]
    for state in (State.STARTING, State.BACKOFF, State.STARTING, State.BACKOFF):
        worker.record = replace(worker.record, state=state)
        assert _look(probes, clock, worker, addresses) == [], "it meets its delays"
    worker.record = replace(worker.record, state=State.RUNNING)
    assert _look(probes, clock, worker, addresses) == []
    worker.record = replace(worker.record, state=State.BACKOFF)
    assert _look(probes, clock, worker, addresses) == ["capture.main"], "it has recorded since"


@pytest.mark.parametrize(
    ("name", "state", "cause", "known"),
    [
        pytest.param("capture.main", State.RUNNING, "camera", True, id="healthy"),
        pytest.param("capture.main", State.STARTING, "camera", True, id="being-opened"),
        pytest.param("capture.main", State.STOPPED, "stopped", True, id="stopped"),
        pytest.param("capture.main", State.QUARANTINED, "hang", True, id="still-held"),
        pytest.param("capture.main", State.BACKOFF, "crash", True, id="crashed"),
        pytest.param("capture.main", State.BACKOFF, "disk", True, id="disk"),
        pytest.param("capture.main", State.BACKOFF, "camera", False, id="no-network-camera"),
        pytest.param("storage", State.BACKOFF, "camera", True, id="no-camera"),
    ],
)
def test_camera_is_not_looked_for_otherwise(
    port: socket.socket, name: str, state: State, cause: WorkerCause, known: bool
) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    port.listen()
    port.setblocking(False)
    addresses = {"main": _address(port) if known else "", "roof": _address(port)}
    assert _look(probes, clock, _worker(name, state, cause), addresses) == []
    # For these the disk is looked for.
    assert (probes.next_due_ns() is None) == (cause not in {"crash", "disk"})
    with pytest.raises(BlockingIOError):
        port.accept()


def test_probe_ends_with_the_backoff_and_leaves_no_descriptor(port: socket.socket) -> None:
    before = open_descriptors()
    probes, clock = Probes(Poller()), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    addresses = {"main": _address(port)}
    _look(probes, clock, worker, addresses)
    worker.record = replace(worker.record, state=State.STARTING)
    _look(probes, clock, worker, addresses)
    assert probes.next_due_ns() is None
    _look(probes, clock, _worker("capture.main", State.BACKOFF, "camera"), addresses)
    assert probes.appeared({}, _picture(addresses), clock.mono_ns()) == []
    assert probes.next_due_ns() is None
    assert open_descriptors() == before


def test_camera_that_comes_back_while_its_worker_fails_once_more_is_told(port: socket.socket) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    waiting, trying = (
        _worker("capture.main", State.BACKOFF, "camera"),
        _worker("capture.main", State.STARTING, "camera"),
    )
    addresses = {"main": _address(port)}
    assert _look(probes, clock, waiting, addresses) == []
    assert _look(probes, clock, trying, addresses) == []
    port.listen()
    assert _look(probes, clock, waiting, addresses) == ["capture.main"]


def test_camera_that_was_open_again_and_then_stalls_is_not_told(port: socket.socket) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    waiting, running = (
        _worker("capture.main", State.BACKOFF, "camera"),
        _worker("capture.main", State.RUNNING, "camera"),
    )
    addresses = {"main": _address(port)}
    assert _look(probes, clock, waiting, addresses) == []
    port.listen()
    assert _look(probes, clock, running, addresses) == []
    assert _look(probes, clock, waiting, addresses) == []


@pytest.mark.parametrize(
    "address", ["camera.invalid:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", ":80", "\0:80"]
)
def test_address_that_is_not_numeric_is_never_looked_for(address: str) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    assert _look(probes, clock, worker, {"main": address}) == []
    assert probes.next_due_ns() is None


needs_nodes = pytest.mark.skipif(udev.missing() is not None, reason=str(udev.missing()))


@pytest.fixture(name="dev")
def _dev() -> Iterator[Udev]:
    with Udev() as dev:
        yield dev


class _Flapping:
    """A worker that is started at each return that is told, and at once fails again, over a device that flaps.

    Where it `records`, it has written a frame before it fails.
    """

    def __init__(self, dev: Udev) -> None:
        self.clock = ManualClock()
        self.starts = 0
        self.records = False
        self._dev = dev
        self._picture = _picture({}, {"main": str(dev.directory / "video0")})
        self._probes = Probes(Poller())
        self._worker = _worker("capture.main", State.BACKOFF, "camera")

    def flap(self) -> None:
        """It is gone, and there again, and there is a turn of the loop."""
        (self._dev.directory / "video0").unlink(missing_ok=True)
        self._dev.plug("video0")
        self.turn()

    def turn(self) -> None:
        with self._dev.inside():
            told = self._probes.appeared({"capture.main": self._worker}, self._picture, self.clock.mono_ns())
            if told:
                self._start()

    def _start(self) -> None:
        self.starts += 1
        self._worker.record = replace(self._worker.record, worked=self.records)
        self._worker.incarnation += 1
        for state in (State.STARTING, State.BACKOFF):
            self._worker.record = replace(self._worker.record, state=state)
            self._probes.appeared({"capture.main": self._worker}, self._picture, self.clock.mono_ns())

    def wait(self) -> float:
        """Turns as they are due, until it is started once more; after how many seconds."""
        since_ns, starts = self.clock.mono_ns(), self.starts
        while self.starts == starts:
            due_ns = self._probes.next_due_ns()
            assert due_ns is not None
            self.clock.mono = max(due_ns, self.clock.mono)
            self.turn()
        return (self.clock.mono_ns() - since_ns) / NS_PER_S

    def close(self) -> None:
        self._probes.appeared({}, self._picture, self.clock.mono_ns())


@pytest.fixture(name="flapping")
def _flapping(dev: Udev) -> Iterator[_Flapping]:
    flapping = _Flapping(dev)
    yield flapping
    flapping.close()


@needs_nodes
def test_device_that_flaps_causes_ten_starts_and_then_ten_a_minute(
    flapping: _Flapping, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(600):
        flapping.flap()
        flapping.clock.advance(0.2)
    assert MOST_AT_ONCE + 19 <= flapping.starts <= MOST_AT_ONCE + 20, "in two minutes"
    assert 2 <= len(caplog.records) <= 3, "that it is held back, once a minute"


@needs_nodes
def test_device_that_flaps_and_gives_a_frame_each_time_is_followed_each_time(flapping: _Flapping) -> None:
    flapping.records = True
    flapping.turn()
    for _ in range(60):
        flapping.clock.advance(1.0)
        flapping.flap()
    assert flapping.starts == 60


@needs_nodes
def test_camera_that_stays_after_it_has_flapped_waits_six_seconds_at_most(flapping: _Flapping) -> None:
    flapping.turn()
    for _ in range(30):
        flapping.flap()
        flapping.clock.advance(0.2)
    assert flapping.starts == MOST_AT_ONCE
    assert 0 < flapping.wait() <= 6


@needs_nodes
def test_camera_that_is_pulled_and_plugged_each_six_seconds_is_started_each_time(flapping: _Flapping) -> None:
    flapping.turn()
    for _ in range(100):
        flapping.clock.advance(6.0)
        flapping.flap()
    assert flapping.starts == 100


def test_network_camera_that_flaps_is_held_back_too_and_not_forgotten(port: socket.socket) -> None:
    probes, clock = Probes(Poller()), ManualClock()
    addresses, number = {"main": _address(port)}, port.getsockname()[1]
    waiting, running = (_worker("capture.main", state, "camera") for state in (State.BACKOFF, State.RUNNING))
    port.close()
    told: list[list[str]] = []
    while len(told) <= MOST_AT_ONCE:
        probes.appeared({running.name: running}, _picture(addresses), clock.mono_ns())
        assert _look(probes, clock, waiting, addresses, 1) == []
        with _listener(number):
            told.append(_look(probes, clock, waiting, addresses, 1))
            if not told[-1]:
                assert _look(probes, clock, waiting, addresses, 30) == ["capture.main"], "within six seconds"
    assert told == [["capture.main"]] * MOST_AT_ONCE + [[]]


def _listener(number: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", number))
    listener.listen(100)
    return listener
