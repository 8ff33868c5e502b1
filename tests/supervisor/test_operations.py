"""Operations: each ends once, and says whether what was asked for has come about."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from supervisor.operations import Operations
from supervisor.states import Desired, Happening, Record, State
from tests.rig.policy_world import STEPS, World

_VERBS = {"start": Happening.START, "stop": Happening.STOP, "restart": Happening.RESTART, "kill": Happening.KILL}


class _WorldWithOperations(World):
    """Every order is an operation, as in `supervisor.crew`; `ended` counts the ends of each."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = Operations()
        self.begun: list[str] = []
        self.ended: Counter[str] = Counter()

    def happen(self, happening: Happening) -> None:
        if happening in _VERBS.values():
            self.begun.append(self.operations.begin(str(happening), "capture.main", self.spawns))
        super().happen(happening)
        for finished in self.operations.ended("capture.main", self.record, self.spawns, "why"):
            self.ended[finished.operation] += 1


@settings(max_examples=1_000, database=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=30, max_size=60))
def test_operation_ends_exactly_once_on_any_trace(trace: bytes) -> None:
    world = _WorldWithOperations()
    for byte in trace:
        name, take = STEPS[byte % len(STEPS)]
        note(name)
        take(world)
    world.settle()
    world.happen(Happening.READY)
    assert world.ended == Counter(world.begun)


UP, DOWN = Desired.UP, Desired.DOWN


@pytest.mark.parametrize(
    ("verb", "record", "incarnation", "ok"),
    [
        pytest.param("start", Record(State.RUNNING, UP), 8, True, id="start-of-what-runs"),
        pytest.param("start", Record(State.STARTING, UP), 8, None, id="start-not-yet-ready"),
        pytest.param("start", Record(State.STOPPED, DOWN), 8, False, id="start-overtaken-by-a-stop"),
        pytest.param("start", Record(State.BACKOFF, UP), 8, False, id="start-that-fails"),
        pytest.param("restart", Record(State.RUNNING, UP), 7, None, id="restart-of-the-old-one"),
        pytest.param("restart", Record(State.RUNNING, UP), 8, True, id="restart-ready"),
        pytest.param("restart", Record(State.BACKOFF, UP, forgiven=True), 7, None, id="restart-between-the-two"),
        pytest.param("restart", Record(State.FAILED, UP), 8, False, id="restart-with-a-bad-configuration"),
        pytest.param("restart", Record(State.QUARANTINED, UP), 7, False, id="restart-of-one-that-does-not-die"),
        pytest.param("stop", Record(State.STOPPING, DOWN), 7, None, id="stop-under-way"),
        pytest.param("stop", Record(State.STOPPED, DOWN), 7, True, id="stop-done"),
        pytest.param("stop", Record(State.STOPPING, UP), 7, False, id="stop-overtaken-by-a-start"),
        pytest.param("kill", Record(State.KILLING, UP), 7, None, id="kill-under-way"),
        pytest.param("kill", Record(State.RUNNING, UP), 8, True, id="kill-replaced"),
        pytest.param("kill", Record(State.STOPPED, DOWN), 7, True, id="kill-while-stopping"),
        pytest.param("kill", Record(State.BACKOFF, UP), 7, False, id="kill-of-nothing"),
    ],
)
def test_operation_outcome(verb: str, record: Record, incarnation: int, ok: bool | None) -> None:
    operations = Operations()
    operation = operations.begin(verb, "capture.main", 7)
    assert operations.ended("storage", record, incarnation, "why") == []
    finished = operations.ended("capture.main", record, incarnation, "why")
    assert [(one.operation, one.worker, one.ok) for one in finished] == (
        [] if ok is None else [(operation, "capture.main", ok)]
    )
    if ok is False:
        assert finished[0].detail == f"{record.state}: why"


def test_operations_of_one_worker_have_ids_of_their_own_and_end_together() -> None:
    operations = Operations()
    begun = [operations.begin("start", "storage", 1) for _ in range(3)]
    ended = operations.ended("storage", Record(State.RUNNING, UP), 1, "")
    assert [one.operation for one in ended] == begun
    assert len(set(begun)) == 3
