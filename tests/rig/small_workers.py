"""Workers of a few lines each, as real processes: packages made for one test, spawned as the supervisor spawns them.

Owns: the packages, and a pipe on which they say how far they are. Does not own: the processes.
Invariant: nothing waits by the clock: what a worker says is read from the pipe, its end from its pidfd. A worker dies
with the test's process.
"""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0
"""A start takes some 30 ms; a loaded machine is slow, a broken promise never comes."""

_PRELUDE = """
import ctypes, faulthandler, os, signal, subprocess, sys, time
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
ARGUMENTS = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:] if "=" in argument)
def say(text):
    with open({pipe!r}, "w") as pipe:
        pipe.write(f"{{text}}\\n")
def ignore(*numbers):
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
def wait_for_ever():
    while True:
        signal.pause()
"""
OBEDIENT = "say(f\"up {ARGUMENTS['worker']}\")\nwait_for_ever()\n"
"""A worker that says that it is up, and ends on the first signal."""
STANDING_BY = """
if "--standby" in sys.argv:
    say("loading")
    os.write(int(ARGUMENTS["ready-fd"]), b"ready")
    os.close(int(ARGUMENTS["ready-fd"]))
    told = os.read(0, 4096).decode().split("\\0")
    ARGUMENTS = dict(argument.lstrip("-").split("=", 1) for argument in told)
"""
"""To stand before the rest: the worker waits to be told who it is where it was started as a stand-by."""


class SmallWorkers:
    """Packages in `directory`, which comes first on the path of what is spawned from now on."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._pipe_path = directory / "said"
        os.mkfifo(self._pipe_path)
        # Open for writing as well, so that the end of one worker is not the end of the pipe.
        self._pipe = os.open(self._pipe_path, os.O_RDWR | os.O_NONBLOCK)
        self._heard = b""
        monkeypatch.setenv("PYTHONPATH", f"{directory}{os.pathsep}{ROOT}")
        # The working directory comes before PYTHONPATH, and may hold the real packages.
        monkeypatch.chdir(directory)

    def make(self, package: str, source: str) -> None:
        """A package that runs `source`; made a second time, it is another one from the next start on."""
        where = self.directory / package
        where.mkdir(exist_ok=True)
        # Without it, the real package of the same name would win, though it comes later on the path.
        (where / "__init__.py").touch()
        (where / "__main__.py").write_text(_PRELUDE.format(pipe=str(self._pipe_path)) + source)

    def hear(self) -> str:
        """The next line that any of them says. Blocks until it is said."""
        while b"\n" not in self._heard:
            _wait_readable(self._pipe, "a worker to say something")
            self._heard += os.read(self._pipe, 4096)
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._pipe)


def wait_for_end(pidfd: int) -> None:
    """Block until the process has ended."""
    _wait_readable(pidfd, "a process to end")


def has_ended(pidfd: int) -> bool:
    """Whether it has, now."""
    return bool(select.select([pidfd], [], [], 0)[0])


def _wait_readable(fd: int, what: str) -> None:
    assert select.select([fd], [], [], PATIENCE_S)[0], f"waited {PATIENCE_S} s for {what}"
