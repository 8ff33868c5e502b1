"""An output directory with frames, and a ledger that says the same, as a storage worker would have written it.

Owns: putting both there. Does not own: what is in a frame (`planted_frames`), nor writing ledgers (`storage_worker`).
Invariant: the ledger vouches for each day whose frames it was given. Slots are milliseconds since the epoch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.clock import NS_PER_MS
from shared.frame_name import offset_of
from shared.ledger.archive import Archive
from shared.ledger.database import open_for_writing
from shared.ledger.reading import reading
from shared.ledger.rows import DayRow, FrameRow, Run, SettingsRow, day_path
from shared.ledger.schema import FILE_NAME, KIND_OF_CAUSE, RECORDED
from storage_worker.ledger.batch import Batch, Cameras
from tests.rig.planted_frames import plant

_AT_A_TIME = 5000


class PlantedArchive:
    """One camera, `main`. What is planted is written into the ledger by `write`, or by nobody."""

    def __init__(self, output_dir: Path) -> None:
        self.output_dir = output_dir
        self._rows: list[FrameRow] = []
        self._batch = Batch()

    def frames(self, slots_ms: Iterable[int], *, take: int = 1, data: bytes = b"\0") -> list[Path]:
        """Frames in the tree, by the zone as it is; their paths."""
        found = []
        for slot_ms in slots_ms:
            path = self.output_dir / plant(self.output_dir, "main", slot_ms * NS_PER_MS, take=take)
            path.write_bytes(data)
            self._rows.append(FrameRow(slot_ms, take, offset_of(path.name), len(data), brightness_percent=40))
            found.append(path)
        return found

    def told(self, first_ms: int, last_ms: int, interval_ms: int, cause: str = "") -> None:
        """A run of slots: recorded, or missed for a cause."""
        kind = KIND_OF_CAUSE[cause] if cause else RECORDED
        self._batch.add_run("main", Run(first_ms, last_ms, interval_ms, kind))

    def configured(self, from_ms: int, interval_ms: int, window: str, zone: str = "UTC") -> None:
        """How the camera is configured from then on."""
        self._batch.add_settings("main", SettingsRow(from_ms, interval_ms, window, zone))

    def write(self) -> Path:
        """The ledger, with all of that; its path."""
        database = open_for_writing(self.output_dir / FILE_NAME)
        cameras = Cameras()
        # No more at a time than a batch takes.
        for first in range(0, len(self._rows), _AT_A_TIME):
            rows_alone = Batch()
            for row in self._rows[first : first + _AT_A_TIME]:
                rows_alone.put("main", row)
            rows_alone.carry_out(database, cameras)
        for day in {row.day for row in self._rows}:
            rows = [row for row in self._rows if row.day == day]
            stamp_ns = (self.output_dir / "main" / day_path(day)).lstat().st_ctime_ns
            self._batch.set_day("main", day, DayRow(stamp_ns, len(rows), sum(row.bytes for row in rows)))
        self._batch.carry_out(database, cameras)
        database.close()
        return self.output_dir / FILE_NAME

    @property
    def bare(self) -> Archive:
        """By the tree alone."""
        return Archive(self.output_dir, None)

    @contextlib.contextmanager
    def by_ledger(self) -> Iterator[Archive]:
        """With the ledger, which has to be written before."""
        with reading(self.output_dir) as reader:
            yield Archive(self.output_dir, reader)
