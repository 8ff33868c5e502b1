"""One day's names, so that the frame nearest to a time is found without reading them all.

Owns: that search. Does not own: listing the day (`storage_worker.day_listing`).
Invariant: pure; a few names are looked at, however many a day has. Of two frames equally near the earlier counts, of
two takes the first. A raw file alone is never the nearest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from msgspec import Struct

from shared.clock import NS_PER_MS
from shared.frame_name import FrameName, is_raw, offset_of, parse
from storage_worker.keeping.regular import RegularTime

_MINUTE_MS = 60_000
_OFFSET = slice(19, 24)


class Near(Struct, frozen=True, order=True):
    """A frame by how near it is: sorts by the distance, then by instant and take."""

    distance_ms: int
    frame: FrameName


class DayNames:
    """The frames of one directory, whose local midnight is `midnight_ms`. `names` are newest first."""

    def __init__(self, midnight_ms: int, names: list[str]) -> None:
        self.names = names
        self._midnight_ms = midnight_ms
        self._by_offset: dict[str, list[str]] = {}
        for name in names:
            self._by_offset.setdefault(name[_OFFSET], []).append(name)
        for group in self._by_offset.values():
            group.sort()

    def nearest(self, to: RegularTime) -> Near | None:
        """The nearest of the frames that belong to a regular time."""
        found = [
            self._nearest(names, to.local_ms(offset_of(names[0]) * _MINUTE_MS), to.period_ms // 2)
            for names in self._by_offset.values()
        ]
        return min((near for near in found if near), default=None)

    def local_ms(self, name: str) -> int:
        """The time that stands in the name."""
        seconds = int(name[9:11]) * 3600 + int(name[11:13]) * 60 + int(name[13:15])
        return self._midnight_ms + seconds * 1000 + int(name[16:19])

    def _nearest(self, names: list[str], local_ms: int, reach_ms: int) -> Near | None:
        # Text sorts as the clock does, but for the takes of one time.
        middle = bisect_left(names, local_ms, key=self.local_ms)
        before = self._first((names[index] for index in reversed(range(middle))), local_ms, reach_ms)
        after = self._first((names[index] for index in range(middle, len(names))), local_ms, reach_ms - 1)
        return min((near for near in (before, after) if near), default=None)

    def _first(self, names: Iterator[str], local_ms: int, reach_ms: int) -> Near | None:
        """The nearest of some that come the nearer first."""
        best: Near | None = None
        for name in names:
            distance_ms = abs(self.local_ms(name) - local_ms)
            if distance_ms > (reach_ms if best is None else best.distance_ms):
                break
            if not is_raw(name) and (frame := parse(name)) is not None:
                near = Near(distance_ms, frame)
                best = near if best is None or near < best else best
        return best


def local_ms_of(frame: FrameName, name: str) -> int:
    """The local time of a frame, by the offset in its name."""
    return frame.slot_ns // NS_PER_MS + offset_of(name) * _MINUTE_MS
