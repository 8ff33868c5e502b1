"""What a frame is called, and which slot a name means.

Owns: `YYYY/MM/DD/YYYYMMDDTHHMMSS.mmm+HHMM[-TAKE].jpg` and its inverse, and `.dng` for the raw file beside a frame.
Does not own: directories on a disk (`shared.tree`).
Invariant: `parse(name(slot_ns, take)) == (slot_ns, take)` in any zone and on both sides of any change of it, for
slots in whole milliseconds: the offset stands in the name, so that no hour is ambiguous.
"""

from __future__ import annotations

import re
import time

from msgspec import Struct

from shared.clock import NS_PER_MS, NS_PER_S

_NAME = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)\.(?P<milli>\d{3})"
    r"(?P<sign>[+-])(?P<hours>[01]\d|2[0-4])(?P<minutes>[0-5]\d)(?:-(?P<take>[1-9]\d{0,5}))?\.jpg",
    re.ASCII,
)
_MS_PER_MINUTE = 60_000
_FRAME, _RAW = ".jpg", ".dng"


class FrameName(Struct, frozen=True, order=True):
    """A frame's identity within its camera. Sorts by instant, then take."""

    slot_ns: int
    take: int = 1

    def path(self) -> str:
        """`YYYY/MM/DD/....jpg`, relative to the camera's directory, in local time as it is at the slot."""
        return path_in_zone(self.slot_ns // NS_PER_MS, self.take, utc_offset_min(self.slot_ns))


def path_in_zone(slot_ms: int, take: int, offset_min: int) -> str:
    """`YYYY/MM/DD/....jpg` of a slot (milliseconds since the epoch) in a zone so many minutes east of UTC."""
    local_ms = slot_ms + offset_min * _MS_PER_MINUTE
    local = time.gmtime(local_ms // 1000)
    sign, minutes = ("-", -offset_min) if offset_min < 0 else ("+", offset_min)
    suffix = f"-{take}" if take > 1 else ""
    day = time.strftime("%Y/%m/%d", local)
    second = time.strftime("%Y%m%dT%H%M%S", local)
    return f"{day}/{second}.{local_ms % 1000:03d}{sign}{minutes // 60:02d}{minutes % 60:02d}{suffix}.jpg"


def offset_of(file_name: str) -> int:
    """The offset, in minutes east of UTC, in a name that `parse` has taken."""
    minutes = int(file_name[20:22]) * 60 + int(file_name[22:24])
    return -minutes if file_name[19] == "-" else minutes


def raw_beside(path: str) -> str:
    """The path, or the name alone, of the raw file that belongs to the frame at `path`."""
    return path.removesuffix(_FRAME) + _RAW


def frame_beside(path: str) -> str:
    """The path, or the name alone, of the frame that the raw file at `path` belongs to. A frame's own stays."""
    return path.removesuffix(_RAW) + _FRAME if path.endswith(_RAW) else path


def is_raw(path: str) -> bool:
    """Whether `path` is that of a raw file, and not of a frame."""
    return path.endswith(_RAW)


def path_of(file_name: str) -> str:
    """Where a file with a name of ours lies, relative to its camera's directory, whatever the zone is by now."""
    return f"{file_name[:4]}/{file_name[4:6]}/{file_name[6:8]}/{file_name}"


def utc_offset_min(slot_ns: int) -> int:
    """The local zone's offset from UTC at a slot, in whole minutes: the few that had seconds lose them."""
    return time.localtime(slot_ns // NS_PER_S).tm_gmtoff // 60


def parse(file_name: str) -> FrameName | None:
    """The frame that a file's own name (without directories) means; None for anything that is not ours."""
    match = _NAME.fullmatch(file_name)
    if match is None or match["take"] == "1":
        return None
    numbers = [int(match[group]) for group in ("year", "month", "day", "hour", "minute", "second")]
    local_s = _epoch_s(*numbers)
    # A date that does not exist (the 30th of February) comes back as another one.
    if list(time.gmtime(local_s)[:6]) != numbers:
        return None
    offset_min = int(match["hours"]) * 60 + int(match["minutes"])
    if match["sign"] == "-" and offset_min == 0:
        return None  # UTC itself is +0000, so that no frame has two names
    offset_ms = (-offset_min if match["sign"] == "-" else offset_min) * _MS_PER_MINUTE
    slot_ms = local_s * 1000 + int(match["milli"]) - offset_ms
    return FrameName(slot_ms * NS_PER_MS, int(match["take"] or 1))


def _epoch_s(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    # strptime and calendar import locale and datetime, 1 MB; days from the civil calendar are two lines.
    # http://howardhinnant.github.io/date_algorithms.html#days_from_civil, with March as the first month.
    year, month = (year, month) if month > 2 else (year - 1, month + 12)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719_469
    return days * 86_400 + hour * 3600 + minute * 60 + second
