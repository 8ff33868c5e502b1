"""When a camera rests between two shots, and when it is woken."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from capture_worker.resting import ASLEEP_S, LOOK_S, Attendant, Step, next_step, until_look_s
from shared.clock import NS_PER_S
from shared.errors import CameraError
from shared.lease import LeaseHolder
from shared.messages import Lease
from shared.worker_identity import Identity
from tests.rig.hand_fed_cameras import FedResting
from tests.rig.manual_clock import ManualClock


def _ahead(seconds: float) -> int:
    return round(seconds * NS_PER_S)


@pytest.mark.parametrize(
    ("is_awake", "ahead_s", "step"),
    [
        (True, 59.9, "stay"),
        (True, 60.0, "rest"),
        (True, 3600.0, "rest"),
        (True, 0.0, "stay"),
        (True, -5.0, "stay"),
        (False, 60.0, "stay"),
        (False, 3.1, "stay"),
        (False, 3.0, "wake"),
        (False, 0.1, "wake"),
        (False, 0.0, "stay"),
        (False, -5.0, "stay"),
    ],
)
def test_step_follows_from_how_far_away_the_next_slot_is(is_awake: bool, ahead_s: float, step: Step) -> None:
    assert next_step(_ahead(ahead_s), warm_up_s=3.0, rests_from_s=60.0, is_awake=is_awake) == step


def test_camera_that_never_rests_stays() -> None:
    assert next_step(_ahead(1e9), warm_up_s=0.0, rests_from_s=math.inf, is_awake=True) == "stay"


@pytest.mark.parametrize(
    ("is_awake", "ahead_s", "wait_s"),
    [
        (True, 100.0, LOOK_S),
        (True, -1.0, LOOK_S),
        (False, 100.0, ASLEEP_S),
        (False, 3.5, 0.5),
        (False, 3.0, 0.0),
        (False, 1.0, 0.0),
        (False, -1.0, ASLEEP_S),
    ],
)
def test_next_look_is_in_time_to_wake_it(is_awake: bool, ahead_s: float, wait_s: float) -> None:
    assert until_look_s(_ahead(ahead_s), warm_up_s=3.0, is_awake=is_awake) == pytest.approx(wait_s)


class Bench:
    """An attendant of a camera that rests from 60 s on and wakes within 3 s."""

    def __init__(self) -> None:
        self.camera = FedResting(rests_from_s=60.0, warm_up_s=3.0)
        self.leases: list[Lease] = []
        lease = LeaseHolder(Identity("capture.main", 1, 1, Path("/run")), "camera", ManualClock(), self.leases.append)
        self.attendant = Attendant(self.camera, lease, lambda: self.camera.done.append("adjust"), 20.0)

    def look(self, ahead_s: float) -> float:
        """What the attendant says."""
        return self.attendant.look(_ahead(ahead_s))


def test_camera_that_stays_awake_is_looked_at_and_told_what_is_wanted() -> None:
    bench = Bench()
    assert bench.look(10.0) == LOOK_S
    assert bench.camera.done == ["check", "adjust"]
    assert bench.leases == []


def test_camera_rests_and_wakes_with_what_is_wanted_each_under_its_own_lease() -> None:
    bench = Bench()
    assert bench.look(600.0) == ASLEEP_S
    assert bench.look(500.0) == ASLEEP_S
    assert bench.look(2.9) == LOOK_S
    assert bench.camera.done == ["rest", "adjust", "wake"]
    assert [lease.operation for lease in bench.leases] == ["close", "open"]


def test_camera_at_rest_is_woken_when_it_is_asked_out_of_turn() -> None:
    bench = Bench()
    bench.look(600.0)
    bench.attendant.have_ready()
    bench.attendant.have_ready()
    assert bench.camera.done == ["rest", "adjust", "wake"]


def test_camera_that_is_awake_needs_nothing_to_be_ready() -> None:
    bench = Bench()
    bench.attendant.have_ready()
    assert (bench.camera.done, bench.leases) == ([], [])


@pytest.mark.parametrize("step", ["check", "rest", "wake"])
def test_camera_that_fails_between_two_shots_says_so_at_once(step: str) -> None:
    bench = Bench()
    if step == "wake":
        bench.look(600.0)
    bench.camera.failing = {step: CameraError("it has stalled")}
    with pytest.raises(CameraError, match="it has stalled"):
        bench.look({"check": 10.0, "rest": 600.0, "wake": 2.0}[step])
