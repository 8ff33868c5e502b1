"""Whether the clock that gave a frame its slot is to be believed.

Owns: that judgement. Does not own: asking the kernel (`shared.clock`), nor where it is told (`writer_thread`).
Invariant: asked by the thread that stores the frame, never by one that has to be punctual. A slot of before a step of
the clock is not vouched for by what the kernel says after it.
"""

from __future__ import annotations

from collections.abc import Callable

from capture_worker.results import Taken
from shared.clock import NS_PER_US, STEP_NS, Clock, both, is_synchronised


class Vouching:
    """For the slots of one camera. `ask` is the kernel."""

    def __init__(self, clock: Clock, ask: Callable[[], bool | None] = is_synchronised) -> None:
        self._clock = clock
        self._ask = ask

    def synchronised(self, taken: Taken) -> bool | None:
        """What `frame.written` tells: None where the kernel does not say. Some microseconds; never blocks."""
        found = self._ask()
        return False if found and self._was_set_since(taken) else found

    def _was_set_since(self, taken: Taken) -> bool:
        slot_mono_ns = taken.frame.own_mono_ns - taken.lateness_us * NS_PER_US
        wall_ns, mono_ns = both(self._clock)
        return abs((wall_ns - mono_ns) - (taken.slot_ns - slot_mono_ns)) > STEP_NS
