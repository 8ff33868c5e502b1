"""Reading the configuration without waiting for it: each read is a process of its own that ends with what came of it.

Owns: the reads, one after the other, and the time that one may take. Does not own: what follows from them (`reloader`).
Invariant: what a caller of `ask` is told comes from a read that began after the call. There is one process at most; one
that a dead disk holds is given up after `LIMIT_S`, and never waited for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from shared.clock import NS_PER_S, Clock
from shared.config.model import Configuration
from shared.config.outcome import MOST_BYTES, unpack
from shared.errors import ConfigError, WireError
from shared.transport import Poller
from supervisor.process import ChildProcess, ExitStatus, start

LIMIT_S = 8.0
"""A read takes 0.15 s here, and some 2 s on the slowest Pi. Who asked by the command line waits for 10 s."""
_PROGRAM = "shared.config"

Outcome = Configuration | ConfigError


class Reading:
    """The reads of one file. They are counted from 1. Never blocks."""

    def __init__(self, path: str, poller: Poller, clock: Clock) -> None:
        self._path = path
        self._poller = poller
        self._clock = clock
        self._process: ChildProcess | None = None
        self._asked = self._begun = self._told = 0
        self._deadline_ns = 0
        self._failed: ConfigError | None = None

    def ask(self) -> int:
        """Have the file read; the number of the read that will tell. One under way may have seen the file too early."""
        waiting = self._told < self._asked
        self._asked = self._begun + 1
        if not waiting:
            self._deadline_ns = self._clock.mono_ns() + int(LIMIT_S * NS_PER_S)
        if self._process is None and not self._failed:
            self._begin()
        return self._asked

    @property
    def is_under_way(self) -> bool:
        """Whether somebody waits for what comes of a read."""
        return self._told < self._asked

    def due_ns(self) -> int | None:
        """When `outcomes` has something to do, if nothing ends before."""
        if self._failed:
            return self._clock.mono_ns()
        return self._deadline_ns if self._told < self._asked else None

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """The reads that have ended or been given up since the last call, with their numbers."""
        if self._process is not None and (status := self._process.reap()) is not None:
            outcome = self._outcome(self._process, status)
            self._let_go(self._process)
            if self._told < self._begun:
                yield self._tell(outcome)
        if self._failed:
            failed, self._failed = self._failed, None
            yield self._tell(failed)
        if self._process is None and self._asked > self._begun:
            self._begin()
        if self._told < self._asked and self._clock.mono_ns() >= self._deadline_ns:
            yield self._give_up()

    def end(self) -> int:
        """Nobody wants to know any more, and a process that reads is killed; the number of the last read."""
        self._told = self._begun = self._asked
        self._failed = None
        if self._process is not None:
            self._process.slay()
        return self._told

    def _begin(self) -> None:
        self._begun += 1
        self._deadline_ns = self._clock.mono_ns() + int(LIMIT_S * NS_PER_S)

        def arguments(fd: int) -> list[str]:
            return [f"--path={self._path}", f"--fd={fd}", f"--parent-pid={os.getpid()}"]

        try:
            self._process = start(_PROGRAM, "configuration", arguments)
        except OSError as error:
            self._failed = self._unread(f"the process that reads it can't be started: {error.strerror}")
        else:
            self._poller.add(self._process.fd)

    def _let_go(self, process: ChildProcess) -> None:
        # First from the poller: once closed, the number may be given to the next process at once.
        self._poller.remove(process.fd)
        process.close()
        self._process = None

    def _give_up(self) -> tuple[int, Outcome]:
        if self._process is not None:
            self._process.slay()
        self._deadline_ns = self._clock.mono_ns() + int(LIMIT_S * NS_PER_S)
        error = self._unread(f"its disk has not answered for {LIMIT_S:g} s")
        # One that could not even begin, behind another that a dead disk still holds, has had its turn too.
        self._begun = max(self._begun, self._told + 1)
        return self._tell(error)

    def _tell(self, outcome: Outcome) -> tuple[int, Outcome]:
        self._told += 1
        return self._told, outcome

    def _outcome(self, process: ChildProcess, status: ExitStatus) -> Outcome:
        try:
            return unpack(process.left(MOST_BYTES))
        except WireError:
            return self._unread(f"the process that reads it left nothing: {status}")

    def _unread(self, why: str) -> ConfigError:
        return ConfigError(f"{self._path}: can't be read: {why}")
