"""Whether a program that does nothing is stuck, or is only given no processor.

Owns: looking at a process in /proc, and counting how long it has stood still. Does not own: what follows from it.
Invariant: only time that it was seen in counts, so what this process itself slept through is nobody's fault. Time in
which it would work but for others, who have the processor, counts a tenth. No limit grows without end.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

_LONGEST_LOOK_S = 1.0
"""A longer time between two looks is one in which this process did not run either."""
_STARVED_COUNTS = 0.1
_SPAN_S = 0.5
_LEAST_WORK = 0.05
"""The part of a processor, over such a span, from which on it works: newer ones of ffmpeg tell how far they are even
where they are stuck."""
_RUNNABLE, _ASLEEP = "R", "S"


class Sighting(Struct, frozen=True):
    """A process at one moment: its processor time so far, and the state of each of its threads, a letter for each."""

    worked_s: float
    states: str

    @property
    def is_runnable(self) -> bool:
        """Whether it works, or would if it got a processor."""
        return _RUNNABLE in self.states

    @property
    def is_asleep(self) -> bool:
        """Whether all of it waits for something, which is no disk: for whoever feeds it."""
        return set(self.states) == {_ASLEEP}


def seen(pid: int) -> Sighting:
    """How it is now. One that has ended has no threads and has done nothing. Some 0.1 ms."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
        states = "".join(_state(thread) for thread in Path(f"/proc/{pid}/task").iterdir())
        return Sighting((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), states)
    except (OSError, IndexError):
        return Sighting(0.0, "")


class Standstill:
    """`still_s` is for how long it has done nothing, `fruitless_s` for how long nothing has come of what it does. Pure.

    It is known to work at the end of a span of half a second: limits are longer than that.
    """

    def __init__(self, now_s: float) -> None:
        self.still_s = 0.0
        self.fruitless_s = 0.0
        self._looked_s = now_s
        self._span_s = self._starved_s = 0.0
        self._worked_s = 0.0

    def moved(self, now_s: float) -> None:
        """Something has come of it, or nobody wants anything of it."""
        self.still_s = self.fruitless_s = 0.0
        self._looked_s = now_s

    def look(self, sighting: Sighting, now_s: float) -> None:
        """It was seen so, and nothing has come of it since the last call of one of the two."""
        passed_s = max(0.0, min(now_s - self._looked_s, _LONGEST_LOOK_S))
        self._looked_s = now_s
        starved_s = passed_s * (1 - _STARVED_COUNTS) if sighting.is_runnable else 0.0
        self.still_s += passed_s - starved_s
        self.fruitless_s += passed_s - starved_s
        self._span_s += passed_s
        self._starved_s += starved_s
        if self._span_s < _SPAN_S:
            return
        if sighting.worked_s - self._worked_s >= _LEAST_WORK * self._span_s:
            # It had a processor after all.
            self.fruitless_s += self._starved_s
            self.still_s = 0.0
        self._span_s = self._starved_s = 0.0
        self._worked_s = sighting.worked_s


def _fields(path: Path) -> list[bytes]:
    """Those behind the name, in which there may be anything."""
    return path.read_bytes().rpartition(b")")[2].split()


def _state(thread: Path) -> str:
    try:
        return _fields(thread / "stat")[0].decode()
    except OSError:
        return ""
