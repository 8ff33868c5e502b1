"""What the frames occupy, by camera and day, without looking at each of them twice.

Owns: counting, and `.totals.json` in the output directory, from which a new worker goes on. Does not own: what follows
from the figures.
Invariant: the tree is the truth: a day is counted anew when its directory has changed since it was counted, and only
then, so that a look costs one `stat` a day. Between two looks what was written and deleted is taken account of. What
came on a day is counted apart, and stays counted when it goes.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import msgspec
from msgspec import Struct

from shared import tree
from shared.clock import NS_PER_S
from shared.durable import replace_file
from shared.frame_name import frame_beside, parse
from shared.tree import OnError
from storage_worker.camera_frames import Steps
from storage_worker.forecast import Came
from storage_worker.yielding import Grounds

FILE_NAME = ".totals.json"
_SCHEMA = 1
_MOST_BYTES = 1 << 24
_BLOCK_BYTES = 512
_CLUSTER_BYTES = 4096
"""What most file systems give a file in one piece, where this one does not say."""
_CAME_DAYS = 31
_SLICE = 64
_RACE_NS = 3 * NS_PER_S
"""Directories tell their time in steps of up to two seconds (vfat): one that changed as recently may change unseen."""


class DayTotal(Struct, frozen=True):
    """One day of one camera. `changed_ns` is the directory's time when it was counted, 0 where it has to be again."""

    files: int
    bytes: int
    changed_ns: int


class _File(Struct, frozen=True):
    """The file. `grounds` is what `yielding` has to remember: it is about the same figures."""

    schema: int
    days: dict[str, DayTotal]
    came: dict[str, Came] = {}
    grounds: Grounds | None = None


class Totals:
    """The counts. `complete` once every day was counted; `bytes` and `files` are the sums.

    `came` is what was written on each of the last days, by `YYYY/MM/DD`, of all cameras together. `grounds` is kept in
    the same file.
    """

    def __init__(self, output_dir: Path, on_error: OnError, *, keeps_file: bool = True) -> None:
        self.complete = False
        self.bytes = 0
        self.files = 0
        self.came: dict[str, Came] = {}
        self.grounds: Grounds | None = None
        self._output_dir = output_dir
        self._on_error = on_error
        self._path = output_dir / FILE_NAME if keeps_file else None
        self._days: dict[str, DayTotal] = {}
        self._saved: _File | None = None
        self._cluster_bytes = _CLUSTER_BYTES

    def load(self) -> None:
        """Begin with what an earlier worker counted. Blocks for the file; one that is broken is none."""
        try:
            self._cluster_bytes = os.statvfs(self._output_dir).f_frsize or _CLUSTER_BYTES
            with (self._output_dir / FILE_NAME).open("rb") as file:
                kept = msgspec.json.decode(file.read(_MOST_BYTES), type=_File)
        except (OSError, msgspec.DecodeError):
            return
        if kept.schema == _SCHEMA:
            self._saved = kept
            self._days, self.came, self.grounds = dict(kept.days), dict(kept.came), kept.grounds
            self.bytes = sum(day.bytes for day in self._days.values())
            self.files = sum(day.files for day in self._days.values())

    def save(self) -> None:
        """Write the file where something has changed. Blocks for the disk; raises OSError."""
        now = _File(_SCHEMA, dict(self._days), dict(self.came), self.grounds)
        if self._path is not None and now != (self._saved or _File(_SCHEMA, {})):
            replace_file(self._path, msgspec.json.encode(now))
            self._saved = now

    def refresh(self, cameras: list[str], now_wall_ns: int) -> Steps[None]:
        """Count what has changed. Raises nothing: what can't be read stays as it was counted last."""
        there: set[str] = set()
        for camera in cameras:
            for day in tree.days(self._output_dir / camera, on_error=self._on_error):
                there.add(f"{camera}/{day}")
                yield from self._look(f"{camera}/{day}", now_wall_ns)
        for gone in [key for key in self._days if key not in there]:
            self._put(gone, None)
        self._forget_old(now_wall_ns)
        self.complete = True

    def written(self, path: str, size: int) -> None:
        """A file of so many bytes was written; `path` is relative to the output directory."""
        key = path.rpartition("/")[0]
        before = self._days.get(key, DayTotal(0, 0, 0))
        occupied = -(-size // self._cluster_bytes) * self._cluster_bytes
        self._arrived(key, 1, occupied)
        self._put(key, DayTotal(before.files + 1, before.bytes + occupied, 0))

    def deleted(self, path: str, freed_bytes: int, freed_inodes: int) -> None:
        """A frame was deleted that occupied so much."""
        key = path.rpartition("/")[0]
        if (before := self._days.get(key)) is not None:
            self._put(key, DayTotal(max(0, before.files - freed_inodes), max(0, before.bytes - freed_bytes), 0))

    def bytes_by_day(self) -> dict[str, int]:
        """Of all cameras together, by `YYYY/MM/DD`."""
        sums: defaultdict[str, int] = defaultdict(int)
        for key, day in self._days.items():
            sums[key.partition("/")[2]] += day.bytes
        return dict(sums)

    def cameras(self) -> int:
        """How many have frames."""
        return len({key.partition("/")[0] for key, day in self._days.items() if day.files})

    def _arrived(self, key: str, files: int, size: int) -> None:
        day = key.partition("/")[2]
        before = self.came.get(day, Came(0, 0))
        self.came[day] = Came(before.files + files, before.bytes + size)

    def _forget_old(self, now_wall_ns: int) -> None:
        first = tree.day_around(now_wall_ns, -_CAME_DAYS)
        self.came = {day: came for day, came in self.came.items() if day >= first}

    def _look(self, key: str, now_wall_ns: int) -> Steps[None]:
        directory = self._output_dir / key
        try:
            changed_ns = directory.stat().st_mtime_ns
            known = self._days.get(key)
            if known is not None and known.changed_ns == changed_ns:
                yield
                return
            counted = yield from _counted(directory)
        except OSError as error:
            self._on_error(directory, error)
            return
        self._recount(key, *counted)
        settled = changed_ns < now_wall_ns - _RACE_NS
        self._put(key, DayTotal(counted[0], counted[1], changed_ns if settled else 0))
        yield

    def _recount(self, key: str, files: int, size: int) -> None:
        """What is more than was known has come: nobody may have told."""
        before = self._days.get(key, DayTotal(0, 0, 0))
        if size > before.bytes:
            self._arrived(key, max(0, files - before.files), size - before.bytes)

    def _put(self, key: str, day: DayTotal | None) -> None:
        before = self._days.pop(key, None)
        if before is not None:
            self.bytes -= before.bytes
            self.files -= before.files
        if day is not None:
            self._days[key] = day
            self.bytes += day.bytes
            self.files += day.files


def _counted(directory: Path) -> Steps[tuple[int, int]]:
    """How many files of ours there are, and what they occupy. Those that go away meanwhile count as nothing."""
    files = occupied = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            if parse(frame_beside(entry.name)) is None:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            files += 1
            # One that has a second name elsewhere is counted once there, too: so does du within one directory alone.
            occupied += status.st_blocks * _BLOCK_BYTES
            if files % _SLICE == 0:
                yield
    return files, occupied
