"""What systemd says in the environment, and datagrams to a real socket: there, full, gone, and made anew."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from supervisor.notify_socket import NotifySocket, Service, taken_from
from tests.rig.descriptors import open_descriptors
from tests.rig.systemd_end import SystemdEnd

_PID = 4711


def test_environment_is_read_and_taken_away() -> None:
    environment = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(_PID), "HOME": "/"}
    assert taken_from(environment, _PID) == Service("/run/x", 20 * NS_PER_S)
    assert environment == {"HOME": "/"}


def test_environment_without_systemd_asks_for_nothing() -> None:
    assert taken_from({}, _PID) == Service("", 0)


@pytest.mark.parametrize(
    ("given", "watchdog_ns"),
    [
        ({"WATCHDOG_USEC": "5"}, 5000),
        ({"WATCHDOG_USEC": "5", "WATCHDOG_PID": str(_PID + 1)}, 0),
        ({"WATCHDOG_USEC": "5", "WATCHDOG_PID": ""}, 0),
        ({"WATCHDOG_USEC": "0"}, 0),
        ({"WATCHDOG_USEC": "-5"}, 0),
        ({"WATCHDOG_USEC": "five"}, 0),
        ({"WATCHDOG_USEC": "²"}, 0),
        ({"WATCHDOG_USEC": "9" * 5000}, 0),
        ({"WATCHDOG_PID": str(_PID)}, 0),
    ],
)
def test_watchdog_feeds_only_what_is_asked_of_this_very_process(given: dict[str, str], watchdog_ns: int) -> None:
    assert taken_from(given, _PID).watchdog_ns == watchdog_ns
    assert given == {}


@pytest.mark.parametrize("abstract", [False, True])
def test_socket_of_either_kind_gets_the_words_whole(tmp_path: Path, abstract: bool) -> None:
    with SystemdEnd(tmp_path, abstract=abstract) as manager:
        ours = NotifySocket(manager.address)
        assert ours.is_open
        assert ours.send("STATUS=23.8 % ± ø\udcff")
        ours.close()
        ours.close()
        assert manager.arrived() == ["STATUS=23.8 % ± ø?"]
        assert not ours.send("READY=1")


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/", "@", "relative"])
def test_address_that_is_none_opens_nothing(address: str, caplog: pytest.LogCaptureFixture) -> None:
    ours = NotifySocket(address)
    assert (ours.is_open, ours.send("READY=1")) == (False, False)
    assert len(caplog.records) == bool(address), "said once, but where there is no systemd at all"


def test_socket_that_is_gone_is_said_once_and_used_again_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = open_descriptors()
    manager = SystemdEnd(tmp_path)
    ours = NotifySocket(manager.address)
    assert ours.send("READY=1")
    manager.close()
    with caplog.at_level(logging.WARNING):
        assert [ours.send("WATCHDOG=1") for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    with SystemdEnd(tmp_path) as again:
        assert ours.send("WATCHDOG=1")
        assert again.arrived() == ["WATCHDOG=1"]
    ours.close()
    assert open_descriptors() == before


def test_socket_that_can_never_be_reached_is_no_reason_to_end(caplog: pytest.LogCaptureFixture) -> None:
    ours = NotifySocket("/" + "x" * 200)
    assert not ours.send("READY=1")
    assert "too long" in caplog.text
    ours.close()


def test_systemd_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with SystemdEnd(tmp_path, buffer_bytes=1) as manager:
        ours = NotifySocket(manager.address)
        begun_s = time.monotonic()
        sent = [ours.send("WATCHDOG=1") for _ in range(1000)]
        assert time.monotonic() - begun_s < 5.0, "a blocking socket would wait for ever"
        assert sent[0]
        assert not sent[-1]
        assert len(manager.arrived()) == sum(sent)
        assert ours.send("WATCHDOG=1")
        ours.close()
