"""Which frame goes, which stays, and by which rule.

Owns: the decision about the oldest frame that is left. Does not own: thinning (`thinning`), finding frames (`archive`)
or deleting them (`delete`).
Invariant: pure; every decision carries its rule. Whatever the need: never the newest frame of a camera, never one that
is protected, never one younger than `keep_min`. No frame goes for an age that its name got from a clock which was not
synchronised; for room it does, in its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from storage_worker.pressure import Need

Rule = Literal[
    "newest of its camera",
    "protect",
    "keep_min",
    "unsynchronised",
    "keep_days",
    "keep",
    "max_size",
    "pressure",
    "room enough",
]
"""Of what is deleted: `keep`: no rule of `storage.keep` keeps it any more."""

_DAY_NS = 86_400 * NS_PER_S
_LONG_NS = 1 << 61


class Decision(Struct, frozen=True):
    """What happens to a frame, and why."""

    delete: bool
    rule: Rule

    @property
    def final(self) -> bool:
        """Frames come oldest first, so that behind one that no rule wants away there is nothing more to do."""
        return self.rule == "room enough"


class Moment(Struct, frozen=True):
    """Now. `settled_ns` is for how long, by the monotonic clock, wall time is known not to have been set back.

    `unmoved_ns` is for how long it has not been seen to be put forward, and `moved_ns` by how much it was then.
    """

    wall_ns: int
    settled_ns: int
    unmoved_ns: int = _LONG_NS
    moved_ns: int = 0


def judge(
    slot_ns: int,
    *,
    newest: bool,
    need: Need,
    now: Moment,
    storage: StorageConfig,
    protected: bool = False,
    unsynchronised: Callable[[], bool] = lambda: False,
) -> Decision:
    """What to do with the oldest frame that has not been judged yet, while `need` is still to be deleted.

    `unsynchronised` tells whether the clock that named it was not; it is asked only where that matters.
    """
    if stays := _stays(slot_ns, newest=newest, now=now, storage=storage, protected=protected):
        return Decision(delete=False, rule=stays)
    old = storage.keep_days > 0 and now.wall_ns - slot_ns > storage.keep_days * _DAY_NS
    fresh = not need.met and _may_be_fresh(slot_ns, now, storage)
    doubted = (old or fresh) and unsynchronised()
    if doubted and (fresh or need.met):
        return Decision(delete=False, rule="unsynchronised")
    if old and not doubted:
        return Decision(delete=True, rule="keep_days")
    return Decision(delete=not need.met, rule="room enough" if need.met else need.rule)


def _stays(slot_ns: int, *, newest: bool, now: Moment, storage: StorageConfig, protected: bool) -> Rule | None:
    """Why it stays whatever the need; None where nothing speaks for it."""
    if newest:
        return "newest of its camera"
    if protected:
        return "protect"
    return "keep_min" if least_age_ns(slot_ns, now) < storage.keep_min_s * NS_PER_S else None


def _may_be_fresh(slot_ns: int, now: Moment, storage: StorageConfig) -> bool:
    """Whether a frame may be younger than `keep_min` but for its name, from before the clock was put forward."""
    keep_min_ns = storage.keep_min_s * NS_PER_S
    return now.unmoved_ns < keep_min_ns and now.wall_ns - slot_ns - now.moved_ns < keep_min_ns


def least_age_ns(slot_ns: int, now: Moment) -> int:
    """How old the frame is at least.

    A slot in the future was taken before the wall clock was last set back. For how long it has not been is therefore
    the least age of every such frame: they count as young at first and are as deletable as others after `keep_min`,
    so that an archive full of them (a clock that was once years ahead) does not stop the recording for ever.
    """
    return now.wall_ns - slot_ns if slot_ns <= now.wall_ns else now.settled_ns
