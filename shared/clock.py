"""The two clocks, as one argument that can be replaced.

Owns: reading CLOCK_MONOTONIC and CLOCK_REALTIME, and telling when the second stepped against the first.
Does not own: waiting; the loops wait on their sockets.
Invariant: deadlines are monotonic nanoseconds (`..._mono_ns`); wall nanoseconds since the epoch, UTC
(`..._wall_ns`, `slot_ns`) decide only which slot it is and what a frame is called.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000


class Clock(Protocol):
    """What everything that needs the time is given. Tests give one that they move by hand."""

    def mono_ns(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds. It stands still while the machine is suspended."""

    def wall_ns(self) -> int:
        """CLOCK_REALTIME in nanoseconds since the epoch. It may jump either way."""


class SystemClock:
    """The machine's own clocks."""

    def mono_ns(self) -> int:
        """See `Clock.mono_ns`."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """See `Clock.wall_ns`."""
        return time.time_ns()


STEP_NS = 200 * NS_PER_MS
"""A wall clock that moved by more than this against the monotonic one was set; by less, it is being corrected."""


class StepWatch:
    """Tells when wall time has moved against monotonic time by more than `tolerance_ns`.

    A suspended machine counts as a step forward, since CLOCK_MONOTONIC stands still meanwhile. NTP's own
    slewing is at most 500 ppm, which is 30 ms in the longest wait of 60 s: far below the tolerance.
    """

    def __init__(self, clock: Clock, tolerance_ns: int = STEP_NS) -> None:
        self._clock = clock
        self._tolerance_ns = tolerance_ns
        self._offset_ns = self._offset()

    def step_ns(self) -> int:
        """How far the wall clock stepped since the last call, else 0. Never blocks; call it as often as you like."""
        offset_ns = self._offset()
        moved_ns = offset_ns - self._offset_ns
        self._offset_ns = offset_ns
        return moved_ns if abs(moved_ns) > self._tolerance_ns else 0

    def _offset(self) -> int:
        """Wall less monotonic time, read so close together that losing the processor in between is no step."""
        while True:
            before_ns = self._clock.mono_ns()
            wall_ns = self._clock.wall_ns()
            if self._clock.mono_ns() - before_ns < NS_PER_MS:
                return wall_ns - before_ns


_TIME_ERROR = 5
_TIMEX_BYTES = 512
"""More than `struct timex` has anywhere; all zero asks and changes nothing."""


def both(clock: Clock) -> tuple[int, int]:
    """One moment as (wall, monotonic): see `of_one_moment`."""
    return of_one_moment(clock.wall_ns, clock.mono_ns)


def of_one_moment(other_ns: Callable[[], int], mono_ns: Callable[[], int]) -> tuple[int, int]:
    """Another clock and the monotonic one, read within 1 ms of each other, or as close as three tries come.

    A process that loses its processor between the two would take the one for much later than the other.
    """
    found: list[tuple[int, int, int]] = []
    for _ in range(3):
        before_ns, other = mono_ns(), other_ns()
        found.append((mono_ns() - before_ns, other, before_ns))
        if found[-1][0] < NS_PER_MS:
            break
    _, other, before_ns = min(found)
    return other, before_ns


def by_present_clock(moment: tuple[int, int], clock: Clock) -> int:
    """The wall time of a moment (`both`) by the wall clock as it is now, which may have been set since.

    By whole seconds, so that it stays the same while the clock is only being corrected.
    """
    then_wall_ns, then_mono_ns = moment
    wall_ns, mono_ns = both(clock)
    moved_ns = (wall_ns - mono_ns) - (then_wall_ns - then_mono_ns)
    return then_wall_ns + round(moved_ns / NS_PER_S) * NS_PER_S


def is_synchronised() -> bool | None:
    """Whether the kernel takes its clock for synchronised (adjtimex(2)); None where it does not tell.

    Whichever time daemon keeps it. Some 2 us; never blocks.
    """
    state = _ask_kernel()()
    return None if state < 0 else state != _TIME_ERROR


@functools.cache
def _ask_kernel() -> Callable[[], int]:
    """adjtimex(2), which asks and changes nothing. Found once: looking it up takes ten times as long as the call."""
    import ctypes  # noqa: PLC0415 - the supervisor, which is held small, never asks

    adjtimex = ctypes.CDLL(None).adjtimex
    return lambda: int(adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
