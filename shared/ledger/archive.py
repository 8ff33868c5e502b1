"""The frames of an output directory, as the tree has them, from the ledger where that is known to say the same.

Owns: deciding for each day whom to ask. Does not own: either of them (`reading`, `shared.tree`).
Invariant: what comes out is what is in the tree. A day whose directory has changed since it was compared, today's for
one, is listed; for all others the ledger answers. Without a ledger every day is listed.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from shared import tree
from shared.clock import NS_PER_MS
from shared.ledger.database import LedgerError
from shared.ledger.reading import Reader
from shared.ledger.rows import DAY_MS, DayRow, FrameRow, day_number, day_path, row_of_name
from shared.ledger.spans import Span, cut

_LONGEST_OFFSET_MS = 16 * 3_600_000
_NEAR_MS = (600_000, DAY_MS)
"""How far around a time it is looked for the nearest frame before all of the tree is."""
_NO_END_MS = 1 << 53


class _Day(Struct, frozen=True):
    """One day of a camera. `row` is what the ledger says of it, where that still holds."""

    number: int
    row: DayRow | None

    @property
    def earliest_ms(self) -> int:
        """The first instant that a frame in it can be of."""
        return self.number * DAY_MS - _LONGEST_OFFSET_MS

    @property
    def end_ms(self) -> int:
        """Behind the last instant that a frame in it can be of."""
        return (self.number + 1) * DAY_MS + _LONGEST_OFFSET_MS


class Archive:
    """All cameras of an output directory. Blocks for the disk. Raises OSError where the tree can't be read.

    A ledger that fails meanwhile is told in `problem`, and done without from then on.
    """

    def __init__(self, output_dir: Path, reader: Reader | None) -> None:
        self.output_dir = output_dir
        self.problem = ""
        self._reader = reader

    @property
    def reader(self) -> Reader | None:
        """The ledger; None where there is none, and from when on it is done without."""
        return self._reader

    def cameras(self) -> list[str]:
        """Every camera that has a directory or a ledger."""
        try:
            there = tree.cameras(self.output_dir)
        except FileNotFoundError:
            there = []
        return sorted({*there, *(self._reader.cameras if self._reader else [])})

    def frames(self, camera: str, first_ms: int, end_ms: int) -> Iterator[FrameRow]:
        """The frames with `first_ms <= slot < end_ms`, by instant. Holds a few days of them at a time."""
        return self.frames_within(camera, [(first_ms, end_ms)])

    def frames_within(self, camera: str, spans: Sequence[Span]) -> Iterator[FrameRow]:
        """The frames whose slots are within one of these spans, which are in order and apart. See `frames`.

        A directory that has to be listed is listed once, and none outside the spans is.
        """
        held: list[FrameRow] = []
        for day in self.days(camera, spans[0][0], spans[-1][1]) if spans else ():
            yield from _taken(held, day.earliest_ms)
            first = max(0, bisect_right(spans, (day.earliest_ms, _NO_END_MS)) - 1)
            around = cut(spans[first : bisect_left(spans, (day.end_ms, 0))], day.earliest_ms, day.end_ms)
            if around:
                held += self._frames_of_day_within(camera, day, around)
                held.sort(key=lambda row: row.key)
        yield from held

    def _frames_of_day_within(self, camera: str, day: _Day, spans: list[Span]) -> list[FrameRow]:
        if day.row is not None:
            return [row for span in spans for row in self.frames_of_day(camera, day, *span)]
        rows = self.frames_of_day(camera, day, spans[0][0], spans[-1][1])
        return [row for row in rows if row.slot_ms < spans[bisect_right(spans, (row.slot_ms, _NO_END_MS)) - 1][1]]

    def count(self, camera: str, first_ms: int, end_ms: int) -> tuple[int, int | None]:
        """How many these are, and their bytes; None where the ledger does not know the size of each."""
        frames, size = 0, 0
        known = True
        for day in self.days(camera, first_ms, end_ms):
            if day.row is not None and first_ms <= day.earliest_ms and day.end_ms <= end_ms:
                counted = day.row.frames, day.row.bytes
            elif (asked := self._asked_count(camera, day, first_ms, end_ms)) is not None:
                counted = asked
            else:
                rows = self.frames_of_day(camera, day, first_ms, end_ms)
                known &= all(row.bytes >= 0 for row in rows)
                counted = len(rows), sum(row.bytes + row.raw_bytes for row in rows)
            frames, size = frames + counted[0], size + counted[1]
        return frames, size if known else None

    def nearest(self, camera: str, at_ms: int) -> FrameRow | None:
        """The frame whose slot is nearest to a time; of two as near the earlier one. None where there is none."""
        for half_ms in _NEAR_MS:
            near = self._nearest_of(self.frames(camera, at_ms - half_ms, at_ms + half_ms + 1), at_ms)
            if near is not None:
                return near
        # By names alone, from the day backwards: it may lie years before.
        found = tree.newest_frame(self.output_dir / camera, at_ms * NS_PER_MS)
        before = row_of_name(found.path.rpartition("/")[2]) if found else None
        end_ms = _NO_END_MS if before is None else 2 * at_ms - before.slot_ms
        after = next(self.frames(camera, at_ms + 1, end_ms), None)
        return self._nearest_of((row for row in (before, after) if row is not None), at_ms)

    def _nearest_of(self, rows: Iterable[FrameRow], at_ms: int) -> FrameRow | None:
        return min(rows, key=lambda row: (abs(row.slot_ms - at_ms), row.key), default=None)

    def days(self, camera: str, first_ms: int, end_ms: int) -> Iterator[_Day]:
        """The days that have a directory and may have a frame of a span, in order. Looks at each directory."""
        known = self._known_days(camera)
        first, last = day_path(max(0, first_ms // DAY_MS - 1)), day_path(min(end_ms // DAY_MS + 1, 2_932_896))
        for path in tree.days(self.output_dir / camera, first=first, last=last):
            number = day_number(path)
            if number is not None:
                row = known.get(number)
                holds = row is not None and row.stamp_ns and row.stamp_ns == _stamp(self.output_dir / camera / path)
                yield _Day(number, row if holds else None)

    def frames_of_day(self, camera: str, day: _Day, first_ms: int, end_ms: int) -> list[FrameRow]:
        """The frames of one of `days` within a span, by instant; `bytes` is -1 where the ledger has not got them."""
        rows = self._asked_frames(camera, day.number, first_ms, end_ms)
        if day.row is not None and rows is not None:
            return rows
        known = {row.key: row for row in rows or []}
        found = []
        for name in _names(self.output_dir / camera / day_path(day.number)):
            row = row_of_name(name)
            if row is not None and row.day == day.number and first_ms <= row.slot_ms < end_ms:
                found.append(known.get(row.key, row))
        return sorted(found, key=lambda row: row.key)

    def _known_days(self, camera: str) -> dict[int, DayRow]:
        try:
            return self._reader.days(camera) if self._reader else {}
        except LedgerError as error:
            self._do_without(error)
            return {}

    def _asked_frames(self, camera: str, day: int, first_ms: int, end_ms: int) -> list[FrameRow] | None:
        try:
            return self._reader.frames_of_day(camera, day, first_ms, end_ms) if self._reader else None
        except LedgerError as error:
            self._do_without(error)
            return None

    def _asked_count(self, camera: str, day: _Day, first_ms: int, end_ms: int) -> tuple[int, int] | None:
        try:
            reader = self._reader if day.row is not None else None
            return reader.count_of_day(camera, day.number, first_ms, end_ms) if reader else None
        except LedgerError as error:
            self._do_without(error)
            return None

    def _do_without(self, error: LedgerError) -> None:
        self.problem = str(error)
        self._reader = None


def size_of(output_dir: Path, camera: str, row: FrameRow) -> int:
    """The bytes of a frame: the row's, or those of the file where the row does not know; 0 where it is gone."""
    if row.bytes >= 0:
        return row.bytes
    try:
        return (output_dir / camera / row.path()).lstat().st_size
    except OSError:
        return 0


def _taken(held: list[FrameRow], before_ms: int) -> list[FrameRow]:
    """Those before a time, taken out of `held`, which is in order."""
    end = next((index for index, row in enumerate(held) if row.slot_ms >= before_ms), len(held))
    taken = held[:end]
    del held[:end]
    return taken


def _stamp(directory: Path) -> int | None:
    try:
        return directory.lstat().st_ctime_ns
    except OSError:
        return None


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
