"""When a frame was taken, from the kernel's stamp on its buffer.

Owns: whether that stamp can be believed, and what it is in both clocks. Does not own: reading it (`v4l2_stream`).
Invariant: pure; own times never fall, and none is later than the frame's arrival.

The kernel stamps a frame when its first byte comes. A driver may stamp with another clock, or be wrong: a stamp that is
missing, in the future, or older than a frame can be, is none, and the arrival has to do.
"""

from __future__ import annotations

from capture_worker.cameras.base import Drained
from shared.clock import NS_PER_S

_OLDEST_NS = 30 * NS_PER_S


class Stamps:
    """The own times of the frames of one stream, in the order in which they come."""

    def __init__(self) -> None:
        self._last_ns = 0

    def own(self, stamp_ns: int, wall_ns: int, mono_ns: int) -> Drained:
        """The own time of a frame that is read now. `stamp_ns` is the driver's on CLOCK_MONOTONIC, 0 for none."""
        own_ns = stamp_ns if mono_ns - _OLDEST_NS <= stamp_ns <= mono_ns else mono_ns
        self._last_ns = min(max(own_ns, self._last_ns + 1), mono_ns)
        return Drained(wall_ns - (mono_ns - self._last_ns), self._last_ns)
