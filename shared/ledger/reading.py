"""Reading the ledger: cameras, frames, runs, days and settings.

Owns: the questions. Does not own: opening the file (`database`), nor whether an answer still holds (`archive`).
Invariant: nothing is changed. Each question costs by what it answers, not by how much there is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.ledger.database import Database, open_for_reading
from shared.ledger.rows import DAY_MS, DayRow, FrameRow, Run, SettingsRow
from shared.ledger.schema import FILE_NAME

_FRAME = (
    "slot_ms, take, offset_min, bytes, raw_bytes, coalesce(brightness_e4 / 100.0, brightness_percent), exposure_us, "
    "synchronised, checksum"
)
_OF_DAY = (
    f"FROM frames WHERE camera = ? AND slot_ms >= ? AND slot_ms < ? AND (slot_ms + offset_min * 60000) / {DAY_MS} = ?"
)
_LONGEST_OFFSET_MS = 16 * 3_600_000


class Reader:
    """One ledger, open. Blocks for the disk; every method raises `LedgerError`. Close it when done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[str, int] = {name: number for number, name in database.rows("SELECT * FROM cameras")}

    @property
    def cameras(self) -> list[str]:
        """Every camera that it has ever heard of."""
        return sorted(self._numbers)

    def days(self, camera: str) -> dict[int, DayRow]:
        """Each day that it has frames of, as it was compared."""
        found = self._database.rows(
            "SELECT day, stamp_ns, frames, bytes FROM days WHERE camera = ?", (self._numbers.get(camera, -1),)
        )
        return {day: DayRow(*values) for day, *values in found}

    def frames_of_day(self, camera: str, day: int, first_ms: int, end_ms: int) -> list[FrameRow]:
        """The frames in the directory of a day (counted from 1970-01-01) with `first_ms <= slot < end_ms`, in order."""
        first_ms, end_ms = _within_day(day, first_ms, end_ms)
        found = self._database.rows(
            f"SELECT {_FRAME} {_OF_DAY}",
            (self._numbers.get(camera, -1), first_ms, end_ms, day),
        )
        return [_row(values) for values in found]

    def count_of_day(self, camera: str, day: int, first_ms: int, end_ms: int) -> tuple[int, int]:
        """How many these are, and their bytes with those of the raw files."""
        first_ms, end_ms = _within_day(day, first_ms, end_ms)
        found = self._database.rows(
            f"SELECT count(*), coalesce(sum(bytes + raw_bytes), 0) {_OF_DAY}",
            (self._numbers.get(camera, -1), first_ms, end_ms, day),
        )
        return found[0][0], found[0][1]

    def runs(self, camera: str, first_ms: int, end_ms: int) -> list[Run]:
        """The runs that have anything between two times, whole, by their beginning."""
        number = self._numbers.get(camera)
        if number is None:
            return []
        found: list[Run] = []
        for kind, interval_ms in self._kinds(number):
            found += self._alike(number, kind, interval_ms, first_ms, end_ms)
        return sorted(found)

    def first_slot_ms(self, camera: str) -> int | None:
        """The first slot that is accounted for; None where none is."""
        number = self._numbers.get(camera)
        if number is None:
            return None
        firsts = [
            self._database.rows(
                "SELECT min(first_ms) FROM runs WHERE camera = ? AND kind = ? AND interval_ms = ?", (number, *alike)
            )[0][0]
            for alike in self._kinds(number)
        ]
        return min(firsts, default=None)

    def settings(self, camera: str) -> list[SettingsRow]:
        """How it was configured, and from when on; the oldest first."""
        found = self._database.rows(
            "SELECT from_ms, interval_ms, window, zone, latitude, longitude FROM settings WHERE camera = ? "
            "ORDER BY from_ms",
            (self._numbers.get(camera, -1),),
        )
        return [SettingsRow(*values) for values in found]

    def compared_ms(self) -> int:
        """When all days had last been compared with the tree; 0 where they have not been yet."""
        found = self._database.rows("SELECT value FROM meta WHERE key = 'compared_ms'")
        return int(found[0][0]) if found else 0

    def close(self) -> None:
        """Let go of it. May be called twice."""
        self._database.close()

    def _kinds(self, number: int) -> Iterator[tuple[int, int]]:
        """Each kind and interval there is: one step in the index for each."""
        at = (-1, 0)
        while found := self._database.rows(
            "SELECT kind, interval_ms FROM runs WHERE camera = ? AND (kind, interval_ms) > (?, ?) "
            "ORDER BY kind, interval_ms LIMIT 1",
            (number, *at),
        ):
            at = (found[0][0], found[0][1])
            yield at

    def _alike(self, number: int, kind: int, interval_ms: int, first_ms: int, end_ms: int) -> Iterator[Run]:
        among = "SELECT first_ms, last_ms FROM runs WHERE camera = ? AND kind = ? AND interval_ms = ? AND first_ms"
        alike = (number, kind, interval_ms)
        before = self._database.rows(f"{among} < ? ORDER BY first_ms DESC LIMIT 1", (*alike, first_ms))
        within = self._database.rows(f"{among} >= ? AND first_ms < ? ORDER BY first_ms", (*alike, first_ms, end_ms))
        for run_first_ms, last_ms in [*before, *within]:
            if last_ms + interval_ms > first_ms:
                yield Run(run_first_ms, last_ms, interval_ms, kind)


@contextlib.contextmanager
def reading(output_dir: Path) -> Iterator[Reader]:
    """The ledger of an output directory. Raises `LedgerError` where there is none, or it can't be read."""
    database = open_for_reading(output_dir / FILE_NAME)
    try:
        yield Reader(database)
    finally:
        database.close()


def _row(values: tuple[Any, ...]) -> FrameRow:
    *others, told, checksum = values
    return FrameRow(*others, None if told is None else bool(told), checksum)  # type: ignore[call-arg]  # seven before


def _within_day(day: int, first_ms: int, end_ms: int) -> tuple[int, int]:
    """A span cut off at what can lie in a day's directory, whatever the zone."""
    return max(first_ms, day * DAY_MS - _LONGEST_OFFSET_MS), min(end_ms, (day + 1) * DAY_MS + _LONGEST_OFFSET_MS)
