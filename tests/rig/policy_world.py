"""A simulated worker under the restart policy, on a simulated clock, with everything that a process can do to one.

Owns: the process that works, hangs, ignores signals, sits in uninterruptible sleep or dies late; the turns of the loop
that drives the policy; and a second, independent account of what the policy has to remember.
Does not own: what happens when (the test's trace says it).
Invariant: after each happening the record is compared with that account; a process begins only where none is.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.clock import NS_PER_S
from supervisor.policy import Moment, Timing, step
from supervisor.states import PROCESS_STATES, Action, Desired, Happening, Record, State

JITTER = 0.5
_ENDING = {State.STOPPING, State.KILLING, State.QUARANTINED}
_TIMED = {State.STOPPING, State.KILLING, State.BACKOFF}
_MAY_CAUSE = {
    Action.SPAWN: {Happening.START, Happening.RESTART, Happening.RELOADED, Happening.APPEARED, Happening.DUE},
    Action.TERMINATE: {Happening.STOP, Happening.RESTART},
    Action.ABORT: {Happening.HUNG},
    Action.SLAY: {Happening.KILL, Happening.DUE},
}
_WANTS = {Happening.START: Desired.UP, Happening.RESTART: Desired.UP, Happening.STOP: Desired.DOWN}


class SimulatedProcess:
    """What a process does when it is told to end. Times in nanoseconds."""

    def __init__(self, spawned_ns: int) -> None:
        self.spawned_ns = spawned_ns
        self.heeds_sigterm = True
        self.heeds_sigabrt = True
        self.uninterruptible = False
        self.lingers_ns = 0
        self.ends_ns: int | None = None
        self.end = Happening.EXITED
        self.asked_to_end = False
        self.reloaded = False
        self.worked = False

    def end_at(self, ns: int) -> None:
        """It will have ended at `ns`, if nothing ends it before; what it is told later does not keep it alive."""
        self.ends_ns = ns if self.ends_ns is None else min(self.ends_ns, ns)

    def obey(self, action: Action, now_ns: int) -> None:
        """A signal has come."""
        heeds = {Action.TERMINATE: self.heeds_sigterm, Action.ABORT: self.heeds_sigabrt, Action.SLAY: True}
        if heeds[action]:
            self.end_at(now_ns + self.lingers_ns)

    def has_ended(self, now_ns: int) -> bool:
        """Nothing that is in uninterruptible sleep ends."""
        return not self.uninterruptible and self.ends_ns is not None and self.ends_ns <= now_ns


class World:
    """One worker, its policy and its operator. `now_ns` moves in `wait` and `stall` alone."""

    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()
        self.now_ns = 1_000 * NS_PER_S
        self.record = Record()
        self.process: SimulatedProcess | None = None
        self.wanted = Desired.DOWN
        self.failures = 0
        self.spawns = 0
        self._kill_ends_by_ns = 0
        self._delay_s = 0.0
        self._given_up = False

    def happen(self, happening: Happening) -> None:
        """Let it befall the worker, carry out what follows, and compare."""
        before = self.record
        self._account(happening, before)
        self.record, actions = step(before, happening, Moment(self.now_ns, self.timing, JITTER))
        had_process = self.process is not None
        for action in actions:
            assert happening in _MAY_CAUSE[action], f"{action} because of {happening}"
            self._carry_out(action)
        self._compare_answer(happening, before, actions, had_process=had_process)
        self._compare(before)

    def hang(self) -> None:
        """A lease runs out, which only a process that is not being killed already still has."""
        if self.record.state in {State.STARTING, State.RUNNING, State.STOPPING}:
            self.happen(Happening.HUNG)

    def end(self, how: Happening) -> None:
        """The process ends by itself, and is reaped unless it can't be."""
        if self.process is not None:
            self.process.end = how
            self.process.end_at(self.now_ns)
            self._reap()

    def wake(self) -> None:
        """The disk or the camera answers: the process comes out of uninterruptible sleep."""
        if self.process is not None:
            self.process.uninterruptible = False
            self._reap()

    def wait(self, seconds: float) -> None:
        """Time passes; ends and timers are noticed when they are due."""
        until_ns = self.now_ns + round(seconds * NS_PER_S)
        while (next_ns := self._next_ns()) is not None and next_ns <= until_ns:
            self.now_ns = max(self.now_ns, next_ns)
            self._turn()
        self.now_ns = until_ns

    def stall(self, seconds: float) -> None:
        """The machine is suspended, or the loop starved: time passes and nothing is noticed before its end."""
        late_ns = round(seconds * NS_PER_S)
        self.now_ns += late_ns
        self._kill_ends_by_ns += late_ns
        self._turn()

    def settle(self) -> None:
        """Leave it alone for long: whatever is stuck answers at last, and nobody orders anything."""
        self.wake()
        self.wait(self.timing.stop_s + self.timing.abort_s + self.timing.slay_s + 60)
        if self.wanted is Desired.DOWN:
            assert self.record.state is State.STOPPED
        elif self.record.state is not State.FAILED:
            assert self.process is not None or self.record.state is State.BACKOFF
            self.wait(self.timing.max_s)
            assert self.process is not None

    def _next_ns(self) -> int | None:
        end_ns = None if self.process is None or self.process.uninterruptible else self.process.ends_ns
        return min((ns for ns in (end_ns, self.record.due_ns) if ns is not None), default=None)

    def _turn(self) -> None:
        self._reap()
        if self.record.due_ns is not None and self.record.due_ns <= self.now_ns:
            self.happen(Happening.DUE)

    def _reap(self) -> None:
        if self.process is not None and self.process.has_ended(self.now_ns):
            self.happen(self.process.end)

    def _carry_out(self, action: Action) -> None:
        if action is Action.SPAWN:
            assert self.process is None, "a second opener"
            assert self.wanted is Desired.UP, "started against the operator's will"
            self.process = SimulatedProcess(self.now_ns)
            self.spawns += 1
        else:
            assert self.process is not None, f"{action} to a process that is gone"
            self.process.obey(action, self.now_ns)

    def _account(self, happening: Happening, before: Record) -> None:
        """The account of its own: what is wanted, whose idea the end was, how many failures there were."""
        self.wanted = _WANTS.get(happening, self.wanted)
        process = self.process
        if happening is Happening.APPEARED and before.state is State.BACKOFF:
            self.failures = min(self.failures, 1)
        if process is None:
            return
        orders = {Happening.STOP, Happening.RESTART, Happening.KILL}
        ending = before.state in _ENDING
        process.asked_to_end |= happening in orders or (ending and happening is Happening.START)
        process.reloaded |= happening is Happening.RELOADED
        process.worked |= happening is Happening.WORKED
        stable = process.worked and self.now_ns - process.spawned_ns >= self.timing.stable_s * NS_PER_S
        if happening in {Happening.EXITED, Happening.REFUSED}:
            self._account_end(process, happening, stable=stable)
        elif happening is Happening.WORKED and stable:
            self.failures = 0

    def _account_end(self, process: SimulatedProcess, happening: Happening, *, stable: bool) -> None:
        if self.wanted is Desired.UP:
            self._given_up = happening is Happening.REFUSED and not process.asked_to_end and not process.reloaded
            self.failures = 0 if stable and not self._given_up else self.failures
            self.failures += not process.asked_to_end
            self._delay_s = 0.0 if process.asked_to_end else self._expected_delay_s()
        self.process = None

    def _expected_delay_s(self) -> float:
        if self.failures == 1:
            return 0.0
        return min(self.timing.base_s * 2.0 ** (self.failures - 2) + JITTER, self.timing.max_s)

    def _compare_answer(
        self, happening: Happening, before: Record, actions: tuple[Action, ...], *, had_process: bool
    ) -> None:
        """What an order, a hang or an end is always followed by."""
        if happening is Happening.KILL and had_process:
            assert actions == (Action.SLAY,)
        elif happening in {Happening.START, Happening.RESTART} and not had_process:
            assert actions == (Action.SPAWN,), "an order to start waits for nothing"
        elif happening is Happening.RELOADED:
            assert bool(actions) == (before.state in {State.BACKOFF, State.FAILED})
        elif happening is Happening.APPEARED:
            assert bool(actions) == (before.state is State.BACKOFF)
        elif happening is Happening.HUNG:
            assert (self.record.state, actions) == (State.KILLING, (Action.ABORT,))
        elif happening is Happening.READY:
            assert (self.record.state is State.RUNNING) == (before.state in {State.STARTING, State.RUNNING})
        elif happening in {Happening.EXITED, Happening.REFUSED} and self.wanted is Desired.UP:
            assert self.record.state is (State.FAILED if self._given_up else State.BACKOFF)

    def _compare(self, before: Record) -> None:
        record = self.record
        assert record.desired is self.wanted
        assert record.failures == self.failures
        assert (record.state in PROCESS_STATES) == (self.process is not None)
        assert (record.due_ns is not None) == (record.state in _TIMED), "each waiting state has its one timer"
        down = record.desired is Desired.DOWN
        assert not (down and record.state in {State.STARTING, State.RUNNING, State.BACKOFF, State.FAILED})
        assert down or record.state is not State.STOPPED
        self._compare_kill(before)
        if record.due_ns is not None and before.state is not record.state:
            wait_s = {State.STOPPING: self.timing.stop_s, State.BACKOFF: self._delay_s}
            longest_s = wait_s.get(record.state, max(self.timing.abort_s, self.timing.slay_s))
            assert record.due_ns - self.now_ns <= longest_s * NS_PER_S
            assert record.state is not State.BACKOFF or record.due_ns - self.now_ns == int(longest_s * NS_PER_S)

    def _compare_kill(self, before: Record) -> None:
        if self.record.state is not State.KILLING:
            return
        if before.state is not State.KILLING:
            kill_s = self.timing.abort_s + self.timing.slay_s
            self._kill_ends_by_ns = self.now_ns + round(kill_s * NS_PER_S)
        assert self.record.due_ns is not None
        assert self.record.due_ns <= self._kill_ends_by_ns, "the end of a kill was put off"


