"""What is to be written with the next commit.

Owns: collecting it, so that of what contradicts itself the last counts, and carrying it out in one transaction.
Does not own: when (`keeper`), nor what is true (`noting`, `comparing`).
Invariant: carrying a batch out a second time changes nothing. Memory is bounded: what is too much is dropped, and
`overflowed` says that the tree has to be looked at for it.
"""

from __future__ import annotations

from typing import Any

from msgspec import structs

from shared.ledger.database import Database
from shared.ledger.rows import DayRow, FrameKey, FrameRow, Run, SettingsRow
from shared.ledger.schema import RECORDED
from storage_worker.ledger.run_rows import not_recorded, take_over, write_run

MOST_FRAMES = 20_000
"""Some 6 MB. At one frame a second: five hours in which nothing could be written."""
_MOST_RUNS = 5_000
_TOLD = ("brightness_percent", "exposure_us", "synchronised", "checksum")
# What a later look at the file does not know (its brightness) stays as it is known.
_PUT_FRAME = """
INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    bytes = excluded.bytes, raw_bytes = excluded.raw_bytes,
    brightness_e4 = coalesce(excluded.brightness_e4, brightness_e4),
    exposure_us = coalesce(excluded.exposure_us, exposure_us),
    synchronised = coalesce(excluded.synchronised, synchronised),
    checksum = coalesce(excluded.checksum, checksum)"""


class Batch:
    """Changes that wait. A frame that is None is to be removed."""

    def __init__(self) -> None:
        self.frames: dict[str, dict[FrameKey, FrameRow | None]] = {}
        self.days: dict[tuple[str, int], DayRow | None] = {}
        self.meta: dict[str, Any] = {}
        self.overflowed = False
        self._runs: dict[str, dict[tuple[int, int], list[Run]]] = {}
        self._guesses: dict[str, dict[tuple[int, int], list[Run]]] = {}
        self._settings: list[tuple[str, SettingsRow]] = []
        self._size = 0

    def __len__(self) -> int:
        """How much waits, roughly in rows; what is told of the position alone does not count."""
        return self._size

    def put(self, camera: str, row: FrameRow) -> None:
        """This frame is there. What a row that waits knows of it, and this one does not, stays."""
        waiting = self.frames.get(camera, {}).get(row.key)
        self._set(camera, row.key, row if waiting is None else _completed(row, waiting))

    def remove(self, camera: str, key: FrameKey) -> None:
        """This frame is gone."""
        self._set(camera, key, None)

    def add_run(self, camera: str, run: Run) -> None:
        """These slots have this account."""
        self._add_run(self._runs, camera, run)

    def add_guess(self, camera: str, run: Run) -> None:
        """These slots are recorded, but nobody has told by which interval: where somebody does, that counts."""
        self._add_run(self._guesses, camera, run)

    def _add_run(self, runs: dict[str, dict[tuple[int, int], list[Run]]], camera: str, run: Run) -> None:
        alike = runs.setdefault(camera, {}).setdefault((run.kind, run.interval_ms), [])
        if alike and alike[-1].first_ms <= run.first_ms <= alike[-1].end_ms:
            alike[-1] = Run(alike[-1].first_ms, max(alike[-1].last_ms, run.last_ms), run.interval_ms, run.kind)
        elif len(alike) < _MOST_RUNS:
            alike.append(run)
            self._size += 1

    def set_day(self, camera: str, day: int, row: DayRow | None) -> None:
        """What is known of a day's directory; None where there is no such directory."""
        self._size += (camera, day) not in self.days
        self.days[camera, day] = row

    def add_settings(self, camera: str, row: SettingsRow) -> None:
        """How the camera is configured from then on."""
        self._settings.append((camera, row))
        self._size += 1

    def waiting(self, camera: str, day: int) -> dict[FrameKey, FrameRow | None]:
        """What waits for the frames of one day."""
        return {key: row for key, row in self.frames.get(camera, {}).items() if FrameRow(*key).day == day}

    def _set(self, camera: str, key: FrameKey, row: FrameRow | None) -> None:
        frames = self.frames.setdefault(camera, {})
        if key not in frames:
            if self._size >= MOST_FRAMES:
                self.overflowed = True
                return
            self._size += 1
        frames[key] = row

    def carry_out(self, database: Database, cameras: Cameras) -> None:
        """Write all of it, in one transaction. Blocks for the disk. Raises `LedgerError`, with nothing changed."""
        with database.transaction():
            try:
                self._carry_out(database, cameras)
            except BaseException:
                cameras.forget()
                raise

    def _carry_out(self, database: Database, cameras: Cameras) -> None:
        for camera, frames in self.frames.items():
            _write_frames(database, cameras.number(database, camera), frames)
        for (camera, day), row in self.days.items():
            # Where something was dropped, no day can be vouched for.
            known = DayRow() if self.overflowed and row is not None else row
            _write_day(database, cameras.number(database, camera), day, known)
        for camera, kinds in self._guesses.items():
            number = cameras.number(database, camera)
            for run in (run for runs in kinds.values() for run in runs):
                for part in not_recorded(database, number, run):
                    write_run(database, number, part)
        for camera, kinds in self._runs.items():
            number = cameras.number(database, camera)
            for run in (run for runs in kinds.values() for run in runs):
                if run.kind == RECORDED:
                    take_over(database, number, run)
                write_run(database, number, run)
        for camera, settings in self._settings:
            _write_settings(database, cameras.number(database, camera), settings)
        database.run_each("INSERT OR REPLACE INTO meta VALUES (?, ?)", self.meta.items())


