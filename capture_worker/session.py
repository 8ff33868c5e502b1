"""The main thread of a capture worker: from its first message to its end.

Owns: setting up (directories, fences, what happened before), and the loop: slots, results, orders, signals.
Does not own: the camera (camera thread), the disk of frames (writer thread), the decision what a slot is (`Plan`).
Invariant: each slot since the start is `due` or `missed` in the accounts, in order, and each wait is one wait on the
nearest deadline that also ends on a signal or a message.
"""

from __future__ import annotations

import logging
import signal
import time
from pathlib import Path

from capture_worker.asking import Asking
from capture_worker.camera_events import lost_event, opened_event
from capture_worker.camera_key import camera_key
from capture_worker.camera_thread import CameraThread
from capture_worker.cameras.base import Opened
from capture_worker.cameras.faults import active
from capture_worker.cameras.select import make_camera
from capture_worker.clock_alarm import ClockAlarm
from capture_worker.exposure.control import ExposureControl
from capture_worker.exposure.last_seen import handed_over
from capture_worker.finish import Finisher
from capture_worker.fruitless import Fruitless
from capture_worker.gate import DiskGate
from capture_worker.grid import SlotRange
from capture_worker.inbox import Inbox
from capture_worker.plan import plan_for
from capture_worker.queue_length import most_queued
from capture_worker.request import RequestPlace
from capture_worker.results import Broken, NotStored, NotTaken, Opening, Result, Stored, Taken
from capture_worker.snapshot_saver import SnapshotSaver
from capture_worker.snapshots import Snapshots
from capture_worker.store import FrameStore
from capture_worker.tell_past import newest_slot, tell_past
from capture_worker.teller import Teller
from capture_worker.vouching import Vouching
from capture_worker.warner import Warner
from capture_worker.writer_thread import WriterThread
from shared import fence
from shared.about import about
from shared.causes import MissCause
from shared.clock import NS_PER_MS, NS_PER_S, StepWatch, both, is_synchronised
from shared.config.model import CameraConfig
from shared.durable import make_directories
from shared.errors import EX_OK, CameraError, DiskError, WireError
from shared.events import ClockStepped, DiskPressure
from shared.messages import Configure, Event, Snapshot
from shared.transport import Poller
from shared.wire import check
from shared.worker import Worker

log = logging.getLogger(__name__)

_PRECISE_NS = 2 * NS_PER_MS
"""The poller counts in milliseconds; the rest before a slot is slept to the microsecond."""
_FINISH_S = 0.15
"""How long an orderly stop waits for a frame in flight; the supervisor's own patience is a little longer."""
_BROKEN_FINISH_S = 10.0
_DISK_S = 30.0


