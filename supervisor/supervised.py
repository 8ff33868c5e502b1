"""One supervised worker: its record, its process, and what is told about it.

Owns: carrying out what the policy decides for one worker, and counting its restarts.
Does not own: the decisions (`supervisor.policy`), the leases' judgement, sockets, the words of the log (`worker_log`).
Invariant: at most one process, and none is spawned before the last one was reaped.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from pathlib import Path

from shared.causes import WorkerCause
from shared.clock import NS_PER_MS, NS_PER_S, Clock, both, by_present_clock
from shared.errors import EX_NOHOST
from shared.events import WorkerChanged
from shared.status import LeaseStatus, RestartStatus, WorkerStatus
from supervisor import evidence, policy
from supervisor.causes import cause_of
from supervisor.leases import Held, LeaseBook
from supervisor.process import ChildProcess, ExitStatus, spawn
from supervisor.states import Action, Desired, Happening, Record, State
from supervisor.worker_log import WorkerLog

START_S = 30.0
"""From spawn to the first lease: imports alone, 0.2 s here and 2 s on the slowest Pi; from a busy card more."""
_ANNOUNCED = {
    State.STARTING: "starting",
    State.RUNNING: "ready",
    State.BACKOFF: "backoff",
    State.QUARANTINED: "quarantined",
    State.STOPPED: "stopped",
    State.FAILED: "stopped",
}

Announce = Callable[[str, WorkerChanged], None]
Spawn = Callable[[str, str, int, Path], ChildProcess]
"""As `supervisor.process.spawn`."""


class Supervised:
    """A worker under supervision. Every method is for the loop, and none blocks."""

    def __init__(
        self,
        name: str,
        package: str,
        runtime_dir: Path,
        *,
        clock: Clock,
        leases: LeaseBook,
        announce: Announce,
        spawn: Spawn = spawn,
    ) -> None:
        self.name = name
        self.record = Record()
        self.process: ChildProcess | None = None
        self.incarnation = 0
        self.configured_incarnation = 0
        self.configured_pid = 0
        self.route = b""
        self.last_cause: WorkerCause = ""
        self.last_detail = ""
        self.found_absent = False
        self.restarts: dict[str, int] = {}
        self._since = both(clock)
        self._package = package
        self._runtime_dir = runtime_dir
        self._clock = clock
        self._leases = leases
        self._announce = announce
        self._new_process = spawn
        self._hung_on: Held | None = None
        self._asked: WorkerCause = ""
        self._log = WorkerLog(name)

    @property
    def alive(self) -> bool:
        """Whether there may be a process."""
        return self.process is not None

    @property
    def since_wall_ns(self) -> int:
        """When it came into its state, by the wall clock as it is now: what happened before a step was not in 1970."""
        return by_present_clock(self._since, self._clock)

    def happen(self, happening: Happening, timing: policy.Timing) -> None:
        """Let the policy decide, and carry it out."""
        now_ns = self._clock.mono_ns()
        before = self.record
        moment = policy.Moment(now_ns, timing, random.random())  # noqa: S311 - jitter keeps no secret
        self.record, actions = policy.step(before, happening, moment)
        self._remember_who_asked(happening, before)
        if self.record.state is not before.state:
            self._since = both(self._clock)
            self._tell_state()
        for action in actions:
            self._carry_out(action, timing)

    def hang(self, held: Held, timing: policy.Timing) -> None:
        """Its lease ran out: gather what can be seen from outside, then let the policy end it."""
        self._hung_on = held
        self._leases.forget(self.name)
        seen = evidence.of_process(self.process.pid) if self.process else ""
        overdue_ms = round((self._clock.mono_ns() - held.deadline_ns) / NS_PER_MS, 1)
        detail = f"thread {held.thread} did not finish {held.operation}; noticed {overdue_ms} ms after its deadline"
        self._log.hangs(detail, self._clock.mono_ns())
        self._tell("hung", cause="hang", operation=held.operation, detail=detail, seen=seen, overdue_ms=overdue_ms)
        self.happen(Happening.HUNG, timing)

    def reap(self, timing: policy.Timing) -> bool:
        """Take note of its end, if it has ended. The only way by which `process` becomes None."""
        process = self.process
        status = process.reap() if process else None
        if process is None or status is None:
            return False
        self._note_end(status, process.last_words())
        process.close()
        self.process = None
        refused = self.last_cause == "configuration"
        self.happen(Happening.REFUSED if refused else Happening.EXITED, timing)
        return True

    def status(self) -> WorkerStatus:
        """Its part of the picture."""
        now_ns = self._clock.mono_ns()
        due_ns = self.record.due_ns if self.record.state is State.BACKOFF else None
        return WorkerStatus(
            pid=self.process.pid if self.process else None,
            incarnation=self.incarnation,
            state=self.record.state,
            desired=self.record.desired,
            since_wall_ns=self.since_wall_ns,
            restarts=RestartStatus(
                total=sum(self.restarts.values()), by_cause=dict(self.restarts), failures=self.record.failures
            ),
            last_cause=self.last_cause,
            last_detail=self.last_detail,
            next_start_s=None if due_ns is None else max(0.0, round((due_ns - now_ns) / NS_PER_S, 1)),
            leases={
                thread: LeaseStatus(operation=held.operation, left_s=round((held.deadline_ns - now_ns) / NS_PER_S, 1))
                for thread, held in self._leases.of(self.name).items()
            },
        )

    def _remember_who_asked(self, happening: Happening, before: Record) -> None:
        if happening in {Happening.RESTART, Happening.KILL} and self.alive:
            self._asked = "operator"
        elif happening is Happening.STOP and before.desired is Desired.UP:
            self._asked = "stopped"

    def _carry_out(self, action: Action, timing: policy.Timing) -> None:
        if action is Action.SPAWN:
            self._spawn(timing)
        elif self.process is not None and action is Action.SLAY:
            self._leases.forget(self.name)
            self.process.slay()
        elif self.process is not None:
            self.process.signal(signal.SIGABRT if action is Action.ABORT else signal.SIGTERM)

    def _spawn(self, timing: policy.Timing) -> None:
        # Invariant: the one place where a process begins, and only where the last one has been reaped.
        assert self.process is None, f"{self.name} would have two processes"
        self.incarnation += 1
        self._hung_on, self._asked = None, ""
        if self.incarnation > 1:
            self.restarts[self.last_cause or "stopped"] = self.restarts.get(self.last_cause or "stopped", 0) + 1
        try:
            self.process = self._new_process(self._package, self.name, self.incarnation, self._runtime_dir)
        except OSError as error:
            self.last_cause, self.last_detail = "spawn", f"can't be started: {error.strerror}"
            self._log.no_process(self.last_detail, self._clock.mono_ns())
            self.happen(Happening.EXITED, timing)
            return
        self._leases.begin(self.name, self._clock.mono_ns(), START_S)
        detail = "the stand-by takes over" if self.process.stood_by else ""
        self._tell("starting", cause=self.last_cause, detail=detail)

    def _note_end(self, status: ExitStatus, last_words: str) -> None:
        self._leases.forget(self.name)
        hung_on = self._hung_on
        self.last_cause = cause_of(status, hung=hung_on is not None, asked=self._asked)
        self.found_absent = self.last_cause == "camera" and status.code == EX_NOHOST
        said = last_words if status.code is not None else ""
        self.last_detail = f"hung on {hung_on.operation}; {status}" if hung_on else said or str(status)
        self._log.ended(self._pid(), self.last_cause, self.last_detail, self._clock.mono_ns())
        operation = hung_on.operation if hung_on else ""
        self._tell("exited", cause=self.last_cause, operation=operation, detail=self.last_detail, seen=last_words)

    def _pid(self) -> int:
        return self.process.pid if self.process else 0

    def _tell_state(self) -> None:
        state = self.record.state
        if state is State.QUARANTINED:
            self._log.quarantined(self._pid(), wanted=self.record.desired is Desired.UP)
            self._tell("quarantined", cause=self.last_cause)
            self._tell("wedged", cause="hang", detail="alive after SIGKILL", seen=evidence.of_process(self._pid()))
        elif (topic := _ANNOUNCED.get(state)) is not None and state is not State.STARTING:
            self._log_wait(state)
            self._tell(topic, cause=self.last_cause)

    def _log_wait(self, state: State) -> None:
        if state is State.BACKOFF and self.record.due_ns is not None:
            self._log.backs_off((self.record.due_ns - self._clock.mono_ns()) / NS_PER_S, self.last_cause)
        elif state is State.FAILED:
            self._log.waits(self.last_cause)

    def _tell(
        self,
        what: str,
        *,
        cause: WorkerCause = "",
        operation: str = "",
        detail: str = "",
        seen: str = "",
        overdue_ms: float | None = None,
    ) -> None:
        due_ns = self.record.due_ns if self.record.state is State.BACKOFF else None
        self._announce(
            f"worker.{what}",
            WorkerChanged(
                worker=self.name,
                incarnation=self.incarnation,
                pid=self.process.pid if self.process else None,
                state=self.record.state,
                cause=cause,
                operation=operation,
                delay_s=None if due_ns is None else max(0.0, round((due_ns - self._clock.mono_ns()) / NS_PER_S, 3)),
                overdue_ms=overdue_ms,
                detail=detail,
                evidence=seen,
            ),
        )
