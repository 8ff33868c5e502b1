"""The cleaning of one output directory, a little at a time.

Owns: starting clean-ups when they are due, giving each turn its share, and telling what came of them. Does not own:
when one is due (`schedule`), what one does (`clean_up`), or the loop (`worker`).
Invariant: one clean-up at a time. Everything that it was decided by may change while it runs (thresholds, the clock):
it is given up then, and decided anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from shared.brake import Brake
from shared.clock import NS_PER_S, Clock, is_synchronised
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten, StoragePruned
from shared.frame_name import parse
from shared.status import ForecastStatus, GrowthStatus
from shared.tree import FoundFrame
from storage_worker.archive import Archive
from storage_worker.camera_frames import Steps
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.counting import Counting
from storage_worker.delete import Deleted, is_frame_path
from storage_worker.keeping.judge import Moment
from storage_worker.keeping_book import KeepingBook
from storage_worker.naming_clock import named_unsynchronised
from storage_worker.ordered import Orders, PruningDone
from storage_worker.outlook import Outlook
from storage_worker.own_files import own_bytes
from storage_worker.pressure import used_bytes
from storage_worker.pressure_log import DeletedLog
from storage_worker.schedule import Schedule
from storage_worker.set_aside import SetAside
from storage_worker.settling import Settling
from storage_worker.yielding import Yielding, why_held_back, why_they_go

log = logging.getLogger(__name__)

_WALK_AGE_NS = 600 * NS_PER_S
"""Somebody may have copied older frames in, and nothing tells us: the walk begins anew from time to time."""
_TELL_NS = NS_PER_S
_MOST_REASONS = 16
_COUNT_AGAIN_NS = 60 * NS_PER_S
_LONG_NS = 1 << 61
_WAITING = "waiting for the file system to give back what was deleted"
_DELETING = "deleting the oldest frames"
_THINNING = "deleting what no rule keeps any more"
_OVERRIDING = "deleting the oldest frames for room, though storage.keep keeps them"


class _Running:
    """The clean-up that is under way, and what was so when it began."""

    def __init__(self, clean_up: CleanUp, used_bytes_before: int, written_bytes_before: int) -> None:
        self.clean_up = clean_up
        self.steps: Steps[None] = clean_up.steps()
        self.used_bytes_before = used_bytes_before
        self.written_bytes_before = written_bytes_before


class Cleaner:
    """The cleaning, in the loop's own thread. `detail` says in words what hinders it, or that it is at work."""

    def __init__(
        self,
        output_dir: Path,
        storage: StorageConfig,
        clock: Clock,
        synchronised: Callable[[], bool | None] = is_synchronised,
        deleted: Callable[[str], None] = lambda _path: None,
        named_synchronised: Callable[[str], bool | None] = lambda _path: None,
    ) -> None:
        self.detail = ""
        self._output_dir = output_dir
        self._storage = storage
        self._clock = clock
        self._brakes: dict[str, Brake] = {}
        self._deleted = DeletedLog()
        self._synchronised = synchronised
        self._schedule = Schedule(clock.mono_ns())
        self._archive = Archive(output_dir, self._complain)
        self._set_aside = SetAside()
        self._book = KeepingBook(output_dir)
        self._surroundings = Surroundings(
            output_dir,
            self._archive,
            self._set_aside,
            self._moment,
            clock.mono_ns,
            self._complain,
            deleted=deleted,
            note=self._note,
            unsynchronised=lambda path: named_unsynchronised(output_dir, path, named_synchronised),
        )
        self.counting = Counting(output_dir, clock, self._archive.directories, self._complain)
        self._yielding = Yielding()
        self._outlook = Outlook()
        self._growth_brake = Brake(log)
        self._orders = Orders()
        self._running: _Running | None = None
        self._pruned: list[StoragePruned] = []
        self._written_bytes = 0
        self._own_bytes = 0
        self._count_again_from_ns = 0
        self._size_detail = ""
        self._walk_until_mono_ns = 0
        self._tell_from_mono_ns = 0
        self._settled_mono_ns = clock.mono_ns()
        self._moved_mono_ns, self._moved_ns = -_LONG_NS, 0

    @property
    def active(self) -> bool:
        """Whether a clean-up is under way, so that `work` has something to do."""
        return self._running is not None

    @property
    def hindered(self) -> str:
        """Why not enough is deleted; empty where nothing hinders it."""
        return "" if self.detail.startswith((_WAITING, _DELETING, _THINNING, _OVERRIDING)) else self.detail

    @property
    def growth(self) -> GrowthStatus | None:
        """Whose growth fills the disk, as of the last look; None until the archive has been counted."""
        return self._yielding.status(self._storage)

    def forecast(self, usage: DiskUsage) -> ForecastStatus | None:
        """What will come of the archive; None until it has been counted."""
        return self._outlook.of(
            self.counting, usage, self._storage, wall_ns=self._clock.wall_ns(), now_ns=self._clock.mono_ns()
        )

    def frame_written(self, frame: FrameWritten) -> None:
        """A frame was written, as the tap tells it."""
        self._written_bytes += frame.bytes + frame.raw_bytes
        self.counting.totals.written(frame.path, frame.bytes)
        if frame.raw_bytes:
            self.counting.totals.written(frame.raw_path, frame.raw_bytes)
        camera, _, path = frame.path.partition("/")
        name = parse(frame.path.rpartition("/")[2])
        if name is not None and is_frame_path(frame.path):
            self._archive.heard(camera, FoundFrame(name, path), self._clock.wall_ns())
            if frame.recovered:
                self._book.look_again(camera, path.rpartition("/")[0])

    def clock_stepped(self, step_ns: int) -> None:
        """Wall time jumped by this much; 0 where it did not."""
        if not step_ns:
            return
        now_ns = self._clock.mono_ns()
        if step_ns < 0:
            self._settled_mono_ns = now_ns
        else:
            again = now_ns - self._moved_mono_ns < self._storage.keep_min_s * NS_PER_S
            self._moved_ns = step_ns + (self._moved_ns if again else 0)
            self._moved_mono_ns = now_ns
        self._schedule.clock_stepped(step_ns, now_ns)
        self._give_up()

    def reconfigure(self, storage: StorageConfig) -> None:
        """Other thresholds and rules, from now on."""
        self._storage = storage
        self._schedule.reconfigured()
        self._set_aside.clear()
        self._give_up()

    def consider(self, usage: DiskUsage) -> None:
        """Start a clean-up if these figures, just read, or the time ask for one. Touches no disk."""
        if self._running is not None:
            return
        self._deleted.add(0, 0, self._clock.mono_ns())
        now_ns, today = self._clock.mono_ns(), _local_day(self._clock.wall_ns())
        by_age = self._storage.keep_days > 0 or self._storage.keep
        synchronised = self._synchronised() if by_age else None
        self._own_bytes = own_bytes(self._output_dir)
        self._weigh_growth(usage, now_ns)
        need = self._schedule.due(
            usage,
            self._storage,
            written_bytes=self._all_written(),
            now_ns=now_ns,
            today=today,
            synchronised=synchronised,
            archive_bytes=self.counting.bytes,
            limited=lambda need: self._yielding.limited(need, self._storage),
        )
        if need is not None:
            rules = self._schedule.rules(self._storage, now_ns, synchronised=synchronised)
            # Thinning is for the looks by age: under pressure it would list the same days again and again.
            book = self._book if need.met else None
            self._begin(CleanUp(self._surroundings, rules, need, book), usage, now_ns)
        elif usage.worst_percent <= self._storage.clean_above_percent:
            self.detail = self._why_no_days(synchronised) or self._why_too_large()
        elif not self._storage.clean:
            self.detail = "storage.clean is false: nothing is deleted"
        elif self._storage.when_full == "stop":
            self.detail = "storage.when_full is stop: nothing that is to be kept is deleted for room"
        elif (growth := self.growth) is not None and growth.exhausted:
            self.detail = why_held_back(growth, str(self._output_dir))
            self._count_again(now_ns)
        elif not self.detail:
            self.detail = _WAITING
        is_counted = self.counting.bytes is not None or not self._storage.max_size_bytes
        if need is None and is_counted:
            self._orders.nothing_due(self.detail)

    def prune(self, operation: str) -> None:
        """An operator orders to delete now all that the rules let go, and to look at the whole archive for it."""
        if not self._storage.clean:
            self._orders.refuse(operation, "storage.clean is false: nothing is deleted")
            return
        self._orders.add(operation)
        self._schedule.ordered()
        self._set_aside.clear()
        self._book.forget()
        self._give_up()

    def take_prunings(self) -> list[PruningDone]:
        """The orders that are done, since the last call."""
        return self._orders.take_done()

    def work(self, until_mono_ns: int) -> None:
        """Do a part of the clean-up that is under way, until then and one operation longer. Blocks for the disk."""
        while self._running is not None and self._clock.mono_ns() < until_mono_ns:
            try:
                next(self._running.steps)
            except StopIteration:
                self._end(self._running)
            else:
                if self._running.clean_up.deleted:
                    self.detail = self._said(self._running.clean_up)

    def take_pruned(self) -> list[StoragePruned]:
        """What was deleted and not told yet: once a second, and the rest of it when the clean-up has ended."""
        now_ns = self._clock.mono_ns()
        if self._running is not None:
            if now_ns < self._tell_from_mono_ns:
                return []
            self._pruned.extend(self._running.clean_up.take_pruned())
        self._tell_from_mono_ns = now_ns + _TELL_NS
        pruned, self._pruned = self._pruned, []
        return pruned

    def _why_no_days(self, synchronised: bool | None) -> str:
        rules = [name for name in ("keep", "keep_days") if getattr(self._storage, name)]
        waits = self._storage.clean and rules and synchronised is False
        return f"storage.{' and '.join(rules)} waits until the clock is synchronised" if waits else ""

    def _why_too_large(self) -> str:
        storage, occupied = self._storage, self.counting.bytes
        if not (storage.clean and storage.max_size_bytes and occupied and occupied > storage.max_size_bytes):
            return ""
        stop = "storage.when_full is stop" if storage.when_full == "stop" else ""
        why = stop or self._size_detail
        return f"the archive is larger than storage.max_size: {why}" if why else ""

    def _begin(self, clean_up: CleanUp, usage: DiskUsage, now_ns: int) -> None:
        self._set_aside.forget_old(now_ns)
        if now_ns >= self._walk_until_mono_ns:
            self._archive.stale = True
        if self._archive.stale:
            self._walk_until_mono_ns = now_ns + _WALK_AGE_NS
        self._running = _Running(clean_up, used_bytes(usage), self._all_written())
        if not clean_up.need.met and (why := self._others_because(clean_up)):
            self._growth_brake.warn(now_ns, f"{_DELETING}{why}")

    def _end(self, running: _Running) -> None:
        self._running = None
        done = running.clean_up
        self._pruned.extend(done.take_pruned())
        settling = Settling(
            used_bytes_before=running.used_bytes_before,
            written_bytes_before=running.written_bytes_before,
            freed_bytes=done.freed_bytes,
            ended_mono_ns=self._clock.mono_ns(),
        )
        self._schedule.ended(settling, met=done.need.met, failures=done.failed > 0 or done.in_vain)
        self.detail = "" if done.need.met else f"nothing more can be deleted: {done.why_not_more()}"
        self._deleted.add(done.deleted, done.freed_bytes, self._clock.mono_ns())
        if done.need.rule == "max_size":
            self._size_detail = self.detail
        self._orders.cleaned(done.deleted, done.freed_bytes, self.detail)
        if done.need.rule == "pressure" and done.deleted:
            self.counting.save_soon()

    def _note(self, path: str, rule: str, deleted: Deleted) -> None:
        self.counting.totals.deleted(path, deleted.freed_bytes, deleted.freed_inodes)
        if rule == "pressure":
            self._yielding.freed_for_room(deleted.freed_bytes, deleted.freed_inodes)

    def _weigh_growth(self, usage: DiskUsage, now_ns: int) -> None:
        counting, totals = self.counting, self.counting.totals
        if not counting.is_known:
            return
        if self._yielding.grounds is None:
            self._yielding.grounds = totals.grounds
        self._yielding.look(usage, totals.bytes, totals.files, self._own_bytes)
        # What an earlier worker counted is good enough to hold back by, not to begin anew by.
        if counting.bytes is not None and self._schedule.is_settled(usage, self._all_written(), now_ns):
            self._yielding.follow(self._storage)
            totals.grounds = self._yielding.grounds

    def _all_written(self) -> int:
        """What we have written: frames, and the ledger, which grows while it is cleaned."""
        return self._written_bytes + self._own_bytes

    def _count_again(self, now_ns: int) -> None:
        """Frames that nobody told of look like somebody else's growth: be sure, before much is made of it."""
        if now_ns >= self._count_again_from_ns:
            self._count_again_from_ns = now_ns + _COUNT_AGAIN_NS
            self.counting.again()

    def _said(self, clean_up: CleanUp) -> str:
        if clean_up.by_age:
            return _THINNING
        return f"{_OVERRIDING if clean_up.overrides_keep else _DELETING}{self._others_because(clean_up)}"

    def _others_because(self, clean_up: CleanUp) -> str:
        growth = self.growth if clean_up.need.rule == "pressure" else None
        return f": {why_they_go(growth)}" if growth is not None and growth.yielded_percent else ""

    def _give_up(self) -> None:
        # It may stand between two steps of the walk, which is begun anew.
        self._archive.stale = True
        if self._running is not None:
            given_up = self._running.clean_up
            self._pruned.extend(given_up.take_pruned())
            self._orders.cleaned(given_up.deleted, given_up.freed_bytes, "")
            self._running = None

    def _moment(self) -> Moment:
        now_ns = self._clock.mono_ns()
        return Moment(
            wall_ns=self._clock.wall_ns(),
            settled_ns=now_ns - self._settled_mono_ns,
            unmoved_ns=now_ns - self._moved_mono_ns,
            moved_ns=self._moved_ns,
        )

    def _complain(self, message: str) -> None:
        # One reason must not hide another: each has its own minute.
        reason = message.rpartition(": ")[2]
        if reason not in self._brakes:
            reason = reason if len(self._brakes) < _MOST_REASONS else ""
            self._brakes.setdefault(reason, Brake(log))
        self._brakes[reason].warn(self._clock.mono_ns(), message)


def _local_day(wall_ns: int) -> str:
    return time.strftime("%Y%m%d", time.localtime(wall_ns // NS_PER_S))
