"""The rows of the ledger as values: a frame, a run of slots, a day, a camera's settings.

Owns: the types, and a frame's path from its row. Does not own: SQL (`writing`, `reading`).
Invariant: pure. Slots are whole milliseconds since the epoch (UTC), as they are in the file.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from msgspec import Struct

from shared.clock import NS_PER_MS
from shared.frame_name import offset_of, parse, path_in_zone

DAY_MS = 86_400_000
_MS_PER_MINUTE = 60_000


class FrameRow(Struct, frozen=True, order=True):
    """A frame. `offset_min` is the zone's at the slot, in minutes east of UTC; it is a part of the frame's name.

    `bytes` is -1 where nobody has looked. `brightness_percent`, `exposure_us`, `synchronised` and `checksum` (all as in
    `frame.written`) are None where they are not known. The brightness is a float in hundredths
    of a percent, but an int where it was noted before version 3, in whole ones.
    """

    slot_ms: int
    take: int
    offset_min: int
    bytes: int = -1
    raw_bytes: int = 0
    brightness_percent: float | None = None
    exposure_us: int | None = None
    synchronised: bool | None = None
    checksum: int | None = None

    @property
    def key(self) -> FrameKey:
        """What it is called, in numbers."""
        return self.slot_ms, self.take, self.offset_min

    @property
    def slot_ns(self) -> int:
        """The slot in wall nanoseconds."""
        return self.slot_ms * NS_PER_MS

    @property
    def day(self) -> int:
        """The day whose directory it lies in, counted from 1970-01-01."""
        return (self.slot_ms + self.offset_min * _MS_PER_MINUTE) // DAY_MS

    def path(self) -> str:
        """`YYYY/MM/DD/....jpg`, relative to the camera's directory."""
        return path_in_zone(self.slot_ms, self.take, self.offset_min)


FrameKey = tuple[int, int, int]
"""Slot in milliseconds, take, offset in minutes: one file's name, and nothing else's."""


class Run(Struct, frozen=True, order=True):
    """Contiguous slots, both ends included, that are alike: `kind` is `schema.RECORDED` or the number of a cause."""

    first_ms: int
    last_ms: int
    interval_ms: int
    kind: int

    @property
    def end_ms(self) -> int:
        """The slot behind the last."""
        return self.last_ms + self.interval_ms

    @property
    def count(self) -> int:
        """How many slots these are."""
        return (self.last_ms - self.first_ms) // self.interval_ms + 1


class DayRow(Struct, frozen=True):
    """A day's directory as it was compared: `stamp_ns` is the directory's ctime then, 0 where it has to be compared."""

    stamp_ns: int = 0
    frames: int = 0
    bytes: int = 0


class SettingsRow(Struct, frozen=True):
    """How a camera was configured from a time on. `interval_ms` is 0 while it was not configured at all."""

    from_ms: int
    interval_ms: int
    window: str
    zone: str
    latitude: float | None = None
    longitude: float | None = None

    def same_as(self, other: SettingsRow) -> bool:
        """Whether both mean the same slots, whenever they began."""
        mine = (self.interval_ms, self.window, self.zone, self.latitude, self.longitude)
        return mine == (other.interval_ms, other.window, other.zone, other.latitude, other.longitude)


def row_of_name(file_name: str) -> FrameRow | None:
    """The row that a file's own name gives; None for anything that is not ours."""
    name = parse(file_name)
    return None if name is None else FrameRow(name.slot_ns // NS_PER_MS, name.take, offset_of(file_name))


def day_path(day: int) -> str:
    """`YYYY/MM/DD` of a day counted from 1970-01-01."""
    return time.strftime("%Y/%m/%d", time.gmtime(day * 86_400))


def day_number(path: str) -> int | None:
    """The inverse of `day_path`; None for a day that no calendar has."""
    first = parse(f"{path.replace('/', '')}T000000.000+0000.jpg")
    return None if first is None else first.slot_ns // NS_PER_MS // DAY_MS


def usual_interval_ms(slots_ms: Sequence[int]) -> int | None:
    """The most common distance of neighbouring slots, which are in order; None where there are fewer than two."""
    counts: dict[int, int] = {}
    for earlier, later in itertools.pairwise(slots_ms):
        if later > earlier:
            counts[later - earlier] = counts.get(later - earlier, 0) + 1
    return max(counts, key=lambda distance: (counts[distance], -distance), default=None)


def interval_at(settings: list[SettingsRow], slot_ms: int) -> int | None:
    """The interval in force at a slot, by settings that are in order; None where it is not known."""
    found = next((row for row in reversed(settings) if row.from_ms <= slot_ms), None)
    if found is None:
        # Slots begin a little before their first settings are noted.
        found = settings[0] if settings and settings[0].from_ms - slot_ms < settings[0].interval_ms * 2 else None
    return (found.interval_ms or None) if found else None
