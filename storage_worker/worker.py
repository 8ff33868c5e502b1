"""The storage worker's loop: hear, look, tell, write, clean a little, wait.

Owns: the order of the steps, their leases and their deadlines. Does not own: any decision (`pressure`, `retention`,
`cleaner`) nor what touches files (`delete`, `status_file`, `archive`).
Invariant: every call that reaches the disk runs under a lease declared just before it, and no turn works for longer
than `_TURN_NS` at a time, so that signals and events are served however much there is to delete.
"""

from __future__ import annotations

import logging
import signal
from pathlib import Path

from msgspec.structs import replace

from shared.clock import NS_PER_MS, NS_PER_S, StepWatch
from shared.config.model import Configuration
from shared.disk import DiskUsage, usage_of
from shared.errors import EX_OK, DiskError, WireError
from shared.events import FrameMissed, FrameWritten
from shared.messages import Configure, Event, Prune
from shared.wire import check
from shared.worker import Worker
from storage_worker.claim import OutputDirectory
from storage_worker.cleaner import Cleaner
from storage_worker.ledger.following import Following
from storage_worker.ledger.keeper import Keeper
from storage_worker.ledger.pending import Pending
from storage_worker.pressure import level_of, look_after_ns, pressure_event, repeat_after_ns
from storage_worker.pressure_log import PressureLog
from storage_worker.status_file import StatusFile

log = logging.getLogger(__name__)

TOPICS = ("frame.written", "frame.missed", "status", "bus.tick")
_TURN_NS = 50 * NS_PER_MS
_LEDGER_TURN_NS = 20 * NS_PER_MS
"""The ledger can wait; cleaning can't."""
_LONGEST_WAIT_NS = 60 * NS_PER_S
_DISK_LEASE_S = 30.0
"""A disk that has to spin up, or a card that collects its garbage, takes seconds; half a minute is a hang."""
_MOVED_PERCENT = 1.0
"""A disk that fills fast is told of before the minute is over."""
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


def work(worker: Worker) -> int:
    """Set up, clean and tell until a signal ends it. Blocks. Raises `TimelapseError`."""
    configuration = worker.configuration().configuration
    worker.lease.declare("disk", _DISK_LEASE_S)
    claim = OutputDirectory(Path(configuration.output_dir), require_mount=configuration.require_mount)
    following = Following(worker.identity.runtime_dir)
    try:
        storage = StorageWorker(worker, configuration, claim, following)
        worker.ready()
        return storage.run()
    finally:
        # However it ends: the end of the process waits until the last socket has been closed.
        following.close()


