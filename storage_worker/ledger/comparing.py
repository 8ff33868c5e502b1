"""Comparing the ledger with the tree, a day at a time.

Owns: finding out which days have changed, and what is different in them. Does not own: writing it (`batch`), when
(`keeper`).
Invariant: a day whose directory has the ctime that it had when it was compared is not listed: what adds, removes or
renames a file in it changes that time, whoever does it and whatever becomes of us. A row goes only after a look that
its file is not there; what can't be read loses nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from shared import tree
from shared.clock import NS_PER_S
from shared.frame_name import raw_beside
from shared.ledger.database import Database
from shared.ledger.rows import DAY_MS, DayRow, FrameKey, FrameRow, day_number, day_path, row_of_name, usual_interval_ms
from storage_worker.camera_frames import Steps
from storage_worker.day_listing import listing_of_day
from storage_worker.ledger.batch import Batch, Cameras
from storage_worker.ledger.noting import run_of_frame

_CHUNK = 250
_LOOKS = 25
"""Files that are looked at between two steps: on a cold card each costs a read of its own."""
_RACY_NS = 3 * NS_PER_S
"""A directory that changed so short a time ago may change again without another ctime: vfat has 2 s of it."""
_LONGEST_OFFSET_MS = 16 * 3_600_000


class Surroundings(Struct, frozen=True):
    """What a comparison works with. `batch` gives the one that is collected now; `interval_of` is a camera's at a slot.

    `wall_ns` is the clock, `complain` and `tell` are the log.
    """

    output_dir: Path
    database: Database
    cameras: Cameras
    batch: Callable[[], Batch]
    interval_of: Callable[[str, int], int | None]
    wall_ns: Callable[[], int]
    complain: Callable[[str], None]
    tell: Callable[[str], None]


class Comparison:
    """One pass over all days. It may be given up at any step."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._at = surroundings
        self._unreadable = False

    def steps(self) -> Steps[None]:
        """The pass, the newest days first. Raises `LedgerError`; a part of the tree that can't be read is told."""
        known = self._known_days()
        yield
        for camera in self._camera_names(known):
            yield from self._camera(camera, known.get(camera, {}))

    def _known_days(self) -> dict[str, dict[int, int]]:
        """The stamp of each day, by camera."""
        found: dict[str, dict[int, int]] = {}
        for camera, day, stamp_ns in self._at.database.rows(
            "SELECT name, day, stamp_ns FROM days JOIN cameras ON cameras.id = days.camera"
        ):
            found.setdefault(camera, {})[day] = stamp_ns
        return found

    def _camera_names(self, known: dict[str, dict[int, int]]) -> list[str]:
        try:
            there = tree.cameras(self._at.output_dir)
        except OSError as error:
            self._at.complain(f"{self._at.output_dir}: can't be listed: {error.strerror}")
            return []
        return sorted({*there, *known})

    def _camera(self, camera: str, known: dict[int, int]) -> Steps[None]:
        unseen = dict(known)
        self._unreadable = False
        camera_dir = self._at.output_dir / camera
        for path in tree.days(camera_dir, newest_first=True, on_error=self._unread):
            day = day_number(path)
            if day is None:
                continue
            stamp_ns = _stamp(camera_dir / path)
            if stamp_ns is not None and unseen.pop(day, 0) != stamp_ns:
                yield from self._day(camera, day, stamp_ns)
            yield
        for day in [] if self._unreadable else unseen:
            yield from self._day(camera, day, _stamp(camera_dir / day_path(day)))

    def _day(self, camera: str, day: int, stamp_ns: int | None) -> Steps[None]:
        """One day. `stamp_ns` was looked at before anything else of it; None where it has no directory."""
        camera_dir = self._at.output_dir / camera
        try:
            names = yield from listing_of_day(camera_dir, day_path(day))
        except OSError as error:
            self._unread(camera_dir / day_path(day), error)
            return
        yield
        names.reverse()
        comparing = _Day(self._at, camera, day)
        yield from comparing.steps(names)
        settled = stamp_ns is not None and stamp_ns + _RACY_NS < self._at.wall_ns()
        known = DayRow(stamp_ns if settled and stamp_ns else 0, comparing.frames, comparing.bytes)
        self._at.batch().set_day(camera, day, None if stamp_ns is None and not comparing.frames else known)
        if comparing.vanished:
            self._at.tell(
                f"{camera}/{day_path(day)}: {comparing.vanished} frames are gone that nobody here has deleted"
            )

    def _unread(self, directory: Path, error: OSError) -> None:
        self._unreadable = True
        self._at.complain(f"{directory}: can't be read, so the ledger says of it what it said: {error.strerror}")


