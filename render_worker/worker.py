"""The render worker's loop: hear, look what is due, have one result made at a time, stand still where it would disturb.

Owns: the order of the steps, their leases, what is told. Does not own: any decision (`schedule`, `retry`, `pausing`),
the disk (`keeping`), the process that renders (`under_way`).
Invariant: no picture and no number library is ever loaded here, and every call that reaches the disk runs under a lease
declared just before it. A frame is never written, changed or deleted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from render_worker.child import Child
from render_worker.conditions import Conditions
from render_worker.hearing import CAPTURE_TOPICS
from render_worker.local_day import days_before
from render_worker.looking import Look, check_mounted, failing, reading
from render_worker.notebook import Begun, Notebook
from render_worker.orphan import end_orphan
from render_worker.request import RenderRequest
from render_worker.results import Result, path_of, unfinished_beside
from render_worker.retry import not_before_s
from render_worker.schedule import MOST_DAYS_BACK, cameras_of, due
from render_worker.telling import Failed, Finished
from render_worker.under_way import Process, UnderWay
from render_worker.wanted import request_for
from shared.clock import NS_PER_S
from shared.config.model import Configuration
from shared.durable import make_directories
from shared.errors import EX_OK, DiskError
from shared.events import RenderFailed, RenderFailing, RenderFinished, RenderStarted, RenderWaiting
from shared.messages import Cancel, Configure
from shared.worker import Worker

log = logging.getLogger(__name__)

TOPICS = (*CAPTURE_TOPICS, "disk.pressure")
_LONGEST_WAIT_NS = 60 * NS_PER_S
_HINDERED_WAIT_NS = 10 * NS_PER_S
_RENDERING_WAIT_NS = 5 * NS_PER_S
_RENDERING_LEASE_S = 10.0
_DISK_LEASE_S = 30.0
_ENDING_S = 0.1
"""For a render to end by itself when the worker is told to: a shutdown takes half a second in all."""
_ORPHAN_S = 5.0
_LONGEST_MESSAGE = 2000
_LOOK_EACH_S = 3600.0
"""Even where nothing is due: somebody may have put frames or results there, or taken them away."""
_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


def work(worker: Worker) -> int:
    """Render what is due until a signal ends it. Blocks. Raises `TimelapseError`."""
    return RenderWorker(worker, worker.configuration().configuration, Conditions(worker.clock)).run()


class RenderWorker:
    """One run of the worker, in one thread. `start` makes the process of a request."""

    def __init__(
        self,
        worker: Worker,
        configuration: Configuration,
        conditions: Conditions,
        start: Callable[[RenderRequest], Process] = Child,
    ) -> None:
        self._worker = worker
        self._clock = worker.clock
        self._configuration = configuration
        # Where it lies is settled when the service starts, as for all others.
        self._output_dir = Path(configuration.output_dir)
        self._start = start
        self._notebook = Notebook(worker.identity.runtime_dir)
        self._conditions = conditions
        self._under_way: UnderWay | None = None
        self._due: list[Result] = []
        self._failing: list[RenderFailing] = []
        self._passed_over: dict[str, str] = {}
        self._next_s = 0.0
        self._look_from_ns = self._begin_from_ns = 0
        self._told: RenderWaiting | None = None

    def run(self) -> int:
        """Turn until a signal ends it; the exit status. Raises `DiskError` where the disk can't be read."""
        self._tidy()
        self._worker.ready()
        while not _SIGNALS.intersection(self._worker.signals.taken()):
            self._hear()
            if self._conditions.clock_was_set():
                self._look_soon()
            if self._under_way is not None:
                self._attend(self._under_way)
            if self._under_way is None:
                self._look()
                self._begin_or_wait()
            self._wait()
        self._end()
        return EX_OK

    def _tidy(self) -> None:
        """Put away what the worker before this one left, if it was killed."""
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        begun = self._notebook.take_interrupted(self._clock.wall_ns() / NS_PER_S)
        if begun is not None and not end_orphan(begun, _ORPHAN_S):
            raise DiskError(f"process {begun.pid}, which renders, hangs in the kernel: is the disk dead?")
        with reading(self._output_dir), contextlib.suppress(FileNotFoundError):
            Look(self._output_dir).tidy()

    def _hear(self) -> None:
        for order in self._worker.link.orders():
            if isinstance(order, Configure):
                if order.configuration.render != self._configuration.render:
                    self._notebook.forget_delays()
                self._configuration = order.configuration
                self._look_soon()
            elif isinstance(order, Cancel):
                self._cancel(order.operation)
        for event in self._worker.link.heard():
            self._conditions.hear(event, self._worker.link.tally)

    def _cancel(self, operation: str) -> None:
        if self._under_way is None:
            self._worker.cancelled(operation, ok=False, detail="nothing is being rendered")
        else:
            self._under_way.cancel(operation)

    def _look_soon(self) -> None:
        self._look_from_ns = self._begin_from_ns = 0
        self._next_s = 0.0

    def _look(self) -> None:
        """What is due, where it is time to look: by the clock, or because something has ended."""
        now_ns, now_s = self._clock.mono_ns(), self._clock.wall_ns() / NS_PER_S
        if now_ns < self._look_from_ns and now_s < self._next_s:
            return
        self._look_from_ns = now_ns + int(_LOOK_EACH_S * NS_PER_S)
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        if self._configuration.require_mount:
            check_mounted(self._output_dir)
        look = Look(self._output_dir)
        with reading(self._output_dir):
            found = due(
                now_s,
                self._configuration,
                there=look.results(cameras_of(self._configuration)),
                has_frames=look.has_frames,
                not_before_s=lambda result: not_before_s(self._notebook.tries_of(result), now_s),
            )
            self._due, self._next_s = found.results, found.next_s
            if self._conditions.may_delete():
                look.delete_old(now_s, self._configuration.render.keep_days)
        self._failing = failing(self._notebook, [*found.results, *found.later], now_s)
        self._pass_over(look.passed_over)

    def _pass_over(self, cameras: dict[str, str]) -> None:
        """Say, once, of which cameras nothing can be made."""
        for camera, why in cameras.items():
            if self._passed_over.get(camera) != why:
                log.warning("nothing is rendered of camera %s: %s", camera, why)
        self._passed_over = cameras

    def _begin_or_wait(self) -> None:
        hindrance = ""
        if self._due and self._clock.mono_ns() >= self._begin_from_ns:
            hindrance = self._conditions.why_no_clock() or self._why_not()
            if not hindrance:
                self._begin(self._due.pop(0))
                return
            self._begin_from_ns = self._clock.mono_ns() + _HINDERED_WAIT_NS
        elif self._due and self._told is not None:
            hindrance = self._told.detail
        waiting = RenderWaiting(
            next_wall_ns=None if self._due else int(self._next_s) * NS_PER_S,
            due=len(self._due),
            detail=hindrance,
            failing=self._failing,
            passed_over=self._passed_over,
        )
        if waiting != self._told:
            self._told = waiting
            self._worker.publish("render.waiting", waiting)

    def _why_not(self) -> str:
        """Why nothing should be rendered at this moment; empty where it may."""
        configuration = self._configuration
        return self._conditions.why_not(configuration.render.pause_above_c, cleans=configuration.storage.clean)

    def _begin(self, result: Result) -> None:
        self._told = None
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        tries = self._notebook.tries_of(result)
        number = (tries.failed if tries else 0) + 1
        output = path_of(result, self._configuration.render.codec)
        try:
            make_directories((self._output_dir / output).parent)
            process = self._start(request_for(self._configuration, result))
        except OSError as error:
            self._failed(result, f"it can't be begun: {error.strerror}")
            return
        now_s = self._clock.wall_ns() / NS_PER_S
        self._notebook.begun(Begun(result, os.getpid(), process.pid), days_before(now_s, MOST_DAYS_BACK)[0])
        self._under_way = UnderWay(result, output, number, process, self._clock)
        self._worker.poller.add(process.fd)
        log.info("%s is being made%s", output, f", try {number}" if number > 1 else "")
        started = RenderStarted(camera=result.camera, day=result.day, kind=result.kind, output=output, tries=number)
        self._worker.publish("render.started", started)

    def _attend(self, under_way: UnderWay) -> None:
        """Take in how far it is, and have it stand still or go on."""
        outcome = under_way.hear()
        if outcome is not None:
            self._conclude(under_way, outcome)
            return
        if not under_way.paused:
            self._conditions.works()
        before = under_way.paused
        under_way.stand_still(self._why_not())
        if bool(before) != bool(under_way.paused):
            log.info("%s %s", under_way.output, f"waits: {under_way.paused}" if under_way.paused else "goes on")
        under_way.watch()
        if (news := under_way.news()) is not None:
            self._worker.publish("render.progress", news)

    def _conclude(self, under_way: UnderWay, outcome: Finished | Failed) -> None:
        self._under_way = None
        # First from the poller: once closed, the number may be given to the next process at once.
        self._worker.poller.remove(under_way.process.fd)
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        under_way.process.close()
        if isinstance(outcome, Finished):
            self._finished(under_way, outcome)
        elif under_way.cancelling:
            self._cancelled(under_way)
        else:
            self._failed(under_way.result, outcome.message)
        detail = f"{under_way.output} was given up" if isinstance(outcome, Failed) else "it was finished before"
        for operation in under_way.cancelling:
            self._worker.cancelled(operation, ok=isinstance(outcome, Failed), detail=detail)
        self._look_soon()

    def _finished(self, under_way: UnderWay, outcome: Finished) -> None:
        result = under_way.result
        self._notebook.finished(result)
        plays = f", {outcome.duration_s:.1f} s long" if outcome.duration_s else ""
        log.info("%s is there%s; it took %.0f s", under_way.output, plays, under_way.took_s)
        finished = RenderFinished(
            camera=result.camera,
            day=result.day,
            kind=result.kind,
            output=under_way.output,
            pictures=outcome.pictures,
            frames=outcome.frames,
            damaged=outcome.damaged,
            gaps=outcome.gaps,
            bytes=outcome.bytes,
            width=outcome.width,
            height=outcome.height,
            duration_s=outcome.duration_s,
            took_s=under_way.took_s,
            detail=outcome.detail[:_LONGEST_MESSAGE],
            gone=outcome.gone,
        )
        self._worker.publish("render.finished", finished)

    def _cancelled(self, under_way: UnderWay) -> None:
        result = under_way.result
        self._notebook.cancelled(result, self._clock.wall_ns() / NS_PER_S)
        log.info("%s was given up by an operator's order, and is not tried again", under_way.output)
        self._tell_failed(result, "cancelled by an operator", under_way.tries, None, cancelled=True)

    def _failed(self, result: Result, message: str) -> None:
        now_s = self._clock.wall_ns() / NS_PER_S
        tries = self._notebook.failed(result, now_s, message)
        at_s = not_before_s(tries, now_s)
        next_try_s = None if at_s is None else round(max(0.0, at_s - now_s), 1)
        log.warning("%s of %s on %s has failed: %s", result.kind, result.camera, result.day, message)
        self._tell_failed(result, message, tries.failed, next_try_s, cancelled=False)

    def _tell_failed(
        self, result: Result, message: str, tries: int, next_try_s: float | None, *, cancelled: bool
    ) -> None:
        failed = RenderFailed(
            camera=result.camera,
            day=result.day,
            kind=result.kind,
            message=message[:_LONGEST_MESSAGE],
            tries=tries,
            next_try_s=next_try_s,
            cancelled=cancelled,
        )
        self._worker.publish("render.failed", failed)

    def _wait(self) -> None:
        now_ns = self._clock.mono_ns()
        left_ns = _LONGEST_WAIT_NS
        if self._under_way is not None:
            left_ns = min(left_ns, self._under_way.due_ns() - now_ns, self._conditions.due_ns() - now_ns)
        elif self._due:
            left_ns = min(left_ns, self._begin_from_ns - now_ns)
        else:
            left_ns = min(left_ns, int(self._next_s * NS_PER_S) - self._clock.wall_ns())
        left_ns = max(0, left_ns)
        if self._under_way is not None and not self._under_way.paused:
            left_ns = min(left_ns, _RENDERING_WAIT_NS)
            self._worker.lease.renew("render", _RENDERING_LEASE_S)
        else:
            self._worker.lease.sleep(left_ns / NS_PER_S)
        self._worker.poller.wait(left_ns)

    def _end(self) -> None:
        """Told to end: so is what is under way, which is made anew by the next worker.

        Whoever tells it to has perhaps mended something, so the next one tries at once what has failed.
        """
        self._notebook.forget_delays()
        if self._under_way is None:
            return
        self._worker.lease.declare("disk", _DISK_LEASE_S)
        if not self._under_way.end_now(_ENDING_S):
            # With the least of all priorities it may be a while before it is dead, and it does nothing any more.
            with contextlib.suppress(OSError):
                unfinished_beside(self._output_dir / self._under_way.output).unlink()
        self._notebook.given_up()
        for operation in self._under_way.cancelling:
            self._worker.cancelled(operation, ok=True, detail=f"{self._under_way.output} was given up")
