"""A clock that only the test moves.

Owns: the two readings. Does not own: anything that waits.
Invariant: monotonic time never goes back; wall time goes where it is set.
"""

from __future__ import annotations

from shared.clock import NS_PER_S

START_MONO_NS = 1_000 * NS_PER_S
START_WALL_NS = 1_795_422_934_500_000_000  # 2026-11-23 08:35:34.5 UTC


class ManualClock:
    """Fits `shared.clock.Clock`. `mono` and `wall` are nanoseconds, to be read and set at will."""

    def __init__(self, wall_ns: int = START_WALL_NS, mono_ns: int = START_MONO_NS) -> None:
        self.mono = mono_ns
        self.wall = wall_ns

    def mono_ns(self) -> int:
        """The monotonic reading."""
        return self.mono

    def wall_ns(self) -> int:
        """The wall reading."""
        return self.wall

    def advance(self, seconds: float) -> None:
        """Time passes, on both."""
        assert seconds >= 0
        self.mono += round(seconds * NS_PER_S)
        self.wall += round(seconds * NS_PER_S)

    def set_wall(self, wall_ns: int) -> None:
        """Somebody sets the wall clock, either way."""
        self.wall = wall_ns
