"""Slots without a frame, in the log: what each cause means to whoever reads it, and how bad it is.

Owns: the words, the levels, and that one cause is said once a minute at most.
Does not own: the events (`accounts`), which tell of every slot.
Invariant: each cause has its words and its level. What the supervisor has said of the end of a worker is not said again
as a warning for each slot that follows from it.
"""

from __future__ import annotations

import logging
from collections import defaultdict

from shared.about import about
from shared.brake import Brake
from shared.causes import MissCause

log = logging.getLogger(__name__)

_ENDED = "the worker before ended that way, and no frame has come since"

LEVELS: dict[MissCause, int] = {
    "hang": logging.INFO,
    "crash": logging.INFO,
    "camera_lost": logging.INFO,
    "stale": logging.WARNING,
    "damaged": logging.WARNING,
    "disk_full": logging.ERROR,
    "disk_error": logging.INFO,
    "overrun": logging.WARNING,
    "starting": logging.INFO,
    "clock_step": logging.INFO,
    "stopped": logging.INFO,
    "down": logging.WARNING,
    "unknown": logging.WARNING,
}
_WORDS: dict[MissCause, str] = {
    "hang": _ENDED,
    "crash": _ENDED,
    "camera_lost": _ENDED,
    "stale": "the camera gave no picture that was taken at that time",
    "damaged": "the camera gave a damaged picture",
    "disk_full": "the disk is too full: nothing is recorded until there is room",
    "disk_error": _ENDED,
    "overrun": "the camera, the disk or this machine was still busy",
    "starting": "the camera was still being opened",
    "clock_step": "the clock was set past them",
    "stopped": "an operator or the configuration had stopped it",
    "down": "no recorder was running",
    "unknown": "nobody was there to see why",
}


class MissLog:
    """The lines of one camera."""

    def __init__(self) -> None:
        self._brakes: defaultdict[MissCause, Brake] = defaultdict(lambda: Brake(log))

    def missed(self, count: int, cause: MissCause, reason: str, now_ns: int) -> None:
        """So many slots have no frame; `reason` is empty where no more is known than the cause (`now_ns` monotonic)."""
        slots = "slot" if count == 1 else f"{count} slots"
        line = f"{slots} missed ({cause}): {reason or _WORDS[cause]}"
        self._brakes[cause].say(now_ns, LEVELS[cause], line, about(cause=cause))
