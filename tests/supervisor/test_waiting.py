"""A process that waits: its descriptors, here and where it can't be started."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.config.model import CameraConfig, Configuration
from shared.transport import Poller
from supervisor.waiting import WaitingProcess, begin
from tests.rig.descriptors import open_descriptors
from tests.rig.small_workers import OBEDIENT, STANDING_BY, SmallWorkers, wait_for_end

_CONFIGURATION = Configuration("x.yml", "/frames", {"main": CameraConfig("main", "http://gate/?password=sesame")})


@pytest.fixture(name="workers")
def _workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorkers]:
    workers = SmallWorkers(tmp_path, monkeypatch)
    workers.make("capture_worker", STANDING_BY + OBEDIENT)
    yield workers
    workers.close()


def _end(waiting: WaitingProcess) -> None:
    waiting.slay()
    wait_for_end(waiting.process.fd)
    assert waiting.reap() is not None
    waiting.process.close()


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def test_process_that_is_slain_before_it_said_anything_is_never_ready(workers: SmallWorkers, tmp_path: Path) -> None:
    poller = Poller()
    before = open_descriptors()
    waiting = begin(_CONFIGURATION, tmp_path, poller)
    assert workers.hear() == "loading"
    waiting.slay()
    wait_for_end(waiting.process.fd)
    assert waiting.hear(set(poller.wait(0))) is False
    _end(waiting)
    assert open_descriptors() == before
    assert poller.wait(0) == set()


def test_process_that_is_gone_can_not_be_told(workers: SmallWorkers, tmp_path: Path) -> None:
    waiting = begin(_CONFIGURATION, tmp_path, Poller())
    assert workers.hear() == "loading"
    waiting.slay()
    wait_for_end(waiting.process.fd)
    with pytest.raises(BrokenPipeError):
        waiting.tell("capture.main", 1, tmp_path)
    _end(waiting)


def test_command_line_says_whose_standby_it_is_and_nothing_of_the_cameras(
    workers: SmallWorkers, tmp_path: Path
) -> None:
    waiting = begin(_CONFIGURATION, tmp_path, Poller())
    assert workers.hear() == "loading"
    words = Path(f"/proc/{waiting.pid}/cmdline").read_bytes().split(b"\0")
    assert {b"--standby", os.fsencode(f"--runtime-dir={tmp_path}")} <= set(words)
    assert [word for word in words if b"sesame" in word] == []
    _end(waiting)


@pytest.mark.parametrize("room", range(7))
def test_too_few_descriptors_leave_no_process_and_none_open(workers: SmallWorkers, tmp_path: Path, room: int) -> None:
    """Two for each of two pipes, one for each of two memory files, and one for the process."""
    workers.make("capture_worker", OBEDIENT)
    before, children = set(open_descriptors()), _children()
    next_fd = os.dup(0)
    os.close(next_fd)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_fd + room, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            begin(_CONFIGURATION, tmp_path, Poller())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # What an earlier test has left may be closed meanwhile; nothing may come.
    assert set(open_descriptors()) <= before
    assert _children() == children
