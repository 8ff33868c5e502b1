"""Presence: the edge from absent to present, against real sockets, with the clock moved by hand."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Iterator

import pytest

from shared.clock import NS_PER_MS
from supervisor.presence import PROBE_EVERY_NS, Presence, numeric_target
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock


class _Camera:
    """A port of 127.0.0.1 (or ::1) that nobody listens on, somebody does, or nobody answers on."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = self._bound(0)
        self.port: int = self._socket.getsockname()[1]
        self._fillers: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def listen(self, backlog: int = 16) -> None:
        self._socket.listen(backlog)

    def vanish(self) -> None:
        """Refuse connections again, on the same port."""
        self._socket.close()
        self._socket = self._bound(self.port)

    def swallow(self) -> None:
        """Fill the queue of connections, so that a SYN gets no answer: as from a camera without power."""
        self.listen(0)
        for _ in range(3):
            filler = socket.socket(self._family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            filler.connect_ex((self.host, self.port))
            self._fillers.append(filler)

    def close(self) -> None:
        for each in (self._socket, *self._fillers):
            each.close()

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(self._family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self.host, port))
        return bound


@pytest.fixture(name="camera", params=["127.0.0.1", "::1"])
def _camera(request: pytest.FixtureRequest) -> Iterator[_Camera]:
    try:
        camera = _Camera(request.param)
    except OSError:
        pytest.skip(f"no {request.param} here")
    yield camera
    camera.close()


def _looks(presence: Presence, clock: ManualClock, times: int) -> list[bool]:
    """What it says at each of its next looks. A connection on the loopback is made or refused within the call."""
    said = []
    for _ in range(times):
        clock.advance(PROBE_EVERY_NS / 1e9)
        said.append(presence.look(clock.mono_ns()))
    return said


def test_camera_that_refuses_and_then_listens_is_told_once(camera: _Camera) -> None:
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    assert _looks(presence, clock, 5) == [False] * 5
    camera.listen()
    assert sorted(_looks(presence, clock, 3)) == [False, False, True]
    assert _looks(presence, clock, 10) == [False] * 10
    presence.close()


def test_camera_that_goes_and_comes_twice_is_told_twice(camera: _Camera) -> None:
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    told = 0
    for _ in range(2):
        camera.vanish()
        told += sum(_looks(presence, clock, 4))
        camera.listen()
        told += sum(_looks(presence, clock, 4))
    assert told == 2
    presence.close()


def test_camera_that_listens_all_the_time_is_never_told(camera: _Camera) -> None:
    camera.listen()
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    assert not any(_looks(presence, clock, 20))
    presence.close()


def _asked_in(presence: Presence, clock: ManualClock, seconds: int) -> int:
    """How many looks it wants within so many seconds."""
    until_ns, count = clock.mono_ns() + seconds * 1_000_000_000, 0
    while presence.due_ns < until_ns:
        clock.mono = max(clock.mono, presence.due_ns)
        presence.look(clock.mono_ns())
        count += 1
    return count


def test_camera_that_is_there_for_long_is_asked_once_a_second_and_missed_all_the_same(camera: _Camera) -> None:
    """A wrong password keeps a camera in its back-off for days; it must not get a connection five times a second."""
    camera.listen(1000)
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    _asked_in(presence, clock, 5)
    assert _asked_in(presence, clock, 60) <= 61
    camera.vanish()
    assert not any(_looks(presence, clock, 6))
    assert presence.absent
    assert _asked_in(presence, clock, 10) >= 49, "five times a second again"
    camera.listen()
    assert sum(_looks(presence, clock, 3)) == 1
    presence.close()


def test_camera_that_answers_nothing_is_absent_after_a_second_and_told_when_it_answers() -> None:
    camera = _Camera()
    camera.swallow()
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    assert not any(_looks(presence, clock, 12))
    camera.vanish()
    camera.listen()
    assert _looks(presence, clock, 3) == [True, False, False], "a question that waits in vain keeps nobody waiting"
    presence.close()
    camera.close()


@pytest.mark.parametrize(("answered", "lost", "told"), [(0, 1, 1), (1, 1, 0), (1, 2, 1)])
def test_camera_that_answers_a_later_question_than_the_first_was_absent_before(
    answered: int, lost: int, told: int
) -> None:
    """Once it has answered, a single question may be lost, as on any network."""
    camera = _Camera()
    camera.listen()
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    assert not any(_looks(presence, clock, answered))
    camera.vanish()
    camera.swallow()
    assert not any(_looks(presence, clock, lost))
    camera.vanish()
    camera.listen()
    assert sum(_looks(presence, clock, 4)) == told
    presence.close()
    camera.close()


def test_probe_is_due_five_times_a_second_and_idle_between(camera: _Camera) -> None:
    clock = ManualClock()
    presence = Presence(_target(camera.address), clock.mono_ns())
    presence.look(clock.mono_ns())
    assert presence.due_ns - clock.mono_ns() == 200 * NS_PER_MS
    camera.listen()
    clock.advance(0.199)
    assert not presence.look(clock.mono_ns())
    assert sum(_looks(presence, clock, 3)) == 1
    presence.close()


def test_probes_leave_no_descriptor_open(camera: _Camera) -> None:
    before = open_descriptors()
    clock = ManualClock()
    for _ in range(20):
        presence = Presence(_target(camera.address), clock.mono_ns())
        _looks(presence, clock, 3)
        presence.close()
        presence.close()
    assert open_descriptors() == before


def _target(address: str) -> tuple[str, int]:
    target = numeric_target(address)
    assert target is not None
    return target


def test_descriptor_above_1023_is_as_good_as_any(camera: _Camera) -> None:
    """The limit of select(): many who listen to the events take as many descriptors."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] <= 2048:
        pytest.skip("this many descriptors are not permitted here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, before[1]))
    fillers = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
    try:
        camera.listen()
        clock = ManualClock()
        presence = Presence((camera.host, camera.port), clock.mono_ns(), absent=True)
        assert presence.look(clock.mono_ns())
        presence.close()
    finally:
        for filler in fillers:
            os.close(filler)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
