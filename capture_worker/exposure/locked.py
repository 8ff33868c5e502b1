"""The mode `locked`: the camera's own exposure until it has settled, then that one and no other.

Owns: the exposure that is held. Does not own: setting it, nor where an earlier run's comes from (`last_seen`).
Invariant: no clocks, no I/O. Once there is something to hold it never changes.
"""

from __future__ import annotations

from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.exposure.division import folded
from capture_worker.exposure.measured import Measured
from capture_worker.exposure.settling import BEFORE_HOLDING, MOST_FRAMES, Found, found_in, settled


class Locked:
    """One camera's. `handed_over` is what an earlier run held. Used by one thread at a time."""

    def __init__(self, limits: ExposureLimits, handed_over: Exposure | None) -> None:
        self._limits = limits
        self._held = None if handed_over is None else folded(handed_over, 1.0, limits)
        self._found: tuple[Found, ...] = ()

    def follow_interval(self, interval_s: float) -> None:
        """What is held stays, whatever the interval."""

    def wanted(self) -> Exposure | None:
        """What to have set now; None: the camera's own."""
        return self._held

    def after(self, measured: Measured) -> None:
        """Take in a frame."""
        found = found_in(measured.frame)
        if self._held is not None or found is None:
            return
        self._found = (*self._found, found)[-MOST_FRAMES:]
        chosen = settled(self._found, BEFORE_HOLDING)
        if chosen is not None:
            self._held = folded(chosen.exposure, chosen.digital_gain, self._limits)
