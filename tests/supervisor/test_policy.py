"""The restart policy: total, true to its invariants over many thousand traces, and right where it is subtle."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.clock import NS_PER_S
from supervisor.policy import TABLE, Moment, Timing, step
from supervisor.states import PROCESS_STATES, Action, Desired, Happening, Record, State
from tests.rig.policy_world import STEPS, World

NOW_NS = 1_000 * NS_PER_S
TIMING = Timing()
MOMENT = Moment(NOW_NS, TIMING, 0.5)
TRACES = 5_000
"""For each of the two timings that are explored."""


def _explore(trace: bytes, timing: Timing) -> World:
    """Go through a trace, each byte a step; the account in `World` is compared after each."""
    world = World(timing)
    for byte in trace:
        name, take = STEPS[byte % len(STEPS)]
        note(name)
        take(world)
    return world


@pytest.mark.parametrize(
    "timing",
    [
        pytest.param(TIMING, id="default"),
        pytest.param(Timing(base_s=0.1, max_s=2.0, stable_s=0.5, stop_s=0.25, abort_s=0.0, slay_s=0.05), id="hurried"),
    ],
)
def test_any_trace_keeps_the_invariants_and_settles_as_the_operator_wants(timing: Timing) -> None:
    @settings(max_examples=TRACES, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(min_size=30, max_size=80))
    def explore(trace: bytes) -> None:
        _explore(trace, timing).settle()

    explore()


def _records(state: State) -> Iterable[Record]:
    flags = (False, True)
    for desired, *bits, due_ns in itertools.product(Desired, flags, flags, flags, flags, (None, NOW_NS)):
        forgiven, worked, slain, reloaded = bits
        yield Record(
            state, desired, forgiven=forgiven, worked=worked, slain=slain, reloaded=reloaded, failures=3, due_ns=due_ns
        )


@pytest.mark.parametrize("state", State)
def test_table_has_an_answer_for_every_record_and_happening(state: State) -> None:
    for record, happening in itertools.product(_records(state), Happening):
        after, actions = step(record, happening, MOMENT)
        assert after.state in State
        assert set(actions) <= set(Action)
        assert len(actions) <= 1
        assert Action.SPAWN not in actions or (state not in PROCESS_STATES and after.state is State.STARTING)
        assert set(actions) <= {Action.SPAWN} or state in PROCESS_STATES


def test_table_names_every_state_and_happening() -> None:
    assert set(TABLE) == set(State)
    assert all(set(row) == set(Happening) for row in TABLE.values())


def _after(record: Record, *happenings: Happening, moment: Moment = MOMENT) -> tuple[Record, tuple[Action, ...]]:
    """The record after all of them, and what was to be done at the last."""
    actions: tuple[Action, ...] = ()
    for happening in happenings:
        record, actions = step(record, happening, moment)
    return record, actions


STOPPED = Record()
STARTING = Record(State.STARTING, Desired.UP, failures=2, spawned_ns=NOW_NS - NS_PER_S)
RUNNING = replace(STARTING, state=State.RUNNING)
STOPPING = replace(RUNNING, state=State.STOPPING, desired=Desired.DOWN, forgiven=True, due_ns=NOW_NS + NS_PER_S)
RESTARTING = replace(STOPPING, desired=Desired.UP)
ABORTED = replace(RUNNING, state=State.KILLING, due_ns=NOW_NS + NS_PER_S)
SLAIN = replace(ABORTED, slain=True)
QUARANTINED = replace(SLAIN, state=State.QUARANTINED, due_ns=None)
BACKOFF = Record(State.BACKOFF, Desired.UP, failures=3, due_ns=NOW_NS + 10 * NS_PER_S)
FAILED = Record(State.FAILED, Desired.UP, failures=3)


@pytest.mark.parametrize(
    ("record", "happening", "state", "desired", "actions"),
    [
        pytest.param(STOPPED, "start", "starting", "up", "spawn", id="start-from-stopped"),
        pytest.param(STOPPED, "restart", "starting", "up", "spawn", id="restart-from-stopped"),
        pytest.param(STOPPED, "appeared", "stopped", "down", "", id="camera-appears-while-stopped"),
        pytest.param(STOPPED, "reloaded", "stopped", "down", "", id="reload-while-stopped"),
        pytest.param(STOPPED, "due", "stopped", "down", "", id="late-timer-while-stopped"),
        pytest.param(STARTING, "ready", "running", "up", "", id="ready"),
        pytest.param(STARTING, "worked", "starting", "up", "", id="work-told-before-ready"),
        pytest.param(STARTING, "hung", "killing", "up", "abort", id="hang-while-starting"),
        pytest.param(STARTING, "exited", "backoff", "up", "", id="crash-while-starting"),
        pytest.param(STARTING, "refused", "failed", "up", "", id="configuration-refused"),
        pytest.param(STARTING, "stop", "stopping", "down", "terminate", id="stop-while-starting"),
        pytest.param(STARTING, "start", "starting", "up", "", id="start-while-starting"),
        pytest.param(RUNNING, "stop", "stopping", "down", "terminate", id="stop"),
        pytest.param(RUNNING, "restart", "stopping", "up", "terminate", id="restart"),
        pytest.param(RUNNING, "kill", "killing", "up", "slay", id="kill"),
        pytest.param(RUNNING, "hung", "killing", "up", "abort", id="hang"),
        pytest.param(RUNNING, "ready", "running", "up", "", id="ready-twice"),
        pytest.param(RUNNING, "appeared", "running", "up", "", id="camera-appears-while-running"),
        pytest.param(RUNNING, "reloaded", "running", "up", "", id="reload-while-running"),
        pytest.param(STOPPING, "exited", "stopped", "down", "", id="stop-ends"),
        pytest.param(STOPPING, "refused", "stopped", "down", "", id="stop-ends-with-78"),
        pytest.param(STOPPING, "due", "killing", "down", "slay", id="stop-takes-too-long"),
        pytest.param(STOPPING, "hung", "killing", "down", "abort", id="hang-while-stopping"),
        pytest.param(STOPPING, "kill", "killing", "down", "slay", id="kill-while-stopping"),
        pytest.param(STOPPING, "start", "stopping", "up", "", id="start-while-stopping"),
        pytest.param(STOPPING, "reloaded", "stopping", "down", "", id="reload-while-stopping"),
        pytest.param(STOPPING, "ready", "stopping", "down", "", id="ready-while-stopping"),
        pytest.param(RESTARTING, "exited", "backoff", "up", "", id="restart-ends-the-old-one"),
        pytest.param(RESTARTING, "refused", "backoff", "up", "", id="restart-meets-78"),
        pytest.param(RESTARTING, "stop", "stopping", "down", "", id="stop-while-restarting"),
        pytest.param(ABORTED, "due", "killing", "up", "slay", id="sigabrt-is-not-enough"),
        pytest.param(ABORTED, "exited", "backoff", "up", "", id="sigabrt-is-enough"),
        pytest.param(ABORTED, "kill", "killing", "up", "slay", id="kill-while-aborting"),
        pytest.param(ABORTED, "start", "killing", "up", "", id="start-while-killing"),
        pytest.param(ABORTED, "stop", "killing", "down", "", id="stop-while-killing"),
        pytest.param(ABORTED, "hung", "killing", "up", "", id="hang-while-killing"),
        pytest.param(SLAIN, "due", "quarantined", "up", "", id="sigkill-is-not-enough"),
        pytest.param(QUARANTINED, "kill", "quarantined", "up", "slay", id="kill-while-quarantined"),
        pytest.param(QUARANTINED, "stop", "quarantined", "down", "", id="stop-while-quarantined"),
        pytest.param(QUARANTINED, "start", "quarantined", "up", "", id="start-while-quarantined"),
        pytest.param(QUARANTINED, "exited", "backoff", "up", "", id="quarantine-ends"),
        pytest.param(QUARANTINED, "appeared", "quarantined", "up", "", id="camera-appears-while-quarantined"),
        pytest.param(BACKOFF, "due", "starting", "up", "spawn", id="backoff-ends"),
        pytest.param(BACKOFF, "appeared", "starting", "up", "spawn", id="camera-appears-in-backoff"),
        pytest.param(BACKOFF, "reloaded", "starting", "up", "spawn", id="reload-in-backoff"),
        pytest.param(BACKOFF, "start", "starting", "up", "spawn", id="start-in-backoff"),
        pytest.param(BACKOFF, "restart", "starting", "up", "spawn", id="restart-in-backoff"),
        pytest.param(BACKOFF, "stop", "stopped", "down", "", id="stop-in-backoff"),
        pytest.param(BACKOFF, "kill", "backoff", "up", "", id="kill-in-backoff"),
        pytest.param(FAILED, "reloaded", "starting", "up", "spawn", id="reload-when-failed"),
        pytest.param(FAILED, "start", "starting", "up", "spawn", id="start-when-failed"),
        pytest.param(FAILED, "stop", "stopped", "down", "", id="stop-when-failed"),
        pytest.param(FAILED, "due", "failed", "up", "", id="late-timer-when-failed"),
        pytest.param(FAILED, "appeared", "failed", "up", "", id="camera-appears-when-failed"),
        pytest.param(FAILED, "exited", "failed", "up", "", id="late-exit-when-failed"),
    ],
)
def test_transition_leads_where_it_should(
    record: Record, happening: str, state: str, desired: str, actions: str
) -> None:
    after, done = _after(record, Happening(happening))
    assert (after.state, after.desired, " ".join(done)) == (state, desired, actions)


def test_restarts_of_a_worker_that_keeps_crashing_wait_longer_and_longer_up_to_the_maximum() -> None:
    record, _ = _after(STOPPED, Happening.START)
    delays_s = []
    for _ in range(10):
        record, _ = _after(record, Happening.READY, Happening.EXITED)
        assert record.due_ns is not None
        delays_s.append((record.due_ns - NOW_NS) / NS_PER_S)
        record, _ = _after(record, Happening.DUE)
    assert delays_s == [0, 5.5, 10.5, 20.5, 40.5, 80.5, 160.5, 300, 300, 300]


def test_camera_that_is_back_after_long_and_fails_once_more_waits_for_the_first_delay_again() -> None:
    """One that needs a moment until it works must not be left alone for five minutes, having been away for a week."""
    record, _ = _after(replace(BACKOFF, failures=2_000), Happening.APPEARED)
    delays_s = []
    for _ in range(3):
        record, _ = _after(record, Happening.EXITED)
        assert record.due_ns is not None
        delays_s.append((record.due_ns - NOW_NS) / NS_PER_S)
        record, _ = _after(record, Happening.DUE)
    assert delays_s == [5.5, 10.5, 20.5]


def test_return_of_a_camera_never_adds_to_the_failures() -> None:
    record, _ = _after(replace(BACKOFF, failures=0), Happening.APPEARED)
    assert record.failures == 0


@pytest.mark.parametrize(
    ("worked", "lasted_s", "failures"),
    [(True, 60.0, 1), (True, 59.9, 3), (False, 3600.0, 3)],
    ids=["worked-and-stable", "worked-but-short", "idle-for-an-hour"],
)
def test_failures_are_forgotten_only_after_stable_and_useful_work(worked: bool, lasted_s: float, failures: int) -> None:
    record = replace(RUNNING, worked=worked, spawned_ns=NOW_NS - round(lasted_s * NS_PER_S))
    assert _after(record, Happening.EXITED)[0].failures == failures


def test_failures_are_forgotten_while_it_runs_at_the_first_work_after_stable() -> None:
    early, _ = _after(RUNNING, Happening.WORKED)
    assert early.failures == 2
    late, _ = _after(early, Happening.WORKED, moment=Moment(NOW_NS + 60 * NS_PER_S, TIMING, 0.5))
    assert late.failures == 0


@pytest.mark.parametrize("orders", [("restart",), ("kill",), ("stop", "start"), ("stop", "restart"), ("kill", "kill")])
def test_end_that_the_operator_asked_for_is_no_failure_and_is_not_waited_after(orders: tuple[str, ...]) -> None:
    record, _ = _after(RUNNING, *map(Happening, orders), Happening.EXITED)
    assert (record.state, record.failures, record.due_ns) == (State.BACKOFF, 2, NOW_NS)


@pytest.mark.parametrize("ending", [ABORTED, SLAIN, QUARANTINED], ids=["aborted", "slain", "quarantined"])
@pytest.mark.parametrize("orders", [("restart",), ("stop", "start"), ("kill",)])
def test_order_to_begin_again_while_a_hung_worker_ends_waits_for_no_delay(
    ending: Record, orders: tuple[str, ...]
) -> None:
    record, _ = _after(ending, *map(Happening, orders), Happening.EXITED)
    assert (record.state, record.failures, record.due_ns) == (State.BACKOFF, 2, NOW_NS)


def test_kill_repeated_for_ever_still_ends_in_quarantine() -> None:
    record, _ = _after(RUNNING, Happening.KILL)
    began_ns = NOW_NS
    for tenths in range(1, 40):
        now_ns = began_ns + tenths * NS_PER_S // 10
        record, _ = _after(record, Happening.KILL, moment=Moment(now_ns, TIMING, 0.5))
        if record.due_ns is not None and record.due_ns <= now_ns:
            record, _ = _after(record, Happening.DUE, moment=Moment(now_ns, TIMING, 0.5))
        if record.state is State.QUARANTINED:
            break
    assert record.state is State.QUARANTINED
    assert now_ns - began_ns == 2 * NS_PER_S


def test_shutdown_shortens_a_stop_and_a_kill_that_are_under_way() -> None:
    hurried = Moment(NOW_NS, replace(TIMING, stop_s=0.25, abort_s=0.0, slay_s=0.05), 0.5)
    slow = replace(STOPPING, due_ns=NOW_NS + 3 * NS_PER_S)
    assert _after(slow, Happening.STOP, moment=hurried)[0].due_ns == NOW_NS + NS_PER_S // 4
    assert _after(SLAIN, Happening.STOP, Happening.KILL, moment=hurried)[0].due_ns == NOW_NS + NS_PER_S // 20


@pytest.mark.parametrize("alive", [STARTING, RUNNING, ABORTED, QUARANTINED], ids=lambda record: str(record.state))
def test_reload_while_a_worker_is_on_its_way_to_refuse_is_not_lost(alive: Record) -> None:
    tried_again, _ = _after(alive, Happening.RELOADED, Happening.REFUSED)
    assert (tried_again.state, tried_again.failures) == (State.BACKOFF, 3)
    refused_again, _ = _after(tried_again, Happening.DUE, Happening.REFUSED)
    assert refused_again.state is State.FAILED


def test_spawn_forgets_all_but_the_failures() -> None:
    old = replace(BACKOFF, forgiven=True, worked=True, slain=True, reloaded=True, spawned_ns=1)
    new, _ = _after(old, Happening.DUE)
    assert new == Record(State.STARTING, Desired.UP, failures=3, spawned_ns=NOW_NS)
