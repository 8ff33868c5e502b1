"""The disk, in the log: that it fills, that nothing can be done about it, that there is room again; what was deleted.

Owns: the words, the levels, and that none of it is said more than once a minute. Does not own: the levels of the disk
(`pressure`), the events, which are not held back.
Invariant: a change that was held back is said when the minute is over, if it is still so then. A disk that is cleaned
as configured is no warning.
"""

from __future__ import annotations

import logging

from shared.about import about
from shared.brake import INTERVAL_NS
from shared.causes import PressureLevel
from shared.disk import DiskUsage

log = logging.getLogger(__name__)


class PressureLog:
    """The lines about one disk. `now_ns` is monotonic."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._said: tuple[PressureLevel, str] = ("ok", "")
        self._next_ns: int | None = None

    def take(self, usage: DiskUsage, level: PressureLevel, hindered: str, now_ns: int) -> None:
        """How full it is, as of now; `hindered` is why too little is deleted, if so."""
        news = (level, hindered if level != "ok" else "")
        if news == self._said or (self._next_ns is not None and now_ns < self._next_ns):
            return
        self._said, self._next_ns = news, now_ns + INTERVAL_NS
        figures = f"{self._path} is {usage.worst_percent:.1f} % full, {usage.free_bytes / 1e6:.0f} MB are free"
        because = f"; {hindered}" if hindered else ""
        if level == "full":
            log.error("%s: nothing is recorded until there is room%s", figures, because, extra=about(cause="disk_full"))
        elif level == "high":
            log.log(
                logging.WARNING if hindered else logging.INFO, "%s%s", figures, because or ": old frames are deleted"
            )
        else:
            log.info("%s: there is room again", figures)


class DeletedLog:
    """What was deleted: at once where nothing was for a minute, else in one sum with what follows."""

    def __init__(self) -> None:
        self._frames = self._bytes = 0
        self._next_ns: int | None = None

    def add(self, frames: int, freed_bytes: int, now_ns: int) -> None:
        """So much was deleted just now; nothing is an occasion to say what was held back."""
        self._frames += frames
        self._bytes += freed_bytes
        if self._frames and (self._next_ns is None or now_ns >= self._next_ns):
            log.info("deleted %d frames, %.1f MB", self._frames, self._bytes / 1e6)
            self._frames = self._bytes = 0
            self._next_ns = now_ns + INTERVAL_NS
