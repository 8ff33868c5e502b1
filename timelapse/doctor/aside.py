"""Looking in a process of its own, which can be given up.

Owns: starting it, its time limit, getting what it saw. Does not own: what is looked at.
Invariant: whatever a disk, a camera or a network does, `result` returns within the limit, and this process ends when it
wants to: one that hangs in the kernel holds neither its output nor its end up. A thread would: a process is not gone
before the last of its threads is.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

import msgspec
from msgspec import Struct

from shared.parent import die_with_parent

T = TypeVar("T")
_CHUNK = 65_536


class GivenUp(Struct, frozen=True):
    """Nothing came of a look. `is_stuck`: it did not end within its time; else it failed."""

    why: str
    is_stuck: bool


class _Told(Struct, frozen=True):
    """What the process sends: what it saw, as JSON of its own; or why it failed."""

    seen: msgspec.Raw = msgspec.Raw(b"null")
    failure: str = ""


class Aside(Generic[T]):
    """One look under way. Begun when it is made; the process must have no threads and no sockets of ZeroMQ by then."""

    def __init__(self, look: Callable[[], T], kind: type[T], limit_s: float) -> None:
        read_end, write_end = os.pipe()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _look_and_end(look, write_end, parent)
        os.close(write_end)
        self._read_end = read_end
        self._kind = kind
        self._limit_s = limit_s
        self._deadline_s = time.monotonic() + limit_s
        self._is_over = False

    def result(self) -> T | GivenUp:
        """What was seen. Blocks until the limit at most; to be called once."""
        data = self._all_that_comes()
        self.end()
        if data is None:
            return GivenUp(f"no answer within {self._limit_s:g} s", is_stuck=True)
        try:
            told = msgspec.json.decode(data, type=_Told)
            return GivenUp(told.failure, is_stuck=False) if told.failure else self._decoded(told.seen)
        except msgspec.DecodeError:
            return GivenUp("the process that looked died", is_stuck=False)

    def end(self) -> None:
        """Have no such process any more, or leave it behind. Never blocks; may be called twice."""
        if self._is_over:
            return
        self._is_over = True
        os.close(self._read_end)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)  # before it leads a group
        for _ in range(20):
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return
            time.sleep(0.001)  # SIGKILL is on its way; where it does nothing, init takes the process over

    def _decoded(self, seen: msgspec.Raw) -> T:
        return msgspec.json.decode(seen, type=self._kind)

    def _all_that_comes(self) -> bytes | None:
        """Everything up to the end; None where the time is up before."""
        poll = select.poll()
        poll.register(self._read_end, select.POLLIN)
        data = b""
        while poll.poll(max(0.0, self._deadline_s - time.monotonic()) * 1000):
            chunk = os.read(self._read_end, _CHUNK)
            if not chunk:
                return data
            data += chunk
        return None


def _look_and_end(look: Callable[[], object], write_end: int, parent: int) -> NoReturn:
    try:
        os.setpgid(0, 0)
        die_with_parent(parent)
        _let_go_of_everything_but(write_end)
        told = _Told(seen=msgspec.Raw(msgspec.json.encode(look())))
    except BaseException as error:  # noqa: BLE001 - a bug in one look must not cost the others, and is told
        told = _Told(failure=f"{type(error).__name__}: {error}")
    try:
        with open(write_end, "wb", buffering=0, closefd=False) as file:
            file.write(msgspec.json.encode(told))
    finally:
        # Nothing of the parent's is to be run or flushed a second time.
        os._exit(0)


def _let_go_of_everything_but(kept: int) -> None:
    """A process that is left behind must not hold `timelapse doctor | less` up."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
        if int(name) > 2 and int(name) != kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
    sys.stdin = sys.stdout = sys.stderr = Path(os.devnull).open("r+", encoding="utf-8")  # noqa: SIM115 - ends with it
    signal.signal(signal.SIGINT, signal.SIG_DFL)
