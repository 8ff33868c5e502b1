"""Finding frames in the tree of one camera, by the names of directories alone.

Owns: walking `<camera>/YYYY/MM/DD/`. Does not own: deleting (`storage_worker.delete`) or writing frames.
Invariant: a symbolic link is never followed, and what is not ours (a foreign name anywhere) is passed over. No file
is ever `stat`ed: the oldest and the newest frame cost the same in an archive of ten million.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.frame_name import FrameName, parse

_DAY_NS = 86_400 * NS_PER_S
_DIGITS = (4, 2, 2)
"""How long the names of a year's, a month's and a day's directory are."""


class FoundFrame(Struct, frozen=True):
    """A frame's name, and its path relative to the camera's directory."""

    name: FrameName
    path: str


def days(camera_dir: Path, *, newest_first: bool = False) -> Iterator[str]:
    """The days that have a directory, as `YYYY/MM/DD`, in order. Lists lazily. Raises OSError for a broken disk."""
    return _descend(camera_dir, "", 0, newest_first)


def frames_of_day(camera_dir: Path, day: str) -> list[FoundFrame]:
    """All frames of one day, by instant. A day without a directory has none."""
    names = (entry.name for entry in _entries(camera_dir / day) if entry.is_file(follow_symlinks=False))
    found = [FoundFrame(frame, f"{day}/{name}") for name in names if (frame := parse(name)) is not None]
    return sorted(found, key=lambda frame: frame.name)


def newest_frame(camera_dir: Path, not_after_ns: int) -> FoundFrame | None:
    """The newest frame whose slot is at or before `not_after_ns` (wall time), or None.

    A clock that was once ahead leaves frames in the future; they say nothing about now.
    """
    best: FoundFrame | None = None
    days_seen = 0
    for day in days(camera_dir, newest_first=True):
        past = [found for found in frames_of_day(camera_dir, day) if found.name.slot_ns <= not_after_ns]
        if past and (best is None or past[-1].name > best.name):
            best = past[-1]
        # Zones are up to 26 hours apart, so that after a change the later instant may stand under one of the two days
        # before; never further back.
        days_seen += best is not None
        if days_seen > 2:
            break
    return best


def frames_between(camera_dir: Path, first_ns: int, last_ns: int) -> Iterator[FoundFrame]:
    """The frames with `first_ns <= slot < last_ns`, day by day; by instant but for a change of zone."""
    first_day, last_day = _utc_day(first_ns - _DAY_NS), _utc_day(last_ns + _DAY_NS)
    for day in days(camera_dir):
        if first_day <= day <= last_day:
            yield from (found for found in frames_of_day(camera_dir, day) if first_ns <= found.name.slot_ns < last_ns)


def _utc_day(wall_ns: int) -> str:
    return time.strftime("%Y/%m/%d", time.gmtime(max(0, wall_ns) // NS_PER_S))


def _descend(directory: Path, prefix: str, depth: int, newest_first: bool) -> Iterator[str]:
    if depth == len(_DIGITS):
        yield prefix.rstrip("/")
        return
    names = [entry.name for entry in _entries(directory) if _is_level(entry, _DIGITS[depth])]
    for name in sorted(names, reverse=newest_first):
        yield from _descend(directory / name, f"{prefix}{name}/", depth + 1, newest_first)


def _is_level(entry: os.DirEntry[str], digits: int) -> bool:
    name = entry.name
    return len(name) == digits and name.isascii() and name.isdigit() and entry.is_dir(follow_symlinks=False)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
