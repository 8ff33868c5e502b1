"""When a render stands still: for heat, for a capture that is late, for a disk without room.

Owns: that decision. Does not own: reading temperatures (`heat`), hearing events, nor pausing the process.
Invariant: pure; times are monotonic nanoseconds. Standing still is no failure, however long it lasts. What comes while
it stands still anyway is not its doing, and never prolongs it: a camera that is always late does not end all videos.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from shared.causes import MissCause, PressureLevel
from shared.clock import NS_PER_S

COOLER_C = 5.0
"""So far below its limit the machine has to be for the work to go on."""
LATE_FOR_NS = 60 * NS_PER_S
_DOING_NS = 5 * NS_PER_S
"""A frame that is late so soon after the work stood still was made late by it."""
_EXPIRED_NS = 10 * NS_PER_S
"""Pressure is told each second while there is any."""
_REMEMBERED = 31
_LEAST_KNOWN = 5
_LATE_US = 200_000
_LATE_UNKNOWN_US = 1_000_000
_TIMES_USUAL = 3.0
_OURS: frozenset[MissCause] = frozenset({"overrun"})
"""What a busy machine brings about; all other causes are the camera's, the disk's or the operator's."""


class Heat(Struct, frozen=True):
    """What the machine says: the hottest of its processor's sensors, and whether the firmware slows it down."""

    temperature_c: float | None = None
    throttled: bool = False


class HeatRule:
    """Whether it is too hot; once it was, until it is clearly cooler."""

    def __init__(self) -> None:
        self._hot = False

    def why(self, heat: Heat, above_c: float | None) -> str:
        """`the machine is at 81 degrees C`; empty where it is not too hot. `above_c` None: it never is."""
        if above_c is None:
            self._hot = False
            return ""
        if heat.throttled:
            return "the machine is slowed down, for heat or its power supply"
        if heat.temperature_c is None:
            return ""
        self._hot = heat.temperature_c >= (above_c - COOLER_C if self._hot else above_c)
        return f"the machine is at {heat.temperature_c:.0f} degrees C" if self._hot else ""


class LateRule:
    """Whether a capture is late. Give it every frame and miss that is told, and whether the work goes on."""

    def __init__(self) -> None:
        self._usual: dict[str, deque[int]] = {}
        self._late_ns: int | None = None
        self._camera = ""
        self._worked_ns: int | None = None

    def worked(self, now_ns: int) -> None:
        """The work goes on now, and did until now."""
        self._worked_ns = now_ns

    def frame(self, camera: str, lateness_us: int, now_ns: int) -> None:
        """A frame was written, so late."""
        usual = self._usual.setdefault(camera, deque(maxlen=_REMEMBERED))
        if abs(lateness_us) > _limit_us(usual):
            self._note(camera, now_ns)
        usual.append(abs(lateness_us))

    def missed(self, camera: str, cause: MissCause, now_ns: int) -> None:
        """Slots were missed."""
        if cause in _OURS:
            self._note(camera, now_ns)

    def why(self, now_ns: int) -> str:
        """`camera main is late`; empty where none is, or was within the last minute."""
        if self._late_ns is None or now_ns - self._late_ns >= LATE_FOR_NS:
            return ""
        return f"camera {self._camera} is late"

    def _note(self, camera: str, now_ns: int) -> None:
        if self._worked_ns is not None and now_ns - self._worked_ns <= _DOING_NS:
            self._late_ns, self._camera = now_ns, camera


class RoomRule:
    """Whether the disk has room, as the storage worker tells."""

    def __init__(self) -> None:
        self._level: PressureLevel = "ok"
        self._told_ns = 0

    def pressure(self, level: PressureLevel, now_ns: int) -> None:
        """The disk is so full."""
        self._level, self._told_ns = level, now_ns

    def why(self, now_ns: int, *, cleans: bool = True) -> str:
        """`the disk is full`; empty where it is not, or nobody has said so for a while.

        One that is nearly full stays so for ever where nobody `cleans` it.
        """
        if self._level == "ok" or now_ns - self._told_ns >= _EXPIRED_NS or (self._level == "high" and not cleans):
            return ""
        return "the disk is full" if self._level == "full" else "the disk is nearly full, and being cleaned"


def _limit_us(usual: deque[int]) -> float:
    """From when on a frame is late, by what the last ones were."""
    if len(usual) < _LEAST_KNOWN:
        return _LATE_UNKNOWN_US
    middle = sorted(usual)[len(usual) // 2]
    return max(middle * _TIMES_USUAL, middle + _LATE_US)
