"""Waiting on sockets and descriptors alike."""

from __future__ import annotations

import os
import time

import pytest

from shared.config.model import CameraConfig, Configuration
from shared.messages import Configure, Hello, Request
from shared.transport import Hub, Poller
from tests.rig.far_ends import Desk

_HELLO = Hello(worker="capture.main", incarnation=1, pid=2)
_CONFIGURE = Configure(configuration=Configuration("", "/out", {"main": CameraConfig("main")}), accounted_until_ns=7)
_REQUEST = Request(id="1", verb="ping")


def test_poller_wakes_on_a_descriptor_and_names_it() -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add(reader)
    assert poller.wait(0) == set()
    os.write(writer, b"x")
    assert poller.wait(5 * 10**9) == {reader}
    poller.remove(reader)
    assert poller.wait(0) == set()
    os.close(reader)
    os.close(writer)


def test_poller_wakes_on_a_socket(hub: Hub, desk: Desk) -> None:
    poller = Poller()
    poller.add(hub.workers)
    desk.link().send(_HELLO)
    assert poller.wait(5 * 10**9) == {hub.workers}


def test_poller_wakes_on_room_to_write() -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add_writable(writer)
    assert poller.wait(0) == {writer}
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("timeout_ns", [1, 999_999, 20_000_001])
def test_poller_waits_no_less_than_it_was_told(timeout_ns: int) -> None:
    reader, writer = os.pipe()
    poller = Poller()
    poller.add(reader)
    began_ns = time.monotonic_ns()
    assert poller.wait(timeout_ns) == set()
    assert time.monotonic_ns() - began_ns >= timeout_ns
    os.close(reader)
    os.close(writer)


def test_poller_with_a_time_that_has_passed_does_not_wait() -> None:
    began = time.monotonic()
    assert Poller().wait(-(10**12)) == set()
    assert time.monotonic() - began < 1
