"""Looking after a camera that may rest between two shots: when it rests, when it is woken, and that it is still well.

Owns: those rules, and the leases for doing what they say. Does not own: slots, shots, which exposure is wanted.
Invariant: where nothing is known of the next slot the camera stays as it is; it is woken in time to be ready then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from capture_worker.cameras.base import RestingCamera
from shared.clock import NS_PER_S
from shared.lease import LeaseHolder

Step = Literal["stay", "rest", "wake"]

LOOK_S = 0.2
"""How often a camera that streams unseen is looked at: what was found of its last picture should be in force for the
next one, and one that has stalled be known before it."""
ASLEEP_S = 1.0
"""How often the next slot is looked at while the camera rests: the clock may be set, or a shorter interval given."""


def next_step(ahead_ns: int, warm_up_s: float, rests_from_s: float, *, is_awake: bool) -> Step:
    """What to do now. `ahead_ns`, how far away the next slot is, is not above 0 while that is not known yet."""
    ahead_s = ahead_ns / NS_PER_S
    if is_awake:
        return "rest" if ahead_s >= rests_from_s else "stay"
    return "wake" if 0 < ahead_s <= warm_up_s else "stay"


def until_look_s(ahead_ns: int, warm_up_s: float, *, is_awake: bool) -> float:
    """For how long at most there is nothing to do."""
    if is_awake:
        return LOOK_S
    return ASLEEP_S if ahead_ns <= 0 else min(max(0.0, ahead_ns / NS_PER_S - warm_up_s), ASLEEP_S)


class Attendant:
    """Looks after one open camera, in the camera thread. `adjust` passes on what is wanted of its exposure."""

    def __init__(
        self, camera: RestingCamera, lease: LeaseHolder, adjust: Callable[[], None], longest_open_s: float
    ) -> None:
        self._camera = camera
        self._lease = lease
        self._adjust = adjust
        self._longest_open_s = longest_open_s
        self._is_awake = True

    def look(self, ahead_ns: int) -> float:
        """Do what is due, the next slot being so far away; for how long at most (seconds) to wait until the next look.

        Raises `CameraError` where the camera has stalled, or does not wake.
        """
        camera = self._camera
        match next_step(ahead_ns, camera.warm_up_s, camera.rests_from_s, is_awake=self._is_awake):
            case "rest":
                self._lease.declare("close", self._longest_open_s)
                camera.rest()
                self._is_awake = False
            case "wake":
                self.have_ready()
            case "stay" if self._is_awake:
                camera.check()
                self._adjust()
        return until_look_s(ahead_ns, camera.warm_up_s, is_awake=self._is_awake)

    def have_ready(self) -> None:
        """Wake it, if it is at rest: it may be asked for out of turn."""
        if not self._is_awake:
            self._lease.declare("open", self._longest_open_s)
            # What it wakes with has not to come into force later.
            self._adjust()
            self._camera.wake()
            self._is_awake = True