class Session:
    """One run of a capture worker."""

    def __init__(self, worker: Worker, order: Configure, camera_config: CameraConfig) -> None:
        self.worker = worker
        self.name = worker.identity.worker.removeprefix("capture.")
        self._configuration = order.configuration
        self._camera_config = camera_config
        self._output_dir = Path(order.configuration.output_dir)
        self._camera_dir = self._output_dir / self.name
        self._plan = plan_for(self._camera_config, order.configuration.location)
        self._gate = DiskGate(
            self._output_dir,
            require_mount=order.configuration.require_mount,
            stop_above_percent=order.configuration.storage.stop_above_percent,
        )
        self._teller = Teller(worker, self.name)
        self._warner = Warner(worker, self.name)
        self._watch = StepWatch(worker.clock)
        self._alarm = ClockAlarm()
        self._cursor_ns = worker.clock.wall_ns()
        self._next_slot_ns: int | None = None
        self._first_cause: MissCause | None = "starting"
        self._queued = 0
        self._fruitless = Fruitless()
        self._inbox: Inbox[Result] = Inbox()
        self._place = RequestPlace()
        self._store = FrameStore(self._camera_dir)
        self._finisher = Finisher(lambda: (self._camera_config, self._configuration.location))
        self._exposure = ExposureControl(camera_config)
        vouching = Vouching(worker.clock)
        self._writer = WriterThread(
            self.name,
            self._store,
            self._finisher.finish,
            self._inbox,
            worker.lease_holder,
            measured=self._exposure.measured,
            synchronised=vouching.synchronised,
            checksums=lambda: self._configuration.storage.checksums,
        )
        self._camera = CameraThread(
            make_camera(camera_config, worker.clock),
            self._place,
            self._inbox,
            worker.clock,
            worker.lease_holder,
            realtime=camera_config.realtime,
            wishes=self._exposure,
        )
        self._asking = Asking(self._place, self._camera, worker.clock)
        saver = SnapshotSaver(
            worker.identity.runtime_dir / "snapshots",
            self.name,
            self._finisher.finish,
            self._inbox,
            worker.lease_holder,
            vouching.synchronised,
        )
        self._snapshots = Snapshots(self._place, worker.clock, saver.save, worker.snapped)

    def set_up(self, order: Configure) -> None:
        """Everything before the camera: fences, directories, and the slots since the last account."""
        self.worker.lease.declare("disk", 60.0)
        self._gate.check_mounted()
        try:
            make_directories(self._camera_dir)
            fence.hold(self._camera_dir / ".lock", f"the directory {self._camera_dir}", inherit=True)
            if (key := camera_key(self._camera_config)) is not None:
                fence.hold(fence.camera_fence_path(key), f"the camera of {self.worker.identity.worker}", inherit=True)
            self._store.prepare()
            self._account_for_the_past(order)
            self._exposure.hand_over(handed_over(self._camera_dir, self._camera_config, self.worker.clock.wall_ns()))
        except OSError as error:
            raise self._disk_error(error) from error

    def run(self) -> int:
        """Record until told to stop; the exit status. Raises the `TimelapseError` that ended it."""
        self.worker.poller.add(self._inbox.fd)
        if self._alarm.fd is not None:
            self.worker.poller.add(self._alarm.fd)
        self._plan_next()
        self._writer.start()
        self._camera.start()
        try:
            self._wait()
            while not self._turn():
                self._wait()
            self._finish(_FINISH_S)
        except OSError as error:
            raise self._disk_error(error) from error
        finally:
            # Whatever ends it: what is known is told with its own cause, and not by the next start with this end's.
            self._teller.flush()
        return EX_OK

    def _turn(self) -> bool:
        """Do all that is due and take in all that has come; whether it was told to stop. Waits for nothing."""
        self._alarm.clear()
        self._take_clock_step()
        # What ends everything comes last, lest it take with it what came with it.
        for result in sorted(self._inbox.taken(), key=lambda result: isinstance(result, Broken)):
            if not self._snapshots.takes(result):
                self._take_result(result)
        self._give_up_waiting()
        self._begin_slots(self.worker.clock.wall_ns())
        self._snapshots.turn(self._next_slot_ns)
        # Each time, since a time server may move the clock by more than was allowed for.
        self._asking.expect(self._next_slot_ns)
        self._teller.tell()
        self._listen()
        return self._is_stopped()

    def _disk_error(self, error: OSError) -> DiskError:
        return DiskError(f"{error.filename or self._camera_dir}: {error.strerror}")

    def _account_for_the_past(self, order: Configure) -> None:
        self._cursor_ns = self.worker.clock.wall_ns()
        past = tell_past(order, self.worker.clock, self._camera_dir, self._plan, self._teller, self._renew_disk)
        if past is None:
            return
        self._first_cause = order.since
        self._cursor_ns = max(past.after_ns, past.until_ns)
        if past.step_ns:
            self._follow_step(past.step_ns)

    def _renew_disk(self) -> None:
        self.worker.lease.renew("disk", 60.0)

    def _plan_next(self) -> None:
        self._next_slot_ns = self._plan.next_slot(self._cursor_ns)
        if self._next_slot_ns is None:
            log.error(
                "no slot falls into the window %s within a year: nothing will be recorded", self._camera_config.window
            )

    def _wait(self) -> None:
        wait_ns = self._wait_ns()
        if 0 < wait_ns <= _PRECISE_NS:
            time.sleep(wait_ns / NS_PER_S)
        elif wait_ns > 0:
            self.worker.lease.sleep(wait_ns / NS_PER_S)
            self.worker.poller.wait(wait_ns - _PRECISE_NS)

    def _wait_ns(self) -> int:
        now_ns, wall_ns = self.worker.clock.mono_ns(), self.worker.clock.wall_ns()
        waits = [self._alarm.longest_wait_ns]
        if self._next_slot_ns is not None:
            waits.append(self._next_slot_ns - self._asking.lead_ns(self._interval_ns) - wall_ns)
        due = self._teller.next_tell_ns(), self._asking.patience_ns, self._snapshots.due_ns()
        waits += [due_ns - now_ns for due_ns in due if due_ns is not None]
        return min(waits)

    def _take_clock_step(self) -> None:
        step_ns = self._watch.step_ns()
        if step_ns != 0:
            self.worker.lease.declare("disk", _DISK_S)
            self._follow_step(step_ns)
            self._plan_next()

    def _follow_step(self, step_ns: int) -> None:
        log.warning("the clock stepped by %.3f s", step_ns / NS_PER_S, extra=about(cause="clock_step"))
        self.worker.publish(
            "clock.stepped", ClockStepped(camera=self.name, step_ns=step_ns, synchronised=is_synchronised())
        )
        if (early_ns := self._asking.withdrawn()) is not None:
            self._teller.withdraw(early_ns)
            self._cursor_ns = early_ns - 1
        self._teller.flush(step_ns)
        now_ns = self.worker.clock.wall_ns()
        if step_ns > 0:
            self._skip_to(now_ns)
        else:
            # What is lived a second time is recorded a second time, each slot with its next take.
            self._cursor_ns = min(self._cursor_ns, now_ns)

    def _skip_to(self, now_ns: int) -> None:
        """Miss what the clock has left out, but for a slot that is fresh enough to be shot."""
        after_ns = max(self._cursor_ns, newest_slot(self._camera_dir, now_ns) or 0)
        self._cursor_ns = now_ns
        for slots in self._plan.slots_between(after_ns, now_ns + 1):
            left_out: SlotRange | None = slots
            if now_ns - slots.last_ns <= self._asking.latest_ns(self._interval_ns):
                left_out = self._plan.grid.between(slots.first_ns - 1, slots.last_ns)
                self._cursor_ns = slots.last_ns - 1
            if left_out is not None:
                self._miss(left_out, "clock_step")

    def _begin_slots(self, wall_ns: int) -> None:
        """Every slot up to now: the newest is shot if it is fresh, those before it came and went unseen."""
        if self._next_slot_ns is None or wall_ns < self._next_slot_ns - self._asking.lead_ns(self._interval_ns):
            return
        # What is due already comes first: a slot must not be passed over for the one that comes next.
        ranges = self._plan.slots_between(self._next_slot_ns - 1, max(wall_ns, self._next_slot_ns) + 1)
        newest_ns = ranges[-1].last_ns
        self._cursor_ns = newest_ns
        fresh = wall_ns - newest_ns <= self._asking.latest_ns(self._interval_ns)
        unseen = [*ranges[:-1], self._plan.grid.between(ranges[-1].first_ns - 1, newest_ns) if fresh else ranges[-1]]
        for slots in unseen:
            if slots is not None:
                self._miss(slots, self._first_cause or "overrun")
        if fresh:
            self._begin_slot(newest_ns)
        self._plan_next()

    def _begin_slot(self, slot_ns: int) -> None:
        self.worker.lease.declare("disk", _DISK_S)
        wall_ns, mono_ns = both(self.worker.clock)
        self._teller.due(slot_ns, self._interval_ns)
        cause = self._gate.refuses(mono_ns)
        if cause is None and not self._finisher.opened.driver:
            cause = self._first_cause or "starting"
        if cause is None and self._queued >= most_queued(self._camera_config):
            cause = "overrun"
        self._snapshots.make_way()
        if cause is None and not self._asking.ask(slot_ns, mono_ns + slot_ns - wall_ns, self._interval_ns):
            cause = self._first_cause or "overrun"
        if cause is not None:
            self._miss_one(slot_ns, cause)

    @property
    def _interval_ns(self) -> int:
        return self._plan.grid.interval_ns

    def _give_up_waiting(self) -> None:
        slot_ns = self._asking.given_up()
        if slot_ns is not None:
            self._miss_one(slot_ns, "stale" if self._asking.streams else self._first_cause or "overrun")

    def _take_result(self, result: Result) -> None:
        match result:
            case Opening():
                self._take_opened(result.opened)
            case Taken():
                self._asking.answered()
                self._queued += 1
                self._writer.put(result)
            case NotTaken():
                self._asking.answered()
                self._miss_one(result.slot_ns, result.cause, result.reason)
            case Stored():
                self._queued -= 1
                self._first_cause = None
                self._fruitless.stored()
                self._teller.written(result.written)
                self._warner.take(result)
            case NotStored():
                self._queued -= 1
                self._miss_one(result.slot_ns, result.cause, result.reason)
            case Broken():
                self._break(result)

    def _take_opened(self, opened: Opened) -> None:
        self._finisher.opened = opened
        self._asking.streams = opened.streams
        log.info("camera open: %s %s %s", opened.driver, opened.model, opened.detail)
        self.worker.publish("camera.opened", opened_event(self.name, opened))
        self.worker.ready()

    def _break(self, broken: Broken) -> None:
        if broken.where == "camera" or isinstance(broken.error, CameraError):
            self.worker.publish("camera.lost", lost_event(self.name, self._finisher.opened, broken.error))
        if broken.where == "camera":
            self._finish(_BROKEN_FINISH_S)
        raise broken.error

    def _listen(self) -> None:
        for event in self.worker.link.heard():
            if event.topic == "disk.pressure":
                self._hear_pressure(event)
        for order in self.worker.link.orders():
            if isinstance(order, Snapshot):
                self._snapshots.order(order)
            elif isinstance(order, Configure):
                self._reload(order)

    def _hear_pressure(self, event: Event) -> None:
        try:
            self._gate.hear(check(event.data, DiskPressure), self.worker.clock.mono_ns())
        except WireError as error:
            self.worker.link.tally.count("events", str(error))

    def _reload(self, order: Configure) -> None:
        """Take over what can be without opening the camera anew: interval, quality, window, place, threshold."""
        # The sun of a year, and loading what knows it, take a small board some seconds.
        self.worker.lease.declare("disk", _DISK_S)
        self._configuration = order.configuration
        self._camera_config = order.configuration.cameras.get(self.name, self._camera_config)
        self._exposure.configure(self._camera_config)
        self._gate.stop_above_percent = order.configuration.storage.stop_above_percent
        plan = plan_for(self._camera_config, order.configuration.location)
        if plan != self._plan:
            now_ns = self.worker.clock.wall_ns()
            self._begin_slots(now_ns)
            self._teller.flush()
            self._plan = plan
            # Invariant: up to one and the same moment slots are the old plan's, and from it on the new one's.
            self._cursor_ns = max(self._cursor_ns, now_ns)
            self._plan_next()

    def _is_stopped(self) -> bool:
        taken = self.worker.signals.taken()
        return bool({signal.SIGTERM, signal.SIGINT} & set(taken)) and not active("ignore-term", self.name)

    def _finish(self, patience_s: float) -> None:
        """Let frames in flight become durable.

        A slot that is still undecided is not told: its frame may yet reach the disk, where the next start will look.
        """
        self.worker.lease.declare("write", patience_s + 1.0)
        # For the threads alone: a second signal, or an event that nobody takes in, would end each wait at once.
        poller = Poller()
        poller.add(self._inbox.fd)
        until_ns = self.worker.clock.mono_ns() + int(patience_s * NS_PER_S)
        while self._queued and (left_ns := until_ns - self.worker.clock.mono_ns()) > 0:
            poller.wait(left_ns)
            for result in self._inbox.taken():
                if not isinstance(result, Broken):
                    self._take_result(result)
                elif result.where == "disk":
                    return

    def _miss(self, slots: SlotRange, cause: MissCause, reason: str = "") -> None:
        self._teller.missed(slots, cause, reason=reason)

    def _miss_one(self, slot_ns: int, cause: MissCause, reason: str = "") -> None:
        # Until the first frame the failure before it is the cause that is told.
        told = (self._first_cause or cause) if cause == "stale" else cause
        self._miss(SlotRange(slot_ns, slot_ns, self._interval_ns), told, reason)
        if (why := self._fruitless.missed(cause, self.worker.clock.mono_ns())) is not None:
            self._break(Broken(CameraError(why), "camera"))
