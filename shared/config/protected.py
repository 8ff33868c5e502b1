"""`storage.protect`: the days and times whose frames nothing deletes.

Owns: the notation, and whether a frame's local time is within. Does not own: frames and their names.
Invariant: both ends of a range are included, each with all that it names: a month, a day, a minute, a second. The time
is that of the clock on the wall, as it stands in the frames' names. No parser raises anything but ValueError.
"""

from __future__ import annotations

import re

from msgspec import Struct

from shared.clock import NS_PER_MS
from shared.config.redact import shown
from shared.frame_name import parse

FORMS = "2026-06-01, 2026-06, 2026-06-01..2026-06-07 or 2026-06-01T10:00..2026-06-01T12:00"
NONE = "none"
_DAY_MS = 86_400_000
_POINT = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?)?", re.ASCII)
_NEAR_POINT = re.compile(r"(\d{1,4})[-./](\d{1,2})(?:[-./](\d{1,2}))?(.*)", re.ASCII)


class Range(Struct, frozen=True):
    """From `first_ms`, included, to `end_ms`, excluded: local milliseconds since 1970."""

    first_ms: int
    end_ms: int

    def holds(self, local_ms: int) -> bool:
        """Whether a local time is within."""
        return self.first_ms <= local_ms < self.end_ms


def parse_protect(text: str) -> tuple[str, ...]:
    """Ranges as they are written, checked, each stripped of blanks; several are parted by commas. `none` is none."""
    if text.strip() in {"", NONE}:
        return ()
    items = tuple(" ".join(item.split()) for item in text.split(","))
    for item in items:
        parse_range(item)
    return items


def format_protect(items: tuple[str, ...]) -> str:
    """What `parse_protect` takes back to the same."""
    return ", ".join(items) or NONE


def parse_range(text: str) -> Range:
    """The range that `text` describes. ValueError otherwise."""
    first_text, dots, last_text = text.partition("..")
    first = _point(first_text, text)
    last = _point(last_text, text) if dots else first
    if last.end_ms <= first.first_ms:
        raise ValueError(f"{shown(text)} ends before it begins")
    return Range(first.first_ms, last.end_ms)


def _point(text: str, whole: str) -> Range:
    """All that a month, a day, a minute or a second names."""
    found = _POINT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{shown(whole)} is no day or range{_hint(text.strip())} (write {FORMS})")
    year, month, day, hour, minute, second = found.groups()
    first_ms = _local_ms(year, month, day or "01", hour or "00", minute or "00", second or "00")
    if first_ms is None:
        raise ValueError(f"{shown(whole)}: no calendar and no clock has {shown(text.strip())}")
    if day is None:
        last = next(last for last in ("31", "30", "29", "28") if _local_ms(year, month, last) is not None)
        return Range(first_ms, first_ms + int(last) * _DAY_MS)
    length_ms = 1000 if second else 60_000 if minute else _DAY_MS
    return Range(first_ms, first_ms + length_ms)


def _local_ms(year: str, month: str, day: str, hour: str = "00", minute: str = "00", second: str = "00") -> int | None:
    named = parse(f"{year}{month}{day}T{hour}{minute}{second}.000+0000.jpg")
    return None if named is None else named.slot_ns // NS_PER_MS


def _hint(text: str) -> str:
    near = _NEAR_POINT.fullmatch(text)
    if near is None or len(near[1]) != 4:
        return ""
    better = "-".join([near[1], *(part.zfill(2) for part in (near[2], near[3]) if part)])
    rest = near[4].strip().lstrip("T")
    if rest and re.fullmatch(r"\d{1,2}:\d\d(?::\d\d)?", rest):
        better += f"T{rest.zfill(len(rest) + 1) if rest[1] == ':' else rest}"
    return f" (did you mean {better}?)" if _POINT.fullmatch(better) and better != text else ""
