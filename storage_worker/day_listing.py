"""One day's directory as names in order of instant, each parsed only when its turn comes.

Owns: reading one directory, and between which instants a day's frames lie. Does not own: which days there are
(`shared.tree`).
Invariant: a name that is listed is a regular file's (as the directory tells it, without a `stat`), is ours, and lies
in the directory of the day that it names. A raw file is listed only where its frame is not there: it has its turn as a
frame would, since nobody else would ever delete it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path

from shared.frame_name import FrameName, frame_beside, is_raw, parse

_SHAPE = re.compile(r"\d{8}T\d{6}\.\d{3}[+-]\d{4}(?:-\d+)?\.(?:jpg|dng)", re.ASCII)
_OFFSET = slice(19, 24)
_PLAIN_LENGTH = len("YYYYMMDDTHHMMSS.mmm+HHMM.jpg")
_SLICE = 1000
"""Entries of a directory between two steps: some 3 ms of a card that has to be read."""


def names_of_day(camera_dir: Path, day: str) -> list[str]:
    """The names of our frames in the directory of `day` (`YYYY/MM/DD`), newest first. Blocks; raises OSError.

    A day without a directory has none. A name of the right shape that means no instant (25 o'clock) may be among them.
    """
    steps = listing_of_day(camera_dir, day)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            names: list[str] = done.value
            return names


def listing_of_day(camera_dir: Path, day: str) -> Generator[None, None, list[str]]:
    """The same in steps, for who has other work: a day of a frame each five seconds can take 100 ms to be read."""
    date = day.replace("/", "") + "T"
    names: list[str] = []
    try:
        with os.scandir(camera_dir / day) as entries:
            for number, entry in enumerate(entries, start=1):
                if _is_ours(entry, date):
                    names.append(entry.name)
                if number % _SLICE == 0:
                    yield
    except (FileNotFoundError, NotADirectoryError):
        return []
    yield
    names = _without_accompanied(names)
    # Parsing all names of a day at one frame a second takes 0.4 s here and 4 s on a small board; comparing text a
    # sixth of it. Text sorts as instants do but on the day of a change of zone, and where there are second takes.
    if _sorts_as_text(names):
        return sorted(names, reverse=True)
    return (yield from _by_instant(names))


def drop_until(names: list[str], wall_ns: int) -> None:
    """Take those at or before an instant out of `names`, which are newest first. Parses a few of them only."""
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        frame = meant_by(names[middle])
        if frame is None:
            del names[middle]
            high -= 1
        elif frame.slot_ns > wall_ns:
            low = middle + 1
        else:
            high = middle
    del names[low:]


def meant_by(name: str) -> FrameName | None:
    """The frame that a listed name means: its own, or that of a raw file left alone."""
    return parse(frame_beside(name))


def earliest_ns(day: str) -> int | None:
    """The first instant that a frame in the directory of `day` can be of. None for a day that no calendar has.

    No zone has ever been further from UTC than 16 hours (Manila and Alaska, before they moved the date line).
    """
    first = parse(f"{day.replace('/', '')}T000000.000+1600.jpg")
    return None if first is None else first.slot_ns


def latest_ns(day: str) -> int | None:
    """The last instant that a frame in the directory of `day` can be of. None for a day that no calendar has."""
    last = parse(f"{day.replace('/', '')}T235959.999-1600.jpg")
    return None if last is None else last.slot_ns


def _is_ours(entry: os.DirEntry[str], date: str) -> bool:
    name = entry.name
    return name.startswith(date) and _SHAPE.fullmatch(name) is not None and entry.is_file(follow_symlinks=False)


def _without_accompanied(names: list[str]) -> list[str]:
    if not any(is_raw(name) for name in names):
        return names
    there = set(names)
    return [name for name in names if not is_raw(name) or frame_beside(name) not in there]


def _sorts_as_text(names: list[str]) -> bool:
    plain = all(len(name) == _PLAIN_LENGTH for name in names)
    return plain and len({name[_OFFSET] for name in names}) <= 1


def _by_instant(names: list[str]) -> Generator[None, None, list[str]]:
    dated: list[tuple[FrameName, str]] = []
    for number, name in enumerate(names, start=1):
        if (frame := meant_by(name)) is not None:
            dated.append((frame, name))
        if number % _SLICE == 0:
            yield
    # By tuples: comparing structs field by field costs more than sorting does.
    dated.sort(key=lambda pair: (pair[0].slot_ns, pair[0].take, pair[1]), reverse=True)
    return [name for _, name in dated]
