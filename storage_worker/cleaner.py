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

from shared.clock import NS_PER_S, Clock, is_synchronised
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import FrameWritten, StoragePruned
from shared.frame_name import parse
from shared.tree import FoundFrame
from storage_worker.archive import Archive
from storage_worker.brake import Brake
from storage_worker.camera_frames import Steps
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.delete import is_frame_path
from storage_worker.pressure import used_bytes
from storage_worker.retention import Moment
from storage_worker.schedule import Schedule
from storage_worker.set_aside import SetAside
from storage_worker.settling import Settling

log = logging.getLogger(__name__)

_WALK_AGE_NS = 600 * NS_PER_S
"""Somebody may have copied older frames in, and nothing tells us: the walk begins anew from time to time."""
_TELL_NS = NS_PER_S


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
    ) -> None:
        self.detail = ""
        self._storage = storage
        self._clock = clock
        self._brake = Brake(log)
        self._synchronised = synchronised
        self._schedule = Schedule(clock.mono_ns())
        self._archive = Archive(output_dir, self._complain)
        self._set_aside = SetAside()
        self._surroundings = Surroundings(
            output_dir, self._archive, self._set_aside, self._moment, clock.mono_ns, self._complain
        )
        self._running: _Running | None = None
        self._pruned: list[StoragePruned] = []
        self._written_bytes = 0
        self._walk_until_mono_ns = 0
        self._tell_from_mono_ns = 0
        self._settled_mono_ns = clock.mono_ns()

    @property
    def active(self) -> bool:
        """Whether a clean-up is under way, so that `work` has something to do."""
        return self._running is not None

    def frame_written(self, frame: FrameWritten) -> None:
        """A frame was written, as the tap tells it."""
        self._written_bytes += frame.bytes + frame.raw_bytes
        camera, _, path = frame.path.partition("/")
        name = parse(frame.path.rpartition("/")[2])
        if name is not None and is_frame_path(frame.path):
            self._archive.heard(camera, FoundFrame(name, path), self._clock.wall_ns())

    def clock_stepped(self, step_ns: int) -> None:
        """Wall time jumped by this much; 0 where it did not."""
        if not step_ns:
            return
        now_ns = self._clock.mono_ns()
        if step_ns < 0:
            self._settled_mono_ns = now_ns
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
        now_ns, today = self._clock.mono_ns(), _local_day(self._clock.wall_ns())
        synchronised = self._synchronised() if self._storage.keep_days > 0 else None
        need = self._schedule.due(
            usage,
            self._storage,
            written_bytes=self._written_bytes,
            now_ns=now_ns,
            today=today,
            synchronised=synchronised,
        )
        if need is not None:
            rules = self._schedule.rules(self._storage, now_ns, synchronised=synchronised)
            self._begin(CleanUp(self._surroundings, rules, need), usage, now_ns)
        elif usage.worst_percent <= self._storage.clean_above_percent:
            self.detail = self._why_no_days(synchronised)
        elif not self._storage.clean:
            self.detail = "storage.clean is false: nothing is deleted"
        elif not self.detail:
            self.detail = "waiting for the file system to give back what was deleted"

    def work(self, until_mono_ns: int) -> None:
        """Do a part of the clean-up that is under way, until then and one operation longer. Blocks for the disk."""
        while self._running is not None and self._clock.mono_ns() < until_mono_ns:
            try:
                next(self._running.steps)
            except StopIteration:
                self._end(self._running)
            else:
                if self._running.clean_up.deleted:
                    self.detail = "deleting the oldest frames"

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
        waits = self._storage.clean and self._storage.keep_days > 0 and synchronised is False
        return "storage.keep_days waits until the clock is synchronised" if waits else ""

    def _begin(self, clean_up: CleanUp, usage: DiskUsage, now_ns: int) -> None:
        self._set_aside.forget_old(now_ns)
        if now_ns >= self._walk_until_mono_ns:
            self._archive.stale = True
        if self._archive.stale:
            self._walk_until_mono_ns = now_ns + _WALK_AGE_NS
        self._running = _Running(clean_up, used_bytes(usage), self._written_bytes)

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
        if done.deleted:
            log.info("deleted %d frames, %.1f MB", done.deleted, done.freed_bytes / 1e6)

    def _give_up(self) -> None:
        # It may stand between two steps of the walk, which is begun anew.
        self._archive.stale = True
        if self._running is not None:
            self._pruned.extend(self._running.clean_up.take_pruned())
            self._running = None

    def _moment(self) -> Moment:
        return Moment(wall_ns=self._clock.wall_ns(), settled_ns=self._clock.mono_ns() - self._settled_mono_ns)

    def _complain(self, message: str) -> None:
        self._brake.warn(self._clock.mono_ns(), message)


def _local_day(wall_ns: int) -> str:
    return time.strftime("%Y%m%d", time.localtime(wall_ns // NS_PER_S))
