"""What healthy means to the watchdog: turns of the loop that come through, whatever becomes of the workers."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from shared.clock import SystemClock
from shared.config.model import CameraConfig, Configuration
from supervisor.loop import Supervisor
from supervisor.notify import Notifier
from supervisor.notify_socket import Service
from supervisor.states import State
from tests.rig.systemd_end import SystemdEnd

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_WATCHDOG_NS = 200_000_000


@pytest.fixture(name="manager")
def _manager(tmp_path: Path) -> Iterator[SystemdEnd]:
    with SystemdEnd(tmp_path) as manager:
        yield manager


@pytest.fixture(name="supervisor")
def _supervisor(tmp_path: Path, manager: SystemdEnd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One that can't start any process, whose turns the test takes itself."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    monkeypatch.setattr(os, "posix_spawn", _no_memory)
    configuration = Configuration("x.yml", "/frames", {"main": CameraConfig("main")})
    notifier = Notifier(Service(manager.address, _WATCHDOG_NS))
    supervisor = Supervisor(configuration, tmp_path, SystemClock(), notifier)
    supervisor._picture.configure(configuration)
    supervisor._crew.configure(configuration)
    yield supervisor
    supervisor._hub.close()
    notifier.close()
    signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_loop_that_turns_is_healthy_though_no_worker_can_be_spawned(
    supervisor: Supervisor, manager: SystemdEnd
) -> None:
    """A new supervisor could not spawn them either."""
    for _ in range(3):
        while "WATCHDOG=1" not in manager.arrived():
            supervisor._turn()
    assert {worker.record.state for worker in supervisor._crew.workers.values()} == {State.BACKOFF}
    assert "(spawn)" in manager.wait_for("STATUS=").words


def test_turn_that_does_not_come_through_does_not_feed(
    supervisor: Supervisor, manager: SystemdEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor._standby, "turn", _no_memory)
    with pytest.raises(OSError, match="memory"):
        supervisor._turn()
    assert "WATCHDOG=1" not in manager.arrived()


def _no_memory(*_what: object, **_how: object) -> NoReturn:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")
