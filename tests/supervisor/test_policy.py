"""The restart policy: total, true to its invariants over many thousand traces, and right where it is subtle."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.clock import NS_PER_S
from supervisor.policy import TABLE, Moment, Timing, step
from supervisor.states import PROCESS_STATES, Action, Desired, Happening, Record, State
from tests.rig.policy_world import World

NOW_NS = 1_000 * NS_PER_S
TIMING = Timing()
MOMENT = Moment(NOW_NS, TIMING, 0.5)
TRACES = 3_000
"""For each of the two timings that are explored."""

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
    *(_wait(seconds) for seconds in (0.0, 0.1, 0.9, 1.9, 5.0, 20.0, 61.0, 400.0)),
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
    @settings(max_examples=TRACES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=60))
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
