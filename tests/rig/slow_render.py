"""`timelapse render` as a process that is in the middle of a video for as long as a test likes.

Owns: the command, an ffmpeg that takes no more pictures than it shows in a second, finding the processes at work.
Does not own: what is done to them.
Invariant: the ffmpeg is the real one, told to read slowly; when the block is left, no process is.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from tests.rig.scripted_supervisor import ROOT

CONFIG = "output_dir: {out}\ncameras: {{main: {{source: test, interval: 10s}}}}\n"
_PATIENCE_S = 30.0


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


class Process:
    """A process of the render. It can be looked at after its death, and is never mistaken for another one."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        signal.pidfd_send_signal(self._pidfd, number)

    def ends(self) -> bool:
        """Whether it does, within some seconds."""
        return bool(select.select([self._pidfd], [], [], _PATIENCE_S)[0])

    def close(self) -> None:
        """Kill it, if it is still there."""
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(self._pidfd)


class SlowRender:
    """One command, called in `here`; the archive is in `out`. `middle` waits until it is well under way.

    `terminal` is the end of a pseudo-terminal that it reads from and complains to.
    """

    def __init__(
        self,
        directory: Path,
        *words: str,
        variables: dict[str, str] | None = None,
        slowly: bool = True,
        through: Sequence[str] = (),
        terminal: int | None = None,
    ) -> None:
        self.here = directory / "here"
        self.here.mkdir(exist_ok=True)
        config = directory / "timelapse.yml"
        config.write_text(CONFIG.format(out=directory / "out"))
        environment = {**os.environ, "TZ": "UTC", "PYTHONPATH": str(ROOT), **(variables or {})}
        if slowly:
            environment["PATH"] = f"{_slow_ffmpeg(directory)}:{environment['PATH']}"
        self.processes: list[Process] = []
        self._command = subprocess.Popen(
            [*through, sys.executable, "-m", "timelapse", "render", "--config", str(config), *words],
            cwd=self.here,
            env=environment,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if terminal is None else terminal,
            text=True,
        )
        self.command = self._kept(self._command.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.close()
        self._command.communicate()

    def begun(self) -> Process:
        """The process that renders, when it is there: it has done nothing yet, and can't be asked to end."""
        return self._kept(_until(lambda: _children(self._command.pid)))

    def middle(self) -> tuple[Process, Process]:
        """The process that renders and its ffmpeg, when that has begun to write."""
        job = self.begun()
        ffmpeg = self._kept(_until(lambda: [pid for pid in _children(job.pid) if _encodes(pid)]))
        _until(lambda: [1 for path in self.here.glob(".*.part")])
        return job, ffmpeg

    def ended(self) -> Ended:
        """Blocks until it has, and nobody of it is left."""
        out, err = self._command.communicate(timeout=_PATIENCE_S)
        assert [process.pid for process in self.processes if not process.ends()] == []
        return Ended(self._command.returncode, out, err or "")

    def left(self) -> list[str]:
        """The names of what is in its directory, hidden or not."""
        return sorted(path.name for path in self.here.iterdir())

    def _kept(self, pid: int) -> Process:
        self.processes.append(Process(pid))
        return self.processes[-1]


def _slow_ffmpeg(directory: Path) -> Path:
    real = shutil.which("ffmpeg")
    programs = directory / "programs"
    programs.mkdir(exist_ok=True)
    script = programs / "ffmpeg"
    # It reads as fast as the video plays.
    script.write_text(f'#!/bin/sh\ncase "$*" in *pipe:*) exec {real} -re "$@" ;; *) exec {real} "$@" ;; esac\n')
    script.chmod(0o755)
    return programs


def _until(look: Callable[[], list[int]]) -> int:
    ends_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_s:
        if found := look():
            return found[0]
        time.sleep(0.02)
    raise AssertionError("the render does not get that far")


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _encodes(pid: int) -> bool:
    """Whether it is an ffmpeg at work, and not one that is asked what it can do."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"ffmpeg") and b"-re" in words