class _Day:
    """The comparison of one day's names with its rows; `frames` and `bytes` count what is there."""

    def __init__(self, at: Surroundings, camera: str, day: int) -> None:
        self.frames = 0
        self.bytes = 0
        self.vanished = 0
        self._at = at
        self._camera = camera
        self._directory = f"{at.output_dir}/{camera}/{day_path(day)}"
        self._day = day
        self._usual_ms: int | None = None
        self._number = at.cameras.known(at.database, camera)
        self._waiting = at.batch().waiting(camera, day)

    def steps(self, names: list[str]) -> Steps[None]:
        """Go through the day in chunks of its names, which are in order: what is listed, and the rows up to there."""
        self._usual_ms = usual_interval_ms([row.slot_ms for _, row in _parsed(names[:_CHUNK])])
        done_ms = self._day * DAY_MS - _LONGEST_OFFSET_MS
        begin = 0
        while True:
            end = begin + _CHUNK
            listed = _parsed(names[begin:end])
            # All takes of a slot come together.
            while end < len(names) and listed and _slot_of(names[end]) in {None, listed[-1][1].slot_ms}:
                listed += _parsed(names[end : end + 1])
                end += 1
            last = end >= len(names)
            until_ms = (self._day + 1) * DAY_MS + _LONGEST_OFFSET_MS if last or not listed else listed[-1][1].slot_ms
            if last or listed:
                yield from self._compare(listed, self._rows(done_ms, until_ms))
                done_ms = until_ms + 1
            if last:
                return
            begin = end
            yield

    def _rows(self, first_ms: int, last_ms: int) -> dict[FrameKey, FrameRow]:
        found: dict[FrameKey, FrameRow] = {}
        if self._number is not None:
            for values in self._at.database.rows(
                "SELECT slot_ms, take, offset_min, bytes, raw_bytes FROM frames "
                "WHERE camera = ? AND slot_ms BETWEEN ? AND ?",
                (self._number, first_ms, last_ms),
            ):
                row = FrameRow(*values)
                if row.day == self._day:
                    found[row.key] = row
        for key, waiting in self._waiting.items():
            if first_ms <= key[0] <= last_ms:
                if waiting is None:
                    found.pop(key, None)
                else:
                    found[key] = waiting
        return found

    def _compare(self, listed: list[tuple[str, FrameRow]], rows: dict[FrameKey, FrameRow]) -> Steps[None]:
        looks = 0
        for name, frame in listed:
            row = rows.pop(frame.key, None)
            if row is None:
                row = self._look(name, frame)
                if (looks := looks + 1) % _LOOKS == 0:
                    yield
            if row is not None:
                self._count(row)
        for row in rows.values():
            if (looks := looks + 1) % _LOOKS == 0:
                yield
            if _is_there(f"{self._directory}/{row.path().rpartition('/')[2]}"):
                self._count(row)
            else:
                self._at.batch().remove(self._camera, row.key)
                self.vanished += 1

    def _count(self, row: FrameRow) -> None:
        self.frames += 1
        self.bytes += row.bytes + row.raw_bytes

    def _look(self, name: str, frame: FrameRow) -> FrameRow | None:
        """A frame that has no row: put it in, if it is still there."""
        path = f"{self._directory}/{name}"
        size = _size(path)
        if size is None:
            return None
        row = FrameRow(*frame.key, bytes=size, raw_bytes=_size(raw_beside(path)) or 0)
        interval_ms = self._at.interval_of(self._camera, frame.slot_ms) or self._usual_ms or 1000
        batch = self._at.batch()
        batch.put(self._camera, row)
        batch.add_guess(self._camera, run_of_frame(frame.slot_ms, interval_ms))
        return row


def _parsed(names: list[str]) -> list[tuple[str, FrameRow]]:
    """The frames among them; a raw file left alone is none."""
    return [(name, row) for name in names if (row := row_of_name(name)) is not None]


def _slot_of(name: str) -> int | None:
    row = row_of_name(name)
    return None if row is None else row.slot_ms


def _stamp(directory: Path) -> int | None:
    """The ctime of a directory; None where it is none."""
    try:
        status = directory.lstat()
    except OSError:
        return None
    return status.st_ctime_ns if stat.S_ISDIR(status.st_mode) else None


def _size(path: str) -> int | None:
    """Of a regular file; None where there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _is_there(path: str) -> bool:
    """Whether something is; where that can't be told, it counts as there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
