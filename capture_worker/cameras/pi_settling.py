"""When exposure and white balance of a Pi camera that has just been started have found their level.

Owns: that rule. Does not own: waiting for the frames that it looks at.
Invariant: pure. Where nothing has to find its level one frame is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capture_worker.cameras.base import Exposure
from capture_worker.cameras.pi_exposure import IN_FORCE_FRAMES, is_in_force
from shared.clock import NS_PER_MS, NS_PER_US

LONGEST_SETTLED_NS = 500 * NS_PER_MS
"""Whoever exposes for longer has set it: nothing has to settle, and an open must not take ten exposures."""

_CONVERGED = 2
_LEAST_FRAMES = 8
"""The white balance begins with ten quick steps, some of them in frames that nobody sees."""


class Settling:
    """Looks at the frames since the start, one after the other. `settings`: the controls that it was started with."""

    def __init__(self, settings: Mapping[str, Any], asked: Exposure | None) -> None:
        self._asked = asked
        self._is_held = asked is not None or settings.get("AeEnable") is False
        self._frames = 0
        exposure_us = settings.get("ExposureTime", 0) if self._is_held else 0
        durations = settings.get("FrameDurationLimits")
        self.period_ns = int(max(exposure_us, durations[0] if durations else 0)) * NS_PER_US

    def is_settled(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the frame with this metadata is like those to come."""
        self._frames += 1
        if self._asked is not None:
            return is_in_force(self._asked, metadata) or self._frames >= IN_FORCE_FRAMES
        if self._is_held:
            return self._frames >= IN_FORCE_FRAMES
        state = metadata.get("AeState", metadata.get("AeLocked"))
        converged = state is None or state is True or int(state) == _CONVERGED
        return converged and self._frames >= _LEAST_FRAMES
