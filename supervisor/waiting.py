"""One process that waits to take over: its start, its two pipes, and what is said over them.

Owns: the process until it takes over, and the pipes. Does not own: when any of it happens (`supervisor.standby`).
Invariant: whatever is not handed over is closed by `close`; nothing here blocks. Of each pipe we hold one end alone, so
that its end is seen there, and ours here.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from shared.config.model import Configuration
from shared.config.outcome import pack
from shared.standby import READY, StandbyPlace, order_for
from shared.transport import Poller
from shared.worker_identity import Identity
from supervisor.process import ChildProcess, ExitStatus, start
from supervisor.roster import CAPTURE_PACKAGE


class WaitingProcess:
    """A stand-by, from its start on. `begin` makes one."""

    def __init__(self, process: ChildProcess, order_fd: int, ready_fd: int, poller: Poller) -> None:
        self.process = process
        self.is_ready = False
        self.is_slain = False
        self._order_fd = order_fd
        self._ready_fd: int | None = ready_fd
        self._poller = poller
        poller.add(process.fd)
        poller.add(ready_fd)

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def hear(self, ready: set[object]) -> bool:
        """Whether it says, now and for the first time, that everything is loaded. `ready`: what may be read."""
        if self._ready_fd is None or self._ready_fd not in ready:
            return False
        said = os.read(self._ready_fd, len(READY))
        self._close_ready()
        self.is_ready = said == READY and not self.is_slain
        return self.is_ready

    def tell(self, worker: str, incarnation: int, runtime_dir: Path) -> ChildProcess:
        """Have it take over: its process, which is a worker's from then on. Raises OSError where it can't be told."""
        identity = Identity(worker, incarnation, os.getpid(), runtime_dir, self.process.memory_fd)
        os.write(self._order_fd, order_for(identity))
        self._let_go()
        self.process.stood_by = True
        return self.process

    def slay(self) -> None:
        """Kill it. It holds nothing that would have to be put in order."""
        self.is_slain = True
        self.process.slay()

    def reap(self) -> ExitStatus | None:
        """How it ended, if it has; everything of it is closed then."""
        status = self.process.reap()
        if status is not None:
            self._let_go()
        return status

    def _let_go(self) -> None:
        # First from the poller: once closed, the number may be given to the next process at once.
        self._poller.remove(self.process.fd)
        self._close_ready()
        os.close(self._order_fd)

    def _close_ready(self) -> None:
        if self._ready_fd is not None:
            self._poller.remove(self._ready_fd)
            os.close(self._ready_fd)
            self._ready_fd = None


def begin(configuration: Configuration, runtime_dir: Path, poller: Poller) -> WaitingProcess:
    """Start one that loads what these cameras need. Raises OSError; no process and no descriptor is left then."""
    with ExitStack() as theirs, ExitStack() as ours:
        order_in, order_out = os.pipe2(os.O_CLOEXEC)
        theirs.callback(os.close, order_in)
        ours.callback(os.close, order_out)
        os.set_blocking(order_out, False)
        ready_out, ready_in = os.pipe2(os.O_CLOEXEC)
        theirs.callback(os.close, ready_in)
        ours.callback(os.close, ready_out)
        configuration_fd = os.memfd_create("timelapse-configuration", 0)
        theirs.callback(os.close, configuration_fd)
        os.pwrite(configuration_fd, pack(configuration), 0)
        # Inherited by this one process alone: here both are closed before another is started.
        os.set_inheritable(ready_in, True)

        def arguments(evidence_fd: int) -> list[str]:
            return StandbyPlace(os.getpid(), runtime_dir, evidence_fd, ready_in, configuration_fd).arguments()

        process = start(CAPTURE_PACKAGE, "standby", arguments, stdin_fd=order_in)
        ours.pop_all()
    return WaitingProcess(process, order_out, ready_out, poller)
