"""What the tests of the command line share: a counterpart on real sockets, and the command as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.scripted_supervisor import ROOT, ScriptedSupervisor
from tests.rig.status_values import plain, status

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedSupervisor]:
    """A supervisor without workers, in a runtime directory of its own."""
    with ScriptedSupervisor(tmp_path_factory.mktemp("run"), plain(status())) as scripted:
        yield scripted


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedSupervisor]:
    """One for all the tests that only ask: starting one takes longer than they do."""
    with ScriptedSupervisor(tmp_path_factory.mktemp("run"), plain(status())) as scripted:
        yield scripted


@pytest.fixture
def desk(lasting: ScriptedSupervisor) -> ScriptedSupervisor:
    """The lasting one, with the answers that it begins with. Not to be paused, ended or asked for its events."""
    lasting.tell(status=plain(status()), outcome={}, reload={"applied": [], "needs_restart": []})
    return lasting


@pytest.fixture
def command() -> Iterator[Command]:
    """Starts `timelapse ...` as a process with pipes; kills what is left of it at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "timelapse", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "TZ": "UTC"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
