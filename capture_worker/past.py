"""Which time nobody has accounted for, though the clock may have been set meanwhile.

Owns: working that out from the last account. Does not own: what became of the slots (`capture_worker.recovery`).
Invariant: no more time is looked at than has really passed since the last account, where that is known: a machine
without a clock of its own is put forward by months at each start, and its archive was told long ago.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.clock import NS_PER_S, STEP_NS
from shared.messages import Configure

_AHEAD_NS = NS_PER_S
"""A stream's slot may be told a little before its time."""


class Past(Struct, frozen=True):
    """Nobody has told of the slots after `after_ns`, up to `until_ns`: it is that now, on the clock of these slots.

    `step_ns` is how far the wall clock was set since; 0 where it was not.
    """

    after_ns: int
    until_ns: int
    step_ns: int = 0


def past_of(order: Configure, wall_ns: int, mono_ns: int, newest_ns: Callable[[], int | None]) -> Past | None:
    """The past before (wall_ns, mono_ns); None where there is none to account for.

    `newest_ns` looks for the newest frame in the tree, and is called where nothing better is known.
    """
    until_ns = order.accounted_until_ns
    if until_ns is not None and 0 < order.accounted_mono_ns <= mono_ns:
        elapsed_ns = mono_ns - order.accounted_mono_ns
        step_ns = wall_ns - order.accounted_wall_ns - elapsed_ns
        if abs(step_ns) <= STEP_NS:
            return Past(_not_ahead(until_ns, wall_ns), wall_ns)
        return Past(until_ns, wall_ns - step_ns, step_ns)
    if until_ns is not None and order.accounted_mono_ns == 0 and until_ns <= wall_ns:
        return Past(until_ns, wall_ns)
    # Told by another boot of the machine, or by a clock that was ahead; the tree may know of later slots.
    known_ns = [known for known in (until_ns, newest_ns()) if known is not None and known <= wall_ns]
    return Past(max(known_ns), wall_ns) if known_ns else None


def _not_ahead(until_ns: int, wall_ns: int) -> int:
    """A slot that is told long before its time is of a clock that was put back since: by this one nothing is told yet.

    Else none would be due until that time comes: fifty years, on a machine without a clock of its own.
    """
    return until_ns if until_ns <= wall_ns + _AHEAD_NS else wall_ns
