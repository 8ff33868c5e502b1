"""Finding frames in the tree of one camera, by the names of directories alone.

Owns: walking `<camera>/YYYY/MM/DD/`. Does not own: deleting (`storage_worker.delete`) or writing frames.
Invariant: a symbolic link is never followed, and what is not ours (a foreign name anywhere) is passed over. No file
is ever `stat`ed: the oldest and the newest frame cost the same in an archive of ten million. A directory outside the
asked-for span is not opened: what is wrong with it can't matter. One inside it that can't be read is the caller's to
judge (`on_error`), and never ends the walk by itself.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.frame_name import FrameName, parse

_DAY_NS = 86_400 * NS_PER_S
_DIGITS = (4, 2, 2)
"""How long the names of a year's, a month's and a day's directory are."""
_LAST_DAY = "9999/99/99"
_CAMERA = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""What the configuration accepts as a camera's name; cameras that it no longer names count too."""


class FoundFrame(Struct, frozen=True):
    """A frame's name, and its path relative to the camera's directory."""

    name: FrameName
    path: str


OnError = Callable[[Path, OSError], None]
"""Told of each directory that can't be read. Where it returns, the walk goes on behind that directory."""


def give_up(_: Path, error: OSError) -> None:
    """Raise it: the whole answer counts, or none."""
    raise error


def cameras(output_dir: Path) -> list[str]:
    """The directories that are called as a camera may be, in order. Raises OSError."""
    with os.scandir(output_dir) as entries:
        return sorted(e.name for e in entries if _CAMERA.fullmatch(e.name) and e.is_dir(follow_symlinks=False))


def days(
    camera_dir: Path,
    *,
    newest_first: bool = False,
    first: str = "",
    last: str = _LAST_DAY,
    on_error: OnError = give_up,
) -> Iterator[str]:
    """The days that have a directory, as `YYYY/MM/DD`, in order, from `first` to `last` (inclusive). Lists lazily."""
    return _descend(camera_dir, "", _Span(first, last, newest_first, on_error))


def day_around(wall_ns: int, days_later: int) -> str:
    """The day in UTC that many days after an instant, as `YYYY/MM/DD`.

    Whatever the zone, the frame of an instant lies between the day before (-1) and the day after (1).
    """
    return time.strftime("%Y/%m/%d", time.gmtime(max(0, wall_ns + days_later * _DAY_NS) // NS_PER_S))


def frames_of_day(camera_dir: Path, day: str) -> list[FoundFrame]:
    """All frames of one day, by instant. A day without a directory has none."""
    names = (entry.name for entry in _entries(camera_dir / day) if entry.is_file(follow_symlinks=False))
    found = [FoundFrame(frame, f"{day}/{name}") for name in names if (frame := parse(name)) is not None]
    return sorted(found, key=lambda frame: frame.name)


def newest_frame(camera_dir: Path, not_after_ns: int, on_error: OnError = give_up) -> FoundFrame | None:
    """The newest frame whose slot is at or before `not_after_ns` (wall time), or None.

    A clock that was once ahead leaves frames in the future; they say nothing about now, and cost nothing. `on_error`
    hears of what can't be read before a frame was found: behind that, newer ones are only after a change of zone.
    """
    best: FoundFrame | None = None

    def unread(directory: Path, error: OSError) -> None:
        if best is None:
            on_error(directory, error)

    days_seen = 0
    for day in days(camera_dir, newest_first=True, last=day_around(not_after_ns, 1), on_error=unread):
        past = [found for found in _readable(camera_dir, day, unread) if found.name.slot_ns <= not_after_ns]
        if past and (best is None or past[-1].name > best.name):
            best = past[-1]
        # Zones are up to 26 hours apart, so that after a change the later instant may stand under one of the two days
        # before; never further back.
        days_seen += best is not None
        if days_seen > 2:
            break
    return best


def frames_between(camera_dir: Path, first_ns: int, last_ns: int, on_error: OnError = give_up) -> Iterator[FoundFrame]:
    """The frames with `first_ns <= slot < last_ns`, day by day; by instant but for a change of zone."""
    for day in days(camera_dir, first=day_around(first_ns, -1), last=day_around(last_ns, 1), on_error=on_error):
        for found in _readable(camera_dir, day, on_error):
            if first_ns <= found.name.slot_ns < last_ns:
                yield found


def _readable(camera_dir: Path, day: str, on_error: OnError) -> list[FoundFrame]:
    try:
        return frames_of_day(camera_dir, day)
    except OSError as error:
        on_error(camera_dir / day, error)
        return []


class _Span(Struct, frozen=True):
    """Which days a walk is about, and how it goes."""

    first: str
    last: str
    newest_first: bool
    on_error: OnError

    def holds(self, path: str) -> bool:
        """Whether a year, a month or a day has anything of the span in it."""
        return self.first[: len(path)] <= path <= self.last[: len(path)]


def _descend(camera_dir: Path, path: str, span: _Span) -> Iterator[str]:
    depth = len(path.split("/")) if path else 0
    if depth == len(_DIGITS):
        yield path
        return
    for name in _levels(camera_dir / path, _DIGITS[depth], span):
        inner = f"{path}/{name}" if path else name
        if span.holds(inner):
            yield from _descend(camera_dir, inner, span)


def _levels(directory: Path, digits: int, span: _Span) -> list[str]:
    try:
        names = [entry.name for entry in _entries(directory) if _is_level(entry, digits)]
    except OSError as error:
        span.on_error(directory, error)
        return []
    return sorted(names, reverse=span.newest_first)


def _is_level(entry: os.DirEntry[str], digits: int) -> bool:
    name = entry.name
    return len(name) == digits and name.isascii() and name.isdigit() and entry.is_dir(follow_symlinks=False)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
