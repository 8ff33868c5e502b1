"""The life of a worker process: how it starts, listens, speaks and ends.

Owns: what every worker does alike: dying with its parent, leaving a stack when aborted, signals as something to read,
the link to the supervisor. Does not own: any work.
Invariant: a worker that fails exits with the status of its error; it never backs off inside itself.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from shared import log as logs
from shared.about import about
from shared.causes import WORKER_CAUSES
from shared.clock import NS_PER_S, Clock, SystemClock
from shared.errors import EX_OK, EX_SOFTWARE, TimelapseError
from shared.lease import LeaseHolder
from shared.messages import Cancelled, Configure, Hello, Pruned, Published, Ready, Snapped
from shared.parent import die_with_parent
from shared.signals import SignalQueue
from shared.stack import leave_a_stack
from shared.transport import LeaseSocket, Poller, WorkerLink
from shared.wire import check_event_data
from shared.worker_identity import Identity, parse_identity

log = logging.getLogger(__name__)

_CONFIGURATION_S = 20.0
"""The supervisor answers a `Hello` within a turn of its loop; one that does not in this time is no longer there."""


class Worker:
    """A worker's dealings with the outside. All methods are for the main thread, but `lease_holder`."""

    def __init__(self, identity: Identity, topics: tuple[str, ...], clock: Clock) -> None:
        self.identity = identity
        self.clock = clock
        self.link = WorkerLink(identity.runtime_dir, topics)
        self.lease = self.lease_holder("main")
        self.signals = SignalQueue()
        self.poller = Poller()
        for readable in (self.link.supervisor, self.link.events, self.signals.fd):
            self.poller.add(readable)

    def configuration(self) -> Configure:
        """Ask for the configuration and wait for it. Blocks. Raises `TimelapseError` when none comes."""
        self.lease.sleep(_CONFIGURATION_S)
        self.link.send(Hello(worker=self.identity.worker, incarnation=self.identity.incarnation, pid=self.identity.pid))
        until_ns = self.clock.mono_ns() + int(_CONFIGURATION_S * NS_PER_S)
        while (left_ns := until_ns - self.clock.mono_ns()) > 0:
            self.poller.wait(left_ns)
            for order in self.link.orders():
                if isinstance(order, Configure):
                    return order
            if {signal.SIGTERM, signal.SIGINT} & set(self.signals.taken()):
                self.end(EX_OK)
        raise TimelapseError("the supervisor sent no configuration")

    def ready(self) -> None:
        """Say, once, that the work has begun."""
        self.link.send(Ready(worker=self.identity.worker, incarnation=self.identity.incarnation, pid=self.identity.pid))

    def snapped(self, operation: str, path: str, problem: str) -> None:
        """Answer `Snapshot`: the picture is in `path`, or there is none, and why."""
        me = self.identity
        answer = Snapped(
            worker=me.worker,
            incarnation=me.incarnation,
            pid=me.pid,
            operation=operation,
            ok=not problem,
            path=path,
            detail=problem,
        )
        self.link.send(answer)

    def pruned(self, operation: str, *, ok: bool, frames: int, freed_bytes: int, detail: str) -> None:
        """Answer `Prune`: what was deleted, and what stayed that should have gone."""
        me = self.identity
        answer = Pruned(
            worker=me.worker,
            incarnation=me.incarnation,
            pid=me.pid,
            operation=operation,
            ok=ok,
            frames=frames,
            bytes=freed_bytes,
            detail=detail,
        )
        self.link.send(answer)

    def cancelled(self, operation: str, *, ok: bool, detail: str) -> None:
        """Answer `Cancel`: what was given up, or why nothing was."""
        me = self.identity
        answer = Cancelled(
            worker=me.worker, incarnation=me.incarnation, pid=me.pid, operation=operation, ok=ok, detail=detail
        )
        self.link.send(answer)

    def publish(self, topic: str, data: Struct) -> None:
        """Send an event to the tap. Never blocks; one that finds no room is counted in the next that does."""
        self._send(topic, data, self.clock.wall_ns(), self.clock.mono_ns())

    def offer(self, topic: str, data: Struct, wall_ns: int, mono_ns: int) -> bool:
        """Send an event of that moment, or not: one that finds no room is the caller's to offer again. Never blocks."""
        sent = self._send(topic, data, wall_ns, mono_ns)
        if not sent:
            # The link has counted it, and it is not lost.
            self.link.dropped -= 1
        return sent

    def _send(self, topic: str, data: Struct, wall_ns: int, mono_ns: int) -> bool:
        message = Published(
            worker=self.identity.worker,
            incarnation=self.identity.incarnation,
            pid=self.identity.pid,
            topic=topic,
            wall_ns=wall_ns,
            mono_ns=mono_ns,
            data=check_event_data(topic, data),
            dropped=self.link.dropped,
        )
        sent = self.link.send(message)
        if sent:
            self.link.dropped = 0
        return sent

    def lease_holder(self, thread: str) -> LeaseHolder:
        """A lease for another thread. To be called in that thread."""
        leases = LeaseSocket(self.identity.runtime_dir)
        return LeaseHolder(self.identity, thread, self.clock, leases.send)

    def end(self, status: int) -> NoReturn:
        """End this process now, whatever its other threads are stuck in, once the last messages have gone."""
        self.link.close()
        logging.shutdown()
        os._exit(status)


def run(work: Callable[[Worker], int], topics: tuple[str, ...], arguments: list[str] | None = None) -> NoReturn:
    """The main function of a worker: set the process up, do the work, exit with its status or its error's."""
    identity = parse_identity(sys.argv[1:] if arguments is None else arguments)
    die_with_parent(identity.parent_pid)
    leave_a_stack(identity.evidence_fd)
    be_called(identity.worker)
    logs.to_stderr(identity.worker)
    worker = Worker(identity, topics, SystemClock())
    try:
        status = work(worker)
    except TimelapseError as error:
        # The supervisor says it too, with the level that it deserves, and not again and again.
        log.info("%s", error, extra=about(cause=WORKER_CAUSES.get(error.status, "crash")))
        leave_a_word(identity.evidence_fd, str(error))
        status = error.status
    except Exception:
        # A bug. The trace is for the log, the exit is for the supervisor, which starts a new one.
        log.exception("ends on an error of its own", extra=about(cause="crash"))
        status = EX_SOFTWARE
    worker.end(status)


def be_called(name: str) -> None:
    """Have `ps -e`, `top` and `pgrep -x` name this process so, by the first 15 bytes."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def leave_a_word(evidence_fd: int, word: str) -> None:
    """Leave why this process ends in the memory file, where it arrives for certain: a last message is mostly lost."""
    if evidence_fd >= 0:
        os.write(evidence_fd, word.encode("utf-8", "replace"))
