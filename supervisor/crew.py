"""All supervised workers together: who there is, who speaks, who is told what, and how they end.

Owns: the workers by name, the leases, the orders to them, and the order of a shutdown.
Does not own: sockets and events' numbers; the loop's turn.
Invariant: what a process says counts only while it is the incarnation that was configured last, so that a late message
of a dead one can't tell a slot twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from shared.about import about
from shared.clock import Clock
from shared.config.model import Configuration
from shared.errors import BusyError, UsageError
from shared.events import OperationFinished, WorkerChanged
from shared.messages import Cancel, Cancelled, FromWorker, Lease, Prune, Pruned, Snapped, Snapshot
from supervisor.leases import LeaseBook
from supervisor.memory import Memory
from supervisor.operations import Operations
from supervisor.policy import Timing
from supervisor.process import spawn
from supervisor.roster import RENDER, camera_of, find, workers_of
from supervisor.states import Desired, Happening, State
from supervisor.supervised import Spawn, Supervised

log = logging.getLogger(__name__)

_HAPPENINGS = {
    "start": Happening.START,
    "stop": Happening.STOP,
    "restart": Happening.RESTART,
    "kill": Happening.KILL,
}


class Crew:
    """The workers. Never blocks."""

    def __init__(
        self,
        runtime_dir: Path,
        memory: Memory,
        clock: Clock,
        *,
        tell: Callable[[str, WorkerChanged | OperationFinished], None],
        spawn: Spawn = spawn,
    ) -> None:
        self.workers: dict[str, Supervised] = {}
        self.leases = LeaseBook({})
        self.timing = Timing()
        self._runtime_dir = runtime_dir
        self._memory = memory
        self._clock = clock
        self._tell = tell
        self._spawn = spawn
        self._operations = Operations()
        self._leaving: set[str] = set()

    def configure(self, configuration: Configuration) -> None:
        """Have exactly the workers of this configuration: new ones start, those that are gone are stopped."""
        restart = configuration.supervisor.restart
        self.timing = Timing(restart.base_s, restart.max_s, restart.stable_s)
        self.leases.caps_s = configuration.supervisor.lease_caps_s
        wanted = workers_of(configuration)
        for name in self.workers.keys() - wanted.keys():
            self._leaving.add(name)
            self.happen(name, Happening.STOP)
        stopped = self._memory.stopped()
        for name, package in wanted.items():
            comes_back = name in self._leaving
            self._leaving.discard(name)
            if name not in self.workers:
                self._add(name, package, down=name in stopped)
            elif comes_back and name not in stopped:
                # It was taken out of the configuration and put back before its process had ended.
                self.happen(name, Happening.START)
            else:
                self.happen(name, Happening.RELOADED)
        self._let_go()

    def order(self, verb: str, worker: str) -> str:
        """Carry out an operator's order; the operation's id. Raises `UsageError` for an unknown worker."""
        # One that leaves has nothing to wait for: it will not be there when the operation is done.
        name = find(worker, [name for name in self.workers if name not in self._leaving])
        supervised = self.workers[name]
        operation = self._operations.begin(verb, name, supervised.incarnation)
        self.happen(name, _HAPPENINGS[verb])
        if verb != "kill":
            down = {worker.name for worker in self.workers.values() if worker.record.desired is Desired.DOWN}
            # A camera that is not configured now may be again, and is then as the operator left it.
            elsewhere = self._memory.stopped() - self.workers.keys()
            self._memory.note_stopped((down - self._leaving) | elsewhere)
        return operation

    def snapshot(self, worker: str) -> tuple[bytes, Snapshot]:
        """Begin an operation that `snapped` ends: the route to the camera's worker, and what to send there.

        Raises `UsageError` for a worker that is unknown or has no camera, `BusyError` where it can't take pictures now.
        """
        name = find(worker, [name for name in self.workers if name not in self._leaving])
        supervised = self.workers[name]
        if camera_of(name) is None:
            raise UsageError(f"{name} has no camera; ask one of: {', '.join(filter(camera_of, self.workers))}")
        _check_running(supervised, "takes no pictures")
        operation = self._operations.begin("snapshot", name, supervised.incarnation)
        return supervised.route, Snapshot(operation=operation)

    def prune(self, worker: str) -> tuple[bytes, Prune]:
        """Likewise, for the worker that deletes frames."""
        name = find(worker or "storage", [name for name in self.workers if name not in self._leaving])
        supervised = self.workers[name]
        if name != "storage":
            raise UsageError(f"{name} deletes no frames; that is done by storage")
        _check_running(supervised, "deletes nothing")
        return supervised.route, Prune(operation=self._operations.begin("prune", name, supervised.incarnation))

    def cancel(self, worker: str) -> tuple[bytes, Cancel]:
        """Likewise, for the worker that renders: it gives up what it is at."""
        known = [name for name in self.workers if name not in self._leaving]
        if RENDER not in known:
            raise UsageError("nothing is rendered by itself here: render.daily is off")
        name = find(worker or RENDER, known)
        supervised = self.workers[name]
        if name != RENDER:
            raise UsageError(f"{name} renders nothing; that is done by {RENDER}")
        _check_running(supervised, "renders nothing")
        return supervised.route, Cancel(operation=self._operations.begin("cancel", name, supervised.incarnation))

    def cancelled(self, message: Cancelled) -> None:
        """A worker has answered `cancel`. As below."""
        self._finish(message)

    def pruned(self, message: Pruned) -> None:
        """A worker has answered `prune`; an answer that nobody waits for any more means nothing."""
        self._finish(message, frames=message.frames, freed_bytes=message.bytes)

    def snapped(self, message: Snapped) -> None:
        """A worker has answered `snapshot`. Likewise."""
        self._finish(message, path=message.path)

    def happen(self, name: str, happening: Happening) -> None:
        """Something befell a worker; one that is not known does not matter."""
        if (supervised := self.workers.get(name)) is not None:
            supervised.happen(happening, self.timing)
            self._finish_operations(supervised)

    def speaker(self, message: FromWorker) -> Supervised | None:
        """The worker that a message is really from, if what it says counts."""
        supervised = self.workers.get(message.worker)
        if supervised is None:
            return None
        process = supervised.process
        current = process is not None and message.pid == process.pid
        if current and message.incarnation == supervised.incarnation:
            return supervised
        configured = (supervised.configured_incarnation, supervised.configured_pid)
        return supervised if (message.incarnation, message.pid) == configured else None

    def observe(self, lease: Lease) -> None:
        """A thread declared a lease. One of a process that is dead or being killed means nothing."""
        supervised = self.workers.get(lease.worker)
        if supervised is None or supervised.process is None:
            return
        ours = (lease.incarnation, lease.pid) == (supervised.incarnation, supervised.process.pid)
        if ours and supervised.record.state in {State.STARTING, State.RUNNING, State.STOPPING}:
            self.leases.observe(lease, self._clock.mono_ns())

    def reap(self) -> list[Supervised]:
        """Those whose process has ended, each already dealt with."""
        ended = [worker for worker in list(self.workers.values()) if worker.reap(self.timing)]
        for worker in ended:
            self._finish_operations(worker)
        self._let_go()
        return ended

    def end_hangs(self, now_ns: int) -> None:
        """Kill those whose lease has run out."""
        for held in self.leases.hung(now_ns):
            if (supervised := self.workers.get(held.worker)) is not None:
                supervised.hang(held, self.timing)

    def run_timers(self, now_ns: int) -> None:
        """Let what is due happen."""
        for name, worker in list(self.workers.items()):
            if worker.record.due_ns is not None and worker.record.due_ns <= now_ns:
                self.happen(name, Happening.DUE)

    def next_due_ns(self) -> int | None:
        """When the nearest timer or lease is due."""
        due = [worker.record.due_ns for worker in self.workers.values() if worker.record.due_ns is not None]
        lease_ns = self.leases.next_look_ns()
        return min([*due, lease_ns] if lease_ns is not None else due, default=None)

    def alive(self, prefix: str = "") -> list[str]:
        """The workers that have a process which is not given up on."""
        return [
            name
            for name, worker in self.workers.items()
            if name.startswith(prefix) and worker.alive and worker.record.state is not State.QUARANTINED
        ]

    def wind_down(self, prefix: str, stop_s: float, slay_s: float) -> None:
        """Stop these for good, as the first half of a shutdown: an orderly end within `stop_s`, else SIGKILL."""
        self.timing = replace(self.timing, stop_s=stop_s, abort_s=0.0, slay_s=slay_s)
        for name in [name for name in self.workers if name.startswith(prefix)]:
            self.happen(name, Happening.STOP)
            if self.workers[name].record.state is State.KILLING:
                self.happen(name, Happening.KILL)

    def slay_all(self) -> None:
        """The hurried end of a shutdown."""
        for name in list(self.workers):
            self.happen(name, Happening.STOP)
            self.happen(name, Happening.KILL)

    def _add(self, name: str, package: str, *, down: bool) -> None:
        self.workers[name] = Supervised(
            name,
            package,
            self._runtime_dir,
            clock=self._clock,
            leases=self.leases,
            announce=self._tell,
            spawn=self._spawn,
        )
        if down:
            log.info("%s stays stopped, as an operator has left it", name, extra=about(worker=name, cause="stopped"))
            self.workers[name].last_cause = "stopped"
        else:
            self.happen(name, Happening.START)

    def _let_go(self) -> None:
        for name in [name for name in self._leaving if not self.workers[name].alive]:
            self._leaving.discard(name)
            del self.workers[name]

    def _finish_operations(self, worker: Supervised) -> None:
        detail = worker.last_detail
        for finished in self._operations.ended(worker.name, worker.record, worker.incarnation, detail):
            self._tell("operation.finished", finished)

    def _finish(
        self, message: Snapped | Pruned | Cancelled, *, path: str = "", frames: int = 0, freed_bytes: int = 0
    ) -> None:
        if self._operations.answered(message.operation) is not None:
            finished = OperationFinished(
                operation=message.operation,
                ok=message.ok,
                worker=message.worker,
                detail=message.detail,
                path=path,
                frames=frames,
                bytes=freed_bytes,
            )
            self._tell("operation.finished", finished)


def _check_running(worker: Supervised, otherwise: str) -> None:
    """Raise `BusyError` where it does not run, and so `otherwise`, as in "takes no pictures"."""
    if worker.record.state is not State.RUNNING:
        why = f" ({worker.last_detail})" if worker.last_detail else ""
        raise BusyError(f"{worker.name} {otherwise} at present: it is in the state {worker.record.state}{why}")
