"""What is said to systemd: in which order, how often, and again where it was not taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_MS, NS_PER_S
from supervisor.notify import Notifier
from supervisor.notify_socket import Service
from tests.rig.systemd_end import SystemdEnd

_WATCHDOG_NS = 20 * NS_PER_S
_NOW_NS = 1_000 * NS_PER_S


@pytest.fixture(name="manager")
def _manager(tmp_path: Path) -> Iterator[SystemdEnd]:
    with SystemdEnd(tmp_path, buffer_bytes=1) as manager:
        yield manager


@pytest.fixture(name="notifier")
def _notifier(manager: SystemdEnd) -> Iterator[Notifier]:
    notifier = Notifier(Service(manager.address, _WATCHDOG_NS))
    yield notifier
    notifier.close()


def test_states_are_told_at_once_and_in_the_words_of_sd_notify(manager: SystemdEnd, notifier: Notifier) -> None:
    notifier.ready()
    notifier.reloading(1_234_567_899)
    notifier.ready()
    notifier.stopping("Stopping")
    assert manager.arrived() == [
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=1234567",
        "READY=1",
        "STOPPING=1\nSTATUS=Stopping",
    ]


def test_status_is_told_when_it_changes_and_stays_on_one_line(manager: SystemdEnd, notifier: Notifier) -> None:
    for line in ("Recording: main", "Recording: main", "two\nREADY=1\nlines", "Recording: main"):
        notifier.status(line)
    assert manager.arrived() == ["STATUS=Recording: main", "STATUS=two READY=1 lines", "STATUS=Recording: main"]


def test_watchdog_is_fed_by_turns_alone_and_each_half_of_its_time(manager: SystemdEnd, notifier: Notifier) -> None:
    notifier.ready()
    notifier.status("Recording: main")
    notifier.reloading(_NOW_NS)
    assert "WATCHDOG=1" not in manager.arrived(), "nothing of this is a turn"
    fed_s = []
    for passed_ms in range(0, 40_001, 500):
        notifier.turned(_NOW_NS + passed_ms * NS_PER_MS)
        fed_s += [passed_ms / 1000] * len(manager.arrived())
    assert fed_s == [0, 10, 20, 30, 40]


def test_watchdog_is_due_when_it_has_to_be_fed_though_nothing_else_happens(notifier: Notifier) -> None:
    due_ns = notifier.due_ns()
    assert due_ns is not None
    assert due_ns <= _NOW_NS, "at once, since READY=1 has started systemd's clock"
    notifier.turned(_NOW_NS)
    assert notifier.due_ns() == _NOW_NS + _WATCHDOG_NS // 2


def test_watchdog_that_wants_the_impossible_makes_no_busy_loop(manager: SystemdEnd) -> None:
    notifier = Notifier(Service(manager.address, 1000))
    notifier.turned(_NOW_NS)
    assert notifier.due_ns() == _NOW_NS + 50 * NS_PER_MS
    notifier.close()


@pytest.mark.parametrize("service", [None, Service(), Service("", _WATCHDOG_NS), Service("vsock:1:2", _WATCHDOG_NS)])
def test_where_nobody_listens_nothing_is_due(service: Service | None) -> None:
    notifier = Notifier(service)
    notifier.ready()
    notifier.status("Recording: main")
    notifier.turned(_NOW_NS)
    assert (notifier.listens, notifier.due_ns()) == (False, None)


def test_without_a_watchdog_nothing_is_fed(manager: SystemdEnd) -> None:
    notifier = Notifier(Service(manager.address))
    notifier.ready()
    notifier.turned(_NOW_NS)
    assert (manager.arrived(), notifier.due_ns()) == (["READY=1"], None)
    notifier.close()


def test_what_a_full_socket_did_not_take_is_said_again_in_order(manager: SystemdEnd, notifier: Notifier) -> None:
    _fill(notifier)
    notifier.reloading(_NOW_NS)
    notifier.ready()
    notifier.turned(_NOW_NS)
    assert notifier.due_ns() == _NOW_NS + NS_PER_S, "neither lost nor tried without a pause"
    manager.arrived()
    notifier.turned(_NOW_NS + NS_PER_S // 2)
    assert manager.arrived() == []
    notifier.turned(_NOW_NS + NS_PER_S)
    assert manager.arrived() == ["RELOADING=1\nMONOTONIC_USEC=1000000000", "READY=1", "WATCHDOG=1"]
    assert notifier.due_ns() == _NOW_NS + NS_PER_S + _WATCHDOG_NS // 2


def test_status_that_was_not_taken_is_said_at_the_next_opportunity(manager: SystemdEnd, notifier: Notifier) -> None:
    _fill(notifier)
    notifier.status("Recording: main")
    manager.arrived()
    notifier.status("Recording: main")
    assert manager.arrived() == ["STATUS=Recording: main"]


def test_systemd_that_never_reads_again_costs_a_bounded_number_of_words(
    manager: SystemdEnd, notifier: Notifier
) -> None:
    _fill(notifier)
    for _ in range(1000):
        notifier.reloading(_NOW_NS)
        notifier.ready()
    manager.arrived()
    told: list[str] = []
    for second in range(4):
        notifier.turned(_NOW_NS + second * NS_PER_S)
        told += manager.arrived()
    states = [words for words in told if words != "WATCHDOG=1"]
    assert len(states) < 20
    assert states[-1] == "READY=1", "the last word is what holds"


def _fill(notifier: Notifier) -> None:
    """Say so much that the socket takes nothing more."""
    for number in range(1000):
        notifier.status(f"{number} {'x' * 200}")