Step = tuple[str, Callable[[World], None]]


def _order(happening: Happening) -> Step:
    return str(happening), lambda world: world.happen(happening)


def _wait(seconds: float) -> Step:
    return f"wait {seconds} s", lambda world: world.wait(seconds)


def _process(name: str, attribute: str, value: object) -> Step:
    def change(world: World) -> None:
        if world.process is not None:
            setattr(world.process, attribute, value)

    return name, change


STEPS: tuple[Step, ...] = (
    # First, so that a failing trace shrinks to its steps and nothing in between.
    _wait(0.0),
    _order(Happening.START),
    _order(Happening.STOP),
    _order(Happening.RESTART),
    _order(Happening.KILL),
    _order(Happening.READY),
    _order(Happening.WORKED),
    ("hangs", World.hang),
    ("ends", lambda world: world.end(Happening.EXITED)),
    ("ends with 78", lambda world: world.end(Happening.REFUSED)),
    _order(Happening.RELOADED),
    _order(Happening.APPEARED),
    *(_wait(seconds) for seconds in (0.1, 0.9, 1.9, 5.0, 20.0, 61.0, 400.0)),
    _process("ignores SIGTERM", "heeds_sigterm", False),
    _process("ignores SIGABRT", "heeds_sigabrt", False),
    _process("enters uninterruptible sleep", "uninterruptible", True),
    ("wakes from it", World.wake),
    *(_process(f"ends {s} s after a signal", "lingers_ns", int(s * NS_PER_S)) for s in (0.05, 1.5, 2.5, 30.0)),
    ("the loop stalls", lambda world: world.stall(3.7)),
    # What weighs most in practice is tried more often.
    ("ends", lambda world: world.end(Happening.EXITED)),
    ("hangs", World.hang),
    _order(Happening.START),
    _order(Happening.STOP),
)
"""What a trace is made of: a byte of it names a step."""
