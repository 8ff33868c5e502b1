"""When a frame was taken, from the kernel's stamp on its buffer.

Owns: whether that stamp can be believed, and what it is in both clocks. Does not own: reading it (`usb_capture`).
Invariant: pure; own times never fall, and none is later than the frame's arrival.

The kernel stamps a frame when its first byte comes, on CLOCK_MONOTONIC; OpenCV passes that on as CAP_PROP_POS_MSEC, and
not which clock it is. A driver, or a module's parameter, may choose another one: such stamps are off by more than a
frame can wait, or in the future, and then the arrival has to do. Which it is, is settled once, by the first frame that
came: one that was too late then would be dropped as older than the opening, and not be believed later either.
"""

from __future__ import annotations

from collections import deque

from capture_worker.cameras.base import Drained
from shared.clock import NS_PER_MS, NS_PER_S

_OLDEST_NS = 30 * NS_PER_S
_STEPS = 8
_FUTURE_NS = 2 * NS_PER_MS
"""What rounding to milliseconds in a floating point number, and reading two clocks, may make of one moment."""


class Stamps:
    """The own times of the frames of one stream, in the order in which they come."""

    def __init__(self) -> None:
        self._is_believed: bool | None = None
        self._last_ns = 0
        self._steps_ns: deque[int] = deque(maxlen=_STEPS)

    @property
    def shortest_step_ns(self) -> int:
        """The least time between two of the latest frames, by the kernel; 0 where that is not known."""
        return min(self._steps_ns, default=0) if self._is_believed else 0

    @property
    def is_believed(self) -> bool:
        """Whether the driver's stamps are used; not, before the first frame."""
        return bool(self._is_believed)

    def own(self, stamp_ms: float, wall_ns: int, mono_ns: int) -> Drained:
        """The own time of a frame that arrived now. `stamp_ms` is the driver's, 0 where it has none."""
        stamp_ns = round(stamp_ms * NS_PER_MS)
        can_be = mono_ns - _OLDEST_NS <= stamp_ns <= mono_ns + _FUTURE_NS
        if self._is_believed is None:
            self._is_believed = can_be
        # One that makes no sense among others that do is the driver's slip, and says nothing about the next.
        own_ns = min(stamp_ns, mono_ns) if self._is_believed and can_be else mono_ns
        if self._last_ns:
            self._steps_ns.append(max(own_ns - self._last_ns, 1))
        self._last_ns = min(max(own_ns, self._last_ns + 1), mono_ns)
        return Drained(wall_ns - (mono_ns - self._last_ns), self._last_ns)
