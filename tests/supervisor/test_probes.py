"""The probes: which cameras are looked for, and when it stops."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.causes import WorkerCause
from supervisor.leases import LeaseBook
from supervisor.presence import PROBE_EVERY_NS
from supervisor.probes import Probes
from supervisor.states import State
from supervisor.supervised import Supervised
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock


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


def _look(
    probes: Probes, clock: ManualClock, worker: Supervised, addresses: dict[str, str], times: int = 4
) -> list[str]:
    appeared = []
    for _ in range(times):
        clock.advance(PROBE_EVERY_NS / 1e9)
        appeared += probes.appeared({worker.name: worker}, addresses, clock.mono_ns())
    return appeared


@pytest.mark.parametrize("cause", ["camera", "hang"])
def test_camera_that_comes_back_in_backoff_is_told_once(port: socket.socket, cause: WorkerCause) -> None:
    probes, clock = Probes(), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, cause)
    addresses = {"main": _address(port)}
    assert _look(probes, clock, worker, addresses) == []
    assert probes.next_due_ns() == clock.mono_ns() + PROBE_EVERY_NS
    port.listen()
    assert _look(probes, clock, worker, addresses) == ["capture.main"]


def test_camera_that_comes_back_before_it_is_first_looked_for_is_told_by_its_workers_word(port: socket.socket) -> None:
    """The worker found nobody there; a moment later, when the looking begins, the camera answers."""
    probes, clock = Probes(), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    worker.found_absent = True
    port.listen()
    assert _look(probes, clock, worker, {"main": _address(port)}) == ["capture.main"]


def test_worker_that_finds_nobody_where_we_do_is_believed_once(port: socket.socket) -> None:
    """A name that now stands for another address: the worker asks that one, we the last that answered."""
    probes, clock = Probes(), ManualClock()
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
    probes, clock = Probes(), ManualClock()
    port.listen()
    port.setblocking(False)
    addresses = {"main": _address(port) if known else "", "roof": _address(port)}
    assert _look(probes, clock, _worker(name, state, cause), addresses) == []
    assert probes.next_due_ns() is None
    with pytest.raises(BlockingIOError):
        port.accept()


def test_probe_ends_with_the_backoff_and_leaves_no_descriptor(port: socket.socket) -> None:
    before = open_descriptors()
    probes, clock = Probes(), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    addresses = {"main": _address(port)}
    _look(probes, clock, worker, addresses)
    worker.record = replace(worker.record, state=State.STARTING)
    _look(probes, clock, worker, addresses)
    assert probes.next_due_ns() is None
    _look(probes, clock, _worker("capture.main", State.BACKOFF, "camera"), addresses)
    assert probes.appeared({}, addresses, clock.mono_ns()) == []
    assert probes.next_due_ns() is None
    assert open_descriptors() == before


def test_camera_that_comes_back_while_its_worker_fails_once_more_is_told(port: socket.socket) -> None:
    probes, clock = Probes(), ManualClock()
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
    probes, clock = Probes(), ManualClock()
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
    probes, clock = Probes(), ManualClock()
    worker = _worker("capture.main", State.BACKOFF, "camera")
    assert _look(probes, clock, worker, {"main": address}) == []
    assert probes.next_due_ns() is None