class StorageWorker:
    """One run of the worker, in one thread."""

    def __init__(
        self, worker: Worker, configuration: Configuration, claim: OutputDirectory, following: Following
    ) -> None:
        self._worker = worker
        self._clock = worker.clock
        self._configuration = configuration
        self._claim = claim
        self._status_file = StatusFile(claim.path)
        worker.poller.add(following.control.socket)
        pending = Pending(worker.identity.runtime_dir, claim.path)
        self._ledger = Keeper(claim.path, configuration, self._clock, following, pending)
        self._cleaner = Cleaner(
            claim.path,
            configuration.storage,
            self._clock,
            deleted=self._ledger.frame_deleted,
            named_synchronised=self._ledger.synchronised,
        )
        self._log = PressureLog(str(claim.path))
        self._steps = StepWatch(self._clock)
        self._told: tuple[str, str, str] | None = None
        self._told_percent = 0.0
        self._look_mono_ns = 0
        self._tell_mono_ns = 0

    def run(self) -> int:
        """Turn until a signal ends it; the exit status. Raises `DiskError` when the disk is no longer usable."""
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        self._cleaner.counting.load()
        while True:
            if _ENDING.intersection(self._worker.signals.taken()):
                # Frames that can't be seen would be taken for deleted ones.
                self._use_disk("ledger")
                self._ledger.close()
                self._use_disk("disk")
                self._cleaner.counting.close()
                return EX_OK
            self._hear()
            self._cleaner.clock_stepped(self._steps.step_ns())
            now_ns = self._clock.mono_ns()
            if now_ns >= self._look_mono_ns:
                self._look()
            if (due_ns := self._status_file.due_mono_ns) is not None and now_ns >= due_ns:
                self._use_disk("write")
                self._status_file.write(self._clock.mono_ns())
            self._clean()
            self._count()
            self._keep_ledger()
            self._wait()

    def _use_disk(self, operation: str) -> None:
        """Before anything is done there: a disk that is gone leaves its place to what lies below it."""
        self._worker.lease.declare(operation, _DISK_LEASE_S)
        self._claim.check(require_mount=self._configuration.require_mount)

    def _hear(self) -> None:
        for order in self._worker.link.orders():
            if isinstance(order, Prune):
                self._cleaner.prune(order.operation)
                self._look_mono_ns = 0
            if not isinstance(order, Configure):
                continue
            # The directory stays: changing it takes a restart of the service.
            self._configuration = order.configuration
            self._cleaner.reconfigure(order.configuration.storage)
            self._ledger.reconfigure(order.configuration)
            self._look_mono_ns = 0
        for event in self._worker.link.heard():
            try:
                self._ledger.take_in(event)
                self._take_in(event)
            except WireError as error:
                self._worker.link.tally.count("events", str(error))
        self._ledger.catch_up()

    def _take_in(self, event: Event) -> None:
        if event.topic == "status":
            self._status_file.offer(event.data)
        elif event.topic == "frame.written":
            self._cleaner.frame_written(check(event.data, FrameWritten))
            self._look_mono_ns = 0
        elif event.topic == "frame.missed" and check(event.data, FrameMissed).cause == "disk_full":
            self._look_mono_ns = 0

    def _look(self) -> None:
        """Ask the disk, tell what it says where that is due, and let the cleaner act on it."""
        self._use_disk("disk")
        try:
            usage = usage_of(self._claim.path)
        except OSError as error:
            raise DiskError(f"{self._claim.path}: the disk does not say how full it is: {error.strerror}") from error
        now_ns = self._clock.mono_ns()
        self._cleaner.consider(usage)
        for done in self._cleaner.take_prunings():
            self._worker.pruned(
                done.operation, ok=done.ok, frames=done.frames, freed_bytes=done.bytes, detail=done.detail
            )
        level = level_of(usage, self._configuration.storage)
        self._log.take(usage, level, self._cleaner.hindered, now_ns)
        self._tell(usage, now_ns)
        look_after = look_after_ns(level)
        self._look_mono_ns = min(now_ns + look_after, self._tell_mono_ns)

    def _tell(self, usage: DiskUsage, now_ns: int) -> None:
        level = level_of(usage, self._configuration.storage)
        trouble = self._ledger.trouble
        news = (level, self._cleaner.detail, trouble.detail if trouble else "")
        moved = abs(usage.worst_percent - self._told_percent) >= _MOVED_PERCENT
        if news == self._told and not moved and now_ns < self._tell_mono_ns:
            return
        event = pressure_event(
            usage,
            level,
            str(self._claim.path),
            news[1],
            forecast=self._cleaner.forecast(usage),
            growth=self._cleaner.growth,
        )
        self._worker.publish("disk.pressure", replace(event, ledger=trouble))
        self._told, self._told_percent = news, usage.worst_percent
        self._tell_mono_ns = now_ns + repeat_after_ns(level)

    def _clean(self) -> None:
        if not self._cleaner.active:
            return
        self._use_disk("prune")
        self._cleaner.work(self._clock.mono_ns() + _TURN_NS)
        pruned = self._cleaner.take_pruned()
        for event in pruned:
            self._worker.publish("storage.pruned", event)
        if pruned or not self._cleaner.active:
            self._tell_mono_ns = 0
            self._look_mono_ns = 0

    def _count(self) -> None:
        # Never before what makes room.
        if not self._cleaner.active and self._clock.mono_ns() >= self._cleaner.counting.due_mono_ns:
            self._use_disk("disk")
            was_counted = self._cleaner.counting.bytes is not None
            self._cleaner.counting.work()
            if not was_counted and self._cleaner.counting.bytes is not None:
                self._look_mono_ns = self._tell_mono_ns = 0

    def _keep_ledger(self) -> None:
        now_ns = self._clock.mono_ns()
        if now_ns >= self._ledger.due_mono_ns:
            self._use_disk("ledger")
            self._ledger.work(now_ns + _LEDGER_TURN_NS)
            told = self._told[2] if self._told else ""
            if bool(told) != (self._ledger.trouble is not None):
                self._look_mono_ns = 0

    def _wait(self) -> None:
        now_ns = self._clock.mono_ns()
        counting_ns = self._cleaner.counting.due_mono_ns
        deadlines = [self._look_mono_ns, self._ledger.due_mono_ns, counting_ns, now_ns + _LONGEST_WAIT_NS]
        if (due_ns := self._status_file.due_mono_ns) is not None:
            deadlines.append(due_ns)
        left_ns = 0 if self._cleaner.active else max(0, min(deadlines) - now_ns)
        self._worker.lease.sleep(left_ns / NS_PER_S)
        self._worker.poller.wait(left_ns)