class Cameras:
    """The number of each camera's name, remembered once it is known."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, database: Database, camera: str) -> int:
        """The number of a camera, which gets one where it has none."""
        number = self.known(database, camera)
        if number is None:
            database.run("INSERT INTO cameras SELECT coalesce(max(id) + 1, 0), ? FROM cameras", (camera,))
            number = self.known(database, camera)
            assert number is not None
        return number

    def known(self, database: Database, camera: str) -> int | None:
        """The number of a camera; None where it has none."""
        if camera not in self._numbers:
            if not (found := database.rows("SELECT id FROM cameras WHERE name = ?", (camera,))):
                return None
            self._numbers[camera] = found[0][0]
        return self._numbers[camera]

    def forget(self) -> None:
        """What was given out in a transaction that failed is nobody's number."""
        self._numbers = {}


def _completed(row: FrameRow, by: FrameRow) -> FrameRow:
    told = {name: getattr(by, name) for name in _TOLD if getattr(row, name) is None}
    return structs.replace(row, **told)


def _write_frames(database: Database, camera: int, frames: dict[FrameKey, FrameRow | None]) -> None:
    gone = [(camera, *key) for key, row in frames.items() if row is None]
    there = [row for _, row in sorted(frames.items()) if row is not None]
    database.run_each("DELETE FROM frames WHERE (camera, slot_ms, take, offset_min) = (?, ?, ?, ?)", gone)
    database.run_each(
        _PUT_FRAME,
        (
            (
                camera,
                row.slot_ms,
                row.take,
                row.offset_min,
                row.bytes,
                row.raw_bytes,
                row.exposure_us,
                row.synchronised,
                row.checksum,
                None if row.brightness_percent is None else round(row.brightness_percent * 100),
            )
            for row in there
        ),
    )
    # So that a day whose directory goes away is missed.
    database.run_each("INSERT OR IGNORE INTO days VALUES (?, ?, 0, 0, 0)", {(camera, row.day) for row in there})


def _write_day(database: Database, camera: int, day: int, row: DayRow | None) -> None:
    if row is None:
        database.run("DELETE FROM days WHERE (camera, day) = (?, ?)", (camera, day))
    else:
        database.run(
            "INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?)", (camera, day, row.stamp_ns, row.frames, row.bytes)
        )


def _write_settings(database: Database, camera: int, row: SettingsRow) -> None:
    last = database.rows(
        "SELECT from_ms, interval_ms, window, zone, latitude, longitude FROM settings WHERE camera = ? "
        "ORDER BY from_ms DESC LIMIT 1",
        (camera,),
    )
    if last and SettingsRow(*last[0]).same_as(row):
        return
    database.run(
        "INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?, ?)",
        (camera, row.from_ms, row.interval_ms, row.window, row.zone, row.latitude, row.longitude),
    )
