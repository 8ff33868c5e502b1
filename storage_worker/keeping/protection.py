"""What `storage.protect` protects.

Owns: whether a frame, or a whole day of them, is protected. Does not own: the notation (`shared.config.protected`).
Invariant: pure, from the local time in a frame's name: what is protected does not change with this machine's zone.
"""

from __future__ import annotations

from shared.clock import NS_PER_MS
from shared.config.protected import parse_range
from shared.frame_name import frame_beside, parse
from storage_worker.keeping.day_names import local_ms_of

_DAY_MS = 86_400_000


class Protection:
    """The ranges in force."""

    def __init__(self, protect: tuple[str, ...]) -> None:
        self._ranges = [parse_range(item) for item in protect]

    def covers(self, path: str) -> bool:
        """Whether the frame at `path`, or the one that the raw file there belongs to, is protected."""
        if not self._ranges:
            return False
        name = frame_beside(path.rpartition("/")[2])
        frame = parse(name)
        return frame is not None and any(found.holds(local_ms_of(frame, name)) for found in self._ranges)

    def covers_day(self, day: str) -> bool:
        """Whether all frames of a day (`YYYY/MM/DD`) are, by one range: such a day need not even be listed."""
        if not self._ranges or (midnight_ms := midnight_of(day)) is None:
            return False
        return any(found.first_ms <= midnight_ms and midnight_ms + _DAY_MS <= found.end_ms for found in self._ranges)


def midnight_of(day: str) -> int | None:
    """The local milliseconds with which a day (`YYYY/MM/DD`) begins; None for one that no calendar has."""
    first = parse(f"{day.replace('/', '')}T000000.000+0000.jpg")
    return None if first is None else first.slot_ns // NS_PER_MS
