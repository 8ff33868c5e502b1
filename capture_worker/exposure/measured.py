"""A frame, and what was measured of it for the exposure.

Owns: putting the two together. Does not own: measuring the mean, which the check of every frame yields.
Invariant: pure.
"""

from __future__ import annotations

from msgspec import Struct

from capture_worker.cameras.base import Frame
from capture_worker.exposure.balance import Tint
from shared.clock import NS_PER_S


class Measured(Struct, frozen=True):
    """One frame; the mean of its gray values, 0 to 1; its tint, None where that can't be told."""

    frame: Frame
    mean: float
    tint: Tint | None = None

    @property
    def at_s(self) -> float:
        """When it was taken: seconds, monotonic."""
        return self.frame.own_mono_ns / NS_PER_S
