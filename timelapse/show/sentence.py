"""An event as a line that a person reads.

Owns: one sentence for each topic. Does not own: the vocabulary (`shared.events`), nor which events are shown.
Invariant: pure. An event of an unknown topic, or with data that lacks a field, is shown as it is, never refused: the
supervisor may be newer than this command.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.errors import WireError
from shared.events import (
    DATA_TYPES,
    BusTick,
    CameraLost,
    CameraOpened,
    CameraWarning,
    ClockStepped,
    ConfigRejected,
    ConfigReloaded,
    DiskPressure,
    FrameMissed,
    FrameWritten,
    OperationFinished,
    RenderFailed,
    RenderFinished,
    RenderProgress,
    RenderStarted,
    RenderWaiting,
    StoragePruned,
    SupervisorStarted,
    SupervisorStopping,
    WorkerChanged,
)
from shared.messages import Event
from shared.status import Status
from shared.wire import check
from timelapse.show import words
from timelapse.show.daily import how_far
from timelapse.show.ink import Ink
from timelapse.show.verdict import verdict

_TOPIC_WIDTH = max(len(topic) for topic in DATA_TYPES)
_BAD = frozenset(
    {"frame.missed", "camera.lost", "worker.hung", "worker.quarantined", "worker.wedged", "config.rejected"}
)
_BEGINNINGS = frozenset({"worker.starting", "worker.ready"})
"""The cause in these is that of the last end, which would read as if it were why the worker starts."""
_WARN = frozenset(
    {
        "camera.warning",
        "worker.backoff",
        "worker.exited",
        "disk.pressure",
        "render.failed",
        "clock.stepped",
        "supervisor.stopping",
    }
)


def line(event: Event, ink: Ink) -> str:
    """`08:15:30.512  frame.written   main 08:15:30.100: ...`: local time, topic, sentence."""
    topic = f"{words.plain(event.topic):<{_TOPIC_WIDTH}}"
    if event.topic in _BAD:
        topic = ink.bad(topic)
    elif event.topic in _WARN:
        topic = ink.warn(topic)
    return f"{ink.dim(words.time_of_day(event.wall_ns))}  {topic}  {sentence(event)}"


def sentence(event: Event) -> str:
    """What happened, on one line."""
    kind = DATA_TYPES.get(event.topic)
    try:
        data = check(event.data, kind) if kind is not None else None
    except WireError:
        data = None
    if isinstance(data, Status):
        # As it was then, which may be long ago.
        return words.plain(verdict(data, event.wall_ns, 0.0).sentence)
    if isinstance(data, WorkerChanged) and event.topic in _BEGINNINGS:
        data = replace(data, cause="")
    say = _SENTENCES.get(type(data))
    return words.plain(say(data) if say is not None else json.dumps(event.data, ensure_ascii=False))


def _frame_written(data: FrameWritten) -> str:
    parts = [words.size(data.bytes)]
    if data.raw_bytes:
        parts.append(f"{words.size(data.raw_bytes)} raw")
    if data.lateness_us is not None:
        parts.append(words.lateness(data.lateness_us))
    if data.take > 1:
        parts.append(f"take {data.take}")
    if data.synchronised is False:
        parts.append("clock not synchronised")
    if data.recovered:
        parts.append("found again on the disk")
    return f"{data.camera} {words.time_of_day(data.slot_ns)}: {', '.join(parts)}, {data.path}"


def _frame_missed(data: FrameMissed) -> str:
    first, last = words.time_of_day(data.first_slot_ns), words.time_of_day(data.last_slot_ns)
    if words.day(data.first_slot_ns) != words.day(data.last_slot_ns):
        first = f"{words.day(data.first_slot_ns)} {first}"
    when = first if data.count == 1 else f"{first} to {last}"
    return f"{data.camera} {when}: {words.count(data.count, 'slot')} missed ({data.cause})"


def _camera_opened(data: CameraOpened) -> str:
    return f"{data.camera}: open, {_listed(data.driver, data.model, data.detail)}"


def _camera_lost(data: CameraLost) -> str:
    return f"{data.camera}: lost, {_listed(data.driver, data.model, data.detail)}"


def _camera_warning(data: CameraWarning) -> str:
    since = words.time_of_day(data.since_slot_ns)
    if data.active:
        return f"{data.camera}: the pictures have been {data.warning} since {since}: {data.detail}"
    return f"{data.camera}: the pictures are no longer {data.warning}, as they were since {since}"


def _disk_pressure(data: DiskPressure) -> str:
    free = f"{words.size(data.free_bytes)} free"
    return f"{data.level}: {data.used_percent:.1f}% used, {_listed(free, data.path, data.detail)}"


def _storage_pruned(data: StoragePruned) -> str:
    frames = f"{words.count(data.count, 'frame')} deleted ({words.size(data.bytes)}, {data.rule})"
    span = data.oldest if data.oldest == data.newest else f"{data.oldest} to {data.newest}"
    though = f" though storage.{data.overrides} keeps them" if data.overrides else ""
    return f"{frames}{though}: {span}"


def _render_started(data: RenderStarted) -> str:
    return _listed(data.output, f"try {data.tries}" if data.tries > 1 else "")


def _render_progress(data: RenderProgress) -> str:
    return (
        f"{data.camera} {data.day} {data.kind}: {how_far(data.stage, data.done, data.total, data.left_s, data.paused)}"
    )


def _render_finished(data: RenderFinished) -> str:
    lasts = f"{data.duration_s:.1f} s long" if data.duration_s else f"{data.width}x{data.height}"
    damaged = f"{words.count(data.damaged, 'damaged frame')} left out" if data.damaged else ""
    took = f"took {words.duration(data.took_s)}"
    return f"{data.output}: {_listed(words.size(data.bytes), lasts, damaged, took, data.detail)}"


def _render_failed(data: RenderFailed) -> str:
    again = "not tried again" if data.next_try_s is None else f"next try in {words.duration(data.next_try_s)}"
    return f"{data.camera} {data.day} {data.kind}: {data.message} (try {data.tries}, {again})"


def _render_waiting(data: RenderWaiting) -> str:
    if data.due:
        return _listed(f"{words.count(data.due, 'result')} due", data.detail)
    if data.next_wall_ns is None:
        return "nothing is due"
    return f"nothing is due before {words.day(data.next_wall_ns)} {words.time_of_day(data.next_wall_ns)[:5]}"


def _worker_changed(data: WorkerChanged) -> str:
    # The topic says most of it already; `worker.stopped` is also said of one that has failed.
    parts = ["failed"] if data.state == "failed" else []
    if data.cause:
        parts.append(f"cause {data.cause}")
    if data.operation and data.operation not in data.detail:
        parts.append(f"in {data.operation}")
    if data.delay_s is not None:
        parts.append(f"next try in {words.duration(data.delay_s)}" if data.delay_s >= 1 else "next try at once")
    if data.pid is not None:
        parts.append(f"pid {data.pid}")
    return f"{data.worker}: {_listed(*parts, data.detail)}"


def _config_reloaded(data: ConfigReloaded) -> str:
    waits = f"; needs a restart: {', '.join(data.needs_restart)}" if data.needs_restart else ""
    return f"changes in force: {', '.join(data.applied) or 'nothing new'}{waits}"


def _config_rejected(data: ConfigRejected) -> str:
    return f"{words.count(len(data.errors), 'mistake')}, nothing changed: {'; '.join(data.errors)}"


def _clock_stepped(data: ClockStepped) -> str:
    step_s = data.step_ns / NS_PER_S
    synchronised = {True: ", now synchronised", False: ", not synchronised", None: ""}[data.synchronised]
    return f"{data.camera}: the clock jumped by {step_s:+.3f} s{synchronised}"


def _operation_finished(data: OperationFinished) -> str:
    return _listed(f"{data.operation}: {data.worker or 'done'} {'done' if data.ok else 'FAILED'}", data.detail)


def _bus_tick(data: BusTick) -> str:
    return f"last event {data.seq}"


def _supervisor_started(data: SupervisorStarted) -> str:
    gaps = [f"{camera} {_gap(gap.gap_s, gap.slots)}" for camera, gap in data.gaps.items() if gap.gap_s and gap.slots]
    nobody = f"nobody recorded {', '.join(gaps)}" if gaps else ""
    return _listed(f"version {data.version}", f"pid {data.pid}", data.config, nobody)


def _gap(gap_s: float, slots: int) -> str:
    return f"for {words.duration(gap_s)} ({words.count(slots, 'slot')})"


def _supervisor_stopping(data: SupervisorStopping) -> str:
    return data.reason


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


_SENTENCES: dict[type, Callable[[Any], str]] = {
    FrameWritten: _frame_written,
    FrameMissed: _frame_missed,
    CameraOpened: _camera_opened,
    CameraLost: _camera_lost,
    CameraWarning: _camera_warning,
    DiskPressure: _disk_pressure,
    StoragePruned: _storage_pruned,
    RenderStarted: _render_started,
    RenderProgress: _render_progress,
    RenderFinished: _render_finished,
    RenderFailed: _render_failed,
    RenderWaiting: _render_waiting,
    WorkerChanged: _worker_changed,
    ConfigReloaded: _config_reloaded,
    ConfigRejected: _config_rejected,
    ClockStepped: _clock_stepped,
    OperationFinished: _operation_finished,
    BusTick: _bus_tick,
    SupervisorStarted: _supervisor_started,
    SupervisorStopping: _supervisor_stopping,
}
