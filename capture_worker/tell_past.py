"""Telling of the slots that nobody has told of since the last account, at the start of a worker.

Owns: putting together which time that is (`past`), what the tree has of it (`recovery`), and the telling.
Does not own: any of the three.
Invariant: it is done before the camera is opened, so that nothing new is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from capture_worker.past import Past, past_of
from capture_worker.plan import Plan
from capture_worker.recovery import Earlier, Span, look_back
from capture_worker.teller import Teller
from shared.clock import Clock
from shared.events import FrameWritten
from shared.messages import Configure
from shared.tree import newest_frame


def newest_slot(camera_dir: Path, not_after_ns: int) -> int | None:
    """The slot of the newest frame in the tree up to then. Blocks for the disk."""
    newest = newest_frame(camera_dir, not_after_ns)
    return None if newest is None else newest.name.slot_ns


def tell_past(
    order: Configure, clock: Clock, camera_dir: Path, plan: Plan, teller: Teller, renew: Callable[[], None]
) -> Past | None:
    """Tell what became of each slot since the last account; None where there is nothing to account for.

    Blocks for the disk, and calls `renew` before each part. Raises OSError.
    """
    now_ns = clock.wall_ns()
    past = past_of(order, now_ns, clock.mono_ns(), lambda: newest_slot(camera_dir, now_ns))
    if past is None:
        return None
    earlier = Earlier(order.earlier_first_ns, order.earlier_last_ns)
    span = Span(past.after_ns, past.until_ns + 1, earlier)
    for part in look_back(camera_dir, camera_dir.name, plan, span, renew):
        renew()
        if isinstance(part, FrameWritten):
            teller.written(part, past.step_ns)
        else:
            teller.missed(part, order.since, past.step_ns)
    return past
