"""Which frame goes, which stays, and by which rule.

Owns: the decision. Does not own: finding frames (`archive`) or deleting them (`delete`).
Invariant: pure; every decision carries its rule. Whatever the need: never the newest frame of a camera, never one
younger than `keep_min`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from storage_worker.pressure import Need

Rule = Literal["newest of its camera", "keep_min", "keep_days", "pressure", "room enough"]

_DAY_NS = 86_400 * NS_PER_S


class Decision(Struct, frozen=True):
    """What happens to a frame, and why."""

    delete: bool
    rule: Rule

    @property
    def final(self) -> bool:
        """Frames come oldest first, so that behind one that no rule wants away there is nothing more to do."""
        return self.rule == "room enough"


class Moment(Struct, frozen=True):
    """Now. `settled_ns` is for how long, by the monotonic clock, wall time is known not to have been set back."""

    wall_ns: int
    settled_ns: int


def judge(slot_ns: int, *, newest: bool, need: Need, now: Moment, storage: StorageConfig) -> Decision:
    """What to do with the oldest frame that has not been judged yet, while `need` is still to be deleted."""
    if newest:
        return Decision(delete=False, rule="newest of its camera")
    if least_age_ns(slot_ns, now) < storage.keep_min_s * NS_PER_S:
        return Decision(delete=False, rule="keep_min")
    if storage.keep_days > 0 and now.wall_ns - slot_ns > storage.keep_days * _DAY_NS:
        return Decision(delete=True, rule="keep_days")
    if not need.met:
        return Decision(delete=True, rule="pressure")
    return Decision(delete=False, rule="room enough")


def least_age_ns(slot_ns: int, now: Moment) -> int:
    """How old the frame is at least.

    A slot in the future was taken before the wall clock was last set back. For how long it has not been is therefore
    the least age of every such frame: they count as young at first and are as deletable as others after `keep_min`,
    so that an archive full of them (a clock that was once years ahead) does not stop the recording for ever.
    """
    return now.wall_ns - slot_ns if slot_ns <= now.wall_ns else now.settled_ns
