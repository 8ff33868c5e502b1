"""The restart policy: a pure, total table of (state, happening), with what is desired as part of the record.

Owns: every decision about starting, stopping, killing and waiting. Does not own: carrying it out, nor the clock:
`now_ns` is an argument.
Invariants, walked by `tests/supervisor/test_policy.py` over many thousand random traces: a process is spawned only when
the one before it is proven dead; what the operator wants is never lost; every kill ends, dead or quarantined; a stop
beats a pending restart.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from shared.clock import NS_PER_S
from supervisor.delays import restart_delay_s
from supervisor.states import Action, Desired, Happening, Record, State

Actions = tuple[Action, ...]
Outcome = tuple[Record, Actions]


class Timing(Struct, frozen=True):
    """How long things may take, in seconds: the restart delays, and the steps of ending a process."""

    base_s: float = 5.0
    max_s: float = 300.0
    stable_s: float = 60.0
    stop_s: float = 3.0
    abort_s: float = 1.0
    slay_s: float = 2.0


class Moment(Struct, frozen=True):
    """What a decision depends on apart from the record: the time, the timing, and a random `jitter` in [0, 1)."""

    now_ns: int
    timing: Timing
    jitter: float

    def after(self, delay_s: float) -> int:
        """The monotonic time `delay_s` from now."""
        return self.now_ns + int(delay_s * NS_PER_S)


def step(record: Record, happening: Happening, moment: Moment) -> Outcome:
    """What follows when `happening` befalls a worker. Total: every pair has an answer."""
    return TABLE[record.state][happening](record, moment)


def _stay(record: Record, _moment: Moment) -> Outcome:
    return record, ()


def _want_up(record: Record, _moment: Moment) -> Outcome:
    return replace(record, desired=Desired.UP), ()


def _want_up_at_once(record: Record, _moment: Moment) -> Outcome:
    """An order to begin again while the process still ends: as in a back-off, nothing is waited for after its end."""
    return replace(record, desired=Desired.UP, forgiven=True), ()


def _want_down(record: Record, _moment: Moment) -> Outcome:
    return replace(record, desired=Desired.DOWN), ()


def _want_down_sooner(record: Record, moment: Moment) -> Outcome:
    """A stop on top of a stop or restart: a shutdown allows it less time than an operator does."""
    due_ns = _no_later(record, moment.after(moment.timing.stop_s))
    return replace(record, desired=Desired.DOWN, due_ns=due_ns), ()


def _note_reload(record: Record, _moment: Moment) -> Outcome:
    return replace(record, reloaded=True), ()


def _spawn(record: Record, moment: Moment) -> Outcome:
    new = Record(State.STARTING, Desired.UP, failures=record.failures, spawned_ns=moment.now_ns)
    return new, (Action.SPAWN,)


def _begin_anew(record: Record, moment: Moment) -> Outcome:
    """The camera is back. What failed while it was away says nothing of it: the next delay is the first again.

    Not zero: this start is the one that waits for nothing. Forgetting it all is for those that have worked.
    """
    return _spawn(replace(record, failures=min(record.failures, 1)), moment)


def _settle(record: Record, _moment: Moment) -> Outcome:
    return replace(record, state=State.STOPPED, desired=Desired.DOWN, due_ns=None), ()


def _run(record: Record, _moment: Moment) -> Outcome:
    return replace(record, state=State.RUNNING), ()


def _work(record: Record, moment: Moment) -> Outcome:
    worked = replace(record, worked=True)
    return replace(worked, failures=0) if _is_stable(worked, moment) else worked, ()


def _terminate(record: Record, moment: Moment) -> Outcome:
    due_ns = moment.after(moment.timing.stop_s)
    return replace(record, state=State.STOPPING, forgiven=True, due_ns=due_ns), (Action.TERMINATE,)


def _stop(record: Record, moment: Moment) -> Outcome:
    return _terminate(replace(record, desired=Desired.DOWN), moment)


def _restart(record: Record, moment: Moment) -> Outcome:
    return _terminate(replace(record, desired=Desired.UP), moment)


def _abort(record: Record, moment: Moment) -> Outcome:
    due_ns = moment.after(moment.timing.abort_s)
    return replace(record, state=State.KILLING, slain=False, due_ns=due_ns), (Action.ABORT,)


def _slay(record: Record, moment: Moment) -> Outcome:
    due_ns = moment.after(moment.timing.slay_s)
    return replace(record, state=State.KILLING, slain=True, due_ns=due_ns), (Action.SLAY,)


def _slay_by_order(record: Record, moment: Moment) -> Outcome:
    return _slay(replace(record, forgiven=True), moment)


def _slay_sooner(record: Record, moment: Moment) -> Outcome:
    """An order on top of a kill. Invariant: it never puts off the end of the kill, however often it is repeated."""
    slain, actions = _slay_by_order(record, moment)
    if record.slain:
        slain = replace(slain, due_ns=_no_later(record, moment.after(moment.timing.slay_s)))
    return slain, actions


def _kill_further(record: Record, moment: Moment) -> Outcome:
    """The deadline of a kill: SIGABRT was not enough, or SIGKILL was not, and then nothing is."""
    if not record.slain:
        return _slay(record, moment)
    return replace(record, state=State.QUARANTINED, due_ns=None), ()


def _slay_again(record: Record, _moment: Moment) -> Outcome:
    return replace(record, forgiven=True), (Action.SLAY,)


def _bury(record: Record, moment: Moment) -> Outcome:
    """The process is proven dead. Only from here does a worker come to a state without one."""
    if record.desired is Desired.DOWN:
        return _settle(record, moment)
    if _is_stable(record, moment):
        record = replace(record, failures=0)
    failures = record.failures if record.forgiven else record.failures + 1
    delay_s = 0.0 if record.forgiven else restart_delay_s(failures, moment.jitter, moment.timing)
    return replace(record, state=State.BACKOFF, failures=failures, due_ns=moment.after(delay_s)), ()


def _refuse(record: Record, moment: Moment) -> Outcome:
    """It ended over its configuration: trying the same again is no use before a reload or an operator.

    Where one of them came while it was still alive, it is tried again with what is in force by now.
    """
    if record.desired is Desired.DOWN or record.forgiven or record.reloaded:
        return _bury(record, moment)
    return replace(record, state=State.FAILED, failures=record.failures + 1, due_ns=None), ()


def _is_stable(record: Record, moment: Moment) -> bool:
    lasted_ns = moment.now_ns - record.spawned_ns
    return record.worked and lasted_ns >= moment.timing.stable_s * NS_PER_S


def _no_later(record: Record, due_ns: int) -> int:
    return due_ns if record.due_ns is None else min(record.due_ns, due_ns)


_Rule = Callable[[Record, Moment], Outcome]
_NOTHING: dict[Happening, _Rule] = dict.fromkeys(Happening, _stay)
_ALIVE = _NOTHING | {
    Happening.START: _want_up,
    Happening.STOP: _stop,
    Happening.RESTART: _restart,
    Happening.KILL: _slay_by_order,
    Happening.WORKED: _work,
    Happening.EXITED: _bury,
    Happening.REFUSED: _refuse,
    Happening.HUNG: _abort,
    Happening.RELOADED: _note_reload,
}
_ENDING = _NOTHING | {
    Happening.START: _want_up_at_once,
    Happening.STOP: _want_down,
    Happening.RESTART: _want_up_at_once,
    Happening.WORKED: _work,
    Happening.EXITED: _bury,
    Happening.REFUSED: _refuse,
    Happening.RELOADED: _note_reload,
}
_WAITING = _NOTHING | {
    Happening.START: _spawn,
    Happening.STOP: _settle,
    Happening.RESTART: _spawn,
    Happening.RELOADED: _spawn,
}

TABLE: dict[State, dict[Happening, _Rule]] = {
    State.STOPPED: _NOTHING | {Happening.START: _spawn, Happening.RESTART: _spawn},
    State.STARTING: _ALIVE | {Happening.READY: _run},
    State.RUNNING: _ALIVE,
    State.STOPPING: _ENDING
    | {
        Happening.STOP: _want_down_sooner,
        Happening.KILL: _slay_by_order,
        Happening.HUNG: _abort,
        Happening.DUE: _slay,
    },
    State.KILLING: _ENDING | {Happening.KILL: _slay_sooner, Happening.DUE: _kill_further},
    State.QUARANTINED: _ENDING | {Happening.KILL: _slay_again},
    State.BACKOFF: _WAITING | {Happening.DUE: _spawn, Happening.APPEARED: _begin_anew},
    State.FAILED: _WAITING,
}
"""Drawn in docs/state-graph.md; a test compares the drawing with this."""
