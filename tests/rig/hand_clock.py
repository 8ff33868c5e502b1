"""A clock that only the test moves.

Owns: the two readings. Does not own: anything else.
Invariant: monotonic time never goes back; wall time goes where it is set.
"""

from __future__ import annotations

from shared.clock import NS_PER_S


class HandClock:
    """Fits `shared.clock.Clock`."""

    def __init__(self, wall_ns: int, mono_ns: int = 1_000 * NS_PER_S) -> None:
        self.wall = wall_ns
        self.mono = mono_ns

    def mono_ns(self) -> int:
        """The monotonic reading."""
        return self.mono

    def wall_ns(self) -> int:
        """The wall reading."""
        return self.wall

    def advance(self, seconds: float) -> None:
        """Time passes, on both."""
        self.mono += int(seconds * NS_PER_S)
        self.wall += int(seconds * NS_PER_S)

    def set_back(self, seconds: float) -> None:
        """Somebody sets the wall clock back."""
        self.wall -= int(seconds * NS_PER_S)
