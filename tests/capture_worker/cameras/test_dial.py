"""A connection to a camera that comes back while it is asked for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from capture_worker.cameras.dial import dial
from tests.rig.descriptors import open_descriptors


@pytest.fixture(name="listener")
def _listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        yield listening


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _accept(listener: socket.socket) -> None:
    listener.accept()[0].close()


def test_dial_camera_that_is_there_is_connected_at_once(listener: socket.socket) -> None:
    before = open_descriptors()
    with dial("localhost", _port(listener), 3.0) as connection:
        assert connection.gettimeout() == 3.0
        connection.sendall(b"?")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(1) == b"?"
    assert open_descriptors() == before


def test_dial_port_that_nobody_listens_on_is_refused_at_once() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            dial("127.0.0.1", _port(unheard), 3.0)


def test_dial_camera_that_answers_after_a_while_is_asked_anew_before_the_kernel_would(listener: socket.socket) -> None:
    """A full queue answers nothing, like a camera without power; the kernel repeats its question after 1 s."""
    with socket.socket() as filler:
        filler.connect(listener.getsockname())
        emptying = threading.Timer(0.3, _accept, [listener])
        emptying.start()
        began_s = time.monotonic()
        dial("127.0.0.1", _port(listener), 3.0).close()
        assert 0.2 < time.monotonic() - began_s < 0.95
        emptying.join()


def test_dial_camera_that_never_answers_is_given_up_and_nothing_stays_open(listener: socket.socket) -> None:
    with socket.socket() as filler:
        filler.connect(listener.getsockname())
        before = open_descriptors()
        with pytest.raises(TimeoutError):
            dial("127.0.0.1", _port(listener), 0.6)
        assert open_descriptors() == before


def test_dial_host_that_is_unknown_says_so() -> None:
    with pytest.raises(socket.gaierror):
        dial("camera.invalid", 80, 0.5)
