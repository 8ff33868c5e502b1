"""Keeping the ledger of one output directory, beside the other work of the storage worker.

Owns: when something is written or compared, and what happens where that fails. Does not own: what is written (`noting`,
`comparing`), how (`batch`), hearing events (`following`), outliving a kill (`pending`).
Invariant: `work` alone touches the disk, does one small step at a time, and raises nothing for the ledger's sake. What
can't be written waits in memory, within bounds; beyond them the tree is compared again.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from shared.brake import Brake
from shared.clock import NS_PER_MS, NS_PER_S, Clock
from shared.config.model import Configuration
from shared.errors import WireError
from shared.ledger.database import Database, LedgerError, open_for_writing
from shared.ledger.rows import FrameRow, SettingsRow, row_of_name
from shared.ledger.schema import FILE_NAME, REBUILD_NAME
from shared.ledger.zone import zone_name
from shared.messages import Event
from shared.status import LedgerTrouble
from storage_worker.camera_frames import Steps
from storage_worker.ledger import repair
from storage_worker.ledger.batch import Batch, Cameras
from storage_worker.ledger.comparing import Comparison, Surroundings
from storage_worker.ledger.following import Following, Position
from storage_worker.ledger.noting import Note, note_of
from storage_worker.ledger.pending import Pending
from storage_worker.ledger.settings_history import SettingsHistory

log = logging.getLogger(__name__)

_MANY = 2_000
"""Changes that are written at once, however short a time ago the last ones were: of a comparison, mostly."""
_LOCKED_NS = NS_PER_S
_MOMENT_NS = 30 * NS_PER_S
"""For so long somebody may have it locked, or a damaged one be made anew, before anybody is told."""
_FAILED_NS = 10 * NS_PER_S
_COMPARE_NS = 3600 * NS_PER_S
"""People copy frames in and delete some, and nothing tells us."""
_REQUEST_NS = 5 * NS_PER_S
_LEISURE = 1
"""After each turn of comparing as long a rest, as a multiple of the turn: the machine is there to record."""


class Keeper:
    """The ledger as the storage worker has it. All times are monotonic nanoseconds but where they say otherwise.

    `following` is None where there are no events to hear: while no supervisor runs. `pending` is None where nothing has
    to outlive this process.
    """

    def __init__(
        self,
        output_dir: Path,
        configuration: Configuration,
        clock: Clock,
        following: Following | None,
        pending: Pending | None = None,
    ) -> None:
        self.path = output_dir / FILE_NAME
        self._output_dir = output_dir
        self._clock = clock
        self._following = following
        self._pending = pending
        self._heard: Position | None = None
        self._brake = Brake(log)
        self._failing: tuple[int, str] | None = None
        self._database: Database | None = None
        self._inode = 0
        self._batch = Batch()
        self._unseen: list[tuple[str, FrameRow]] = []
        self._cameras = Cameras()
        self._settings = SettingsHistory()
        self._comparison: Steps[None] | None = None
        self._commit_from_ns: int | None = None
        self._retry_from_ns = 0
        self._compare_from_ns = 0
        self._rest_until_ns = 0
        self._request_from_ns = 0
        self.reconfigure(configuration)
        if pending is not None:
            notes, self._heard = pending.load()
            for note in notes:
                self._take(note)

    def reconfigure(self, configuration: Configuration) -> None:
        """Other intervals, windows or cameras, from now on."""
        self._commit_ns = int(configuration.storage.ledger_commit_s * NS_PER_S)
        now_ms = self._clock.wall_ns() // NS_PER_MS
        zone, place = zone_name(), configuration.location
        where = (place.latitude, place.longitude) if place else (None, None)
        self._settings.now = {
            name: SettingsRow(now_ms, camera.interval_ms, camera.window, zone, *where)
            for name, camera in configuration.cameras.items()
        }
        self._settings.now_ms, self._settings.zone = now_ms, zone
        if self._database is not None:
            self._note_settings()

    def take_in(self, event: Event) -> None:
        """An event from the tap; those that are not about slots may come too. Raises `WireError`. Touches no disk."""
        if self._following is not None and self._following.is_news(event):
            self._note(event)

    def frame_deleted(self, path: str) -> None:
        """The frame at `CAMERA/YYYY/MM/DD/NAME` was deleted by this process."""
        camera, _, inner = path.partition("/")
        row = row_of_name(inner.rpartition("/")[2])
        if row is not None:
            self._batch.remove(camera, row.key)
            self._expect_commit()

    def synchronised(self, path: str) -> bool | None:
        """Whether the clock that named the frame at `CAMERA/YYYY/MM/DD/NAME` was; None where that is not known here."""
        camera, _, inner = path.partition("/")
        row = row_of_name(inner.rpartition("/")[2])
        if row is None:
            return None
        waiting = self._batch.frames.get(camera, {}).get(row.key)
        if waiting is not None and waiting.synchronised is not None:
            return waiting.synchronised
        try:
            number = self._cameras.known(self._database, camera) if self._database is not None else None
            if self._database is None or number is None:
                return None
            found = self._database.rows(
                "SELECT synchronised FROM frames WHERE (camera, slot_ms, take, offset_min) = (?, ?, ?, ?)",
                (number, *row.key),
            )
        except LedgerError:
            # The next commit meets it too, and says so.
            return None
        return None if not found or found[0][0] is None else bool(found[0][0])

    def compare_again(self) -> None:
        """Look for days that have changed as soon as there is time."""
        self._compare_from_ns = 0

    @property
    def comparing(self) -> bool:
        """Whether days are being compared with the tree, or are about to be."""
        return self._comparison is not None or self._compare_from_ns == 0

    @property
    def waiting(self) -> int:
        """How many changes wait to be written."""
        return len(self._batch)

    @property
    def trouble(self) -> LedgerTrouble | None:
        """What has kept it from being written for more than a moment; None while nothing has."""
        if self._failing is None:
            return None
        since_ns, detail = self._failing
        for_ns = self._clock.mono_ns() - since_ns
        if for_ns < _MOMENT_NS:
            return None
        return LedgerTrouble(since_wall_ns=self._clock.wall_ns() - for_ns, detail=detail, waiting=self.waiting)

    @property
    def due_mono_ns(self) -> int:
        """When `work` has something to do next."""
        due = [self._compare_from_ns, self._request_from_ns]
        if self._commit_from_ns is not None:
            due.append(0 if len(self._batch) >= _MANY else self._commit_from_ns)
        if self._comparison is not None:
            due.append(self._rest_until_ns)
        return max(min(due), self._retry_from_ns)

    def work(self, until_mono_ns: int) -> None:
        """Do what is due, until then and one step longer. Blocks for the disk. Raises nothing."""
        try:
            self._work(until_mono_ns)
        except LedgerError as error:
            self._failed(error)

    def catch_up(self) -> None:
        """Take in what a replay has brought, and keep all that was taken in since the last call. Touches no disk."""
        if self._following is None:
            return
        for event in self._following.catch_up(self._clock.mono_ns()):
            with contextlib.suppress(WireError):
                self._note(event)
        if self._following.take_lost():
            log.warning("events were lost for good: the frames among them are found in the tree, the misses are not")
            self.compare_again()
        if self._pending is not None:
            self._pending.save(self._following.position)

    def close(self) -> None:
        """Write what waits, and let go of the file. Blocks for the disk. Raises nothing."""
        try:
            if self._database is not None and len(self._batch):
                self._commit(self._database)
        except LedgerError as error:
            self._brake.warn(self._clock.mono_ns(), f"{error}: what waited is found in the tree at the next start")
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._following is not None:
            self._following.close()

    def _note(self, event: Event) -> None:
        if (note := note_of(event, self._guessed_ms)) is None:
            return
        self._take(note)
        if self._pending is not None:
            self._pending.add(note)

    def _take(self, note: Note) -> None:
        if note.row is not None:
            self._unseen.append((note.camera, note.row))
            self._batch.put(note.camera, note.row)
        if note.is_guess:
            self._batch.add_guess(note.camera, note.run)
        else:
            self._batch.add_run(note.camera, note.run)
        self._expect_commit()

    def _guessed_ms(self, camera: str, slot_ms: int) -> int:
        """The interval that was configured then, or is now; a second where there is none."""
        row = self._settings.now.get(camera)
        return self._settings.interval_ms(camera, slot_ms) or (row.interval_ms if row else 0) or 1000

    def _expect_commit(self) -> None:
        if self._commit_from_ns is None:
            self._commit_from_ns = self._clock.mono_ns() + self._commit_ns

    def _work(self, until_ns: int) -> None:
        began_ns = self._clock.mono_ns()
        if began_ns < self._retry_from_ns:
            return
        database = self._opened()
        self._look_for_request(database, began_ns)
        if self._comparison is None and began_ns >= self._compare_from_ns:
            self._begin_comparison(database)
        if self._is_commit_due(began_ns):
            self._commit(database)
        if self._comparison is not None and began_ns >= self._rest_until_ns:
            self._compare(database, self._comparison, until_ns)
            now_ns = self._clock.mono_ns()
            self._rest_until_ns = now_ns + _LEISURE * (now_ns - began_ns)

    def _is_commit_due(self, now_ns: int) -> bool:
        if self._commit_from_ns is None:
            return False
        return now_ns >= self._commit_from_ns or len(self._batch) >= _MANY

    def _opened(self) -> Database:
        if self._database is not None and not repair.is_still_at(self.path, self._inode):
            log.warning("%s was taken away: making another one from the tree", self.path)
            self._let_go()
        if self._database is None:
            self._database = open_for_writing(self.path)
            self._inode = repair.hand_over(self.path, self._output_dir)
            self._cameras.forget()
            self._settings.load(self._database)
            if self._following is not None:
                self._following.begin_at(self._heard or repair.position_in(self._database))
            self._note_settings()
            self.compare_again()
        return self._database

    def _note_settings(self) -> None:
        for camera, row in self._settings.news():
            self._batch.add_settings(camera, row)
            self._expect_commit()

    def _commit(self, database: Database) -> None:
        """Write what waits. A frame is looked at first: it may have been deleted before its event was heard."""
        for camera, row in self._unseen:
            if self._batch.frames.get(camera, {}).get(row.key) is row and not repair.is_there(
                self._output_dir / camera / row.path()
            ):
                self._batch.remove(camera, row.key)
        self._unseen.clear()
        if self._following is not None and (position := self._following.position) is not None:
            self._batch.meta["boot"], self._batch.meta["seq"] = position
        self._batch.carry_out(database, self._cameras)
        if self._batch.overflowed:
            self.compare_again()
        if self._pending is not None:
            self._pending.clear()
        self._batch = Batch()
        self._commit_from_ns = None
        self._failing = None

    def _begin_comparison(self, database: Database) -> None:
        at = Surroundings(
            self._output_dir,
            database,
            self._cameras,
            lambda: self._batch,
            self._settings.interval_ms,
            self._clock.wall_ns,
            self._complain,
            log.info,
        )
        self._comparison = Comparison(at).steps()
        self._compare_from_ns = self._clock.mono_ns() + _COMPARE_NS

    def _compare(self, database: Database, steps: Steps[None], until_ns: int) -> None:
        while True:
            if len(self._batch) >= _MANY:
                self._commit(database)
            try:
                next(steps)
            except StopIteration:
                self._comparison = None
                self._batch.meta["compared_ms"] = self._clock.wall_ns() // NS_PER_MS
                self._commit(database)
                return
            if len(self._batch):
                self._expect_commit()
            if self._clock.mono_ns() >= until_ns:
                return

    def _look_for_request(self, database: Database, now_ns: int) -> None:
        if now_ns < self._request_from_ns:
            return
        self._request_from_ns = now_ns + _REQUEST_NS
        request = self._output_dir / REBUILD_NAME
        if repair.is_there(request) and repair.take_request(request, self._complain):
            log.info("asked to compare all days with the ledger again")
            with database.transaction():
                database.run("UPDATE days SET stamp_ns = 0")
            self._comparison = None
            self.compare_again()

    def _failed(self, error: LedgerError) -> None:
        now_ns = self._clock.mono_ns()
        self._failing = (self._failing[0] if self._failing else now_ns, str(error))
        self._comparison = None
        self.compare_again()
        if error.kind == "locked":
            self._retry_from_ns = now_ns + _LOCKED_NS
            self._complain(f"{error}: somebody else writes in it; trying again, what comes meanwhile is kept")
            return
        self._let_go()
        self._retry_from_ns = now_ns + _FAILED_NS
        if error.kind in {"damaged", "newer"}:
            self._set_aside(error)
        else:
            self._complain(f"{error}: trying again, what comes meanwhile is kept")

    def _set_aside(self, error: LedgerError) -> None:
        try:
            aside = repair.set_aside(self.path, error.kind, self._clock.wall_ns())
        except OSError as failure:
            self._complain(f"{error}; it can't be set aside either: {failure.strerror}")
            return
        self._retry_from_ns = 0
        for camera, run in repair.runs_in(aside):
            self._batch.add_run(camera, run)
        for camera, row in repair.settings_in(aside):
            self._batch.add_settings(camera, row)
        log.warning("%s: set aside as %s; a new one is made from the tree", error, aside.name)

    def _let_go(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None
        self._comparison = None

    def _complain(self, message: str) -> None:
        self._brake.warn(self._clock.mono_ns(), message)
