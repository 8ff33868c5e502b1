"""What the render worker does, kept from its events.

Owns: that part of the picture. Does not own: the rest of it (`supervisor.picture`), nor what is due (`render_worker`).
Invariant: pure: the same events give the same status. What a worker that has ended was at is not shown as going on.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.events import RenderFailed, RenderFinished, RenderProgress, RenderStarted, RenderWaiting
from shared.status import RenderResult, RenderStatus
from shared.wire import check


def after_event(render: RenderStatus, topic: str, data: dict[str, Any], wall_ns: int) -> RenderStatus:
    """The status once one of the worker's events, of that wall time, has been heard."""
    match topic:
        case "render.started":
            return _started(render, check(data, RenderStarted), wall_ns)
        case "render.progress":
            return _progress(render, check(data, RenderProgress))
        case "render.finished":
            return _finished(render, check(data, RenderFinished), wall_ns)
        case "render.failed":
            return _failed(render, check(data, RenderFailed), wall_ns)
        case "render.waiting":
            return _waiting(render, check(data, RenderWaiting))
    return render


def without_work(render: RenderStatus) -> RenderStatus:
    """What is left of it when nothing is under way: the counts and how the last ones ended."""
    return RenderStatus(
        finished=render.finished,
        failed=render.failed,
        last_finished=render.last_finished,
        last_failed=render.last_failed,
    )


def _started(render: RenderStatus, started: RenderStarted, wall_ns: int) -> RenderStatus:
    return replace(
        without_work(render),
        state="rendering",
        camera=started.camera,
        day=started.day,
        kind=started.kind,
        output=started.output,
        tries=started.tries,
        started_wall_ns=wall_ns,
    )


def _progress(render: RenderStatus, told: RenderProgress) -> RenderStatus:
    return replace(
        render,
        state="paused" if told.paused else "rendering",
        camera=told.camera,
        day=told.day,
        kind=told.kind,
        stage=told.stage,
        done=told.done,
        total=told.total,
        left_s=told.left_s,
        detail=told.paused,
    )


def _finished(render: RenderStatus, told: RenderFinished, wall_ns: int) -> RenderStatus:
    result = RenderResult(
        camera=told.camera,
        day=told.day,
        kind=told.kind,
        wall_ns=wall_ns,
        output=told.output,
        bytes=told.bytes,
        duration_s=told.duration_s,
        took_s=told.took_s,
        damaged=told.damaged,
        detail=told.detail,
    )
    return replace(without_work(render), state="waiting", finished=render.finished + 1, last_finished=result)


def _failed(render: RenderStatus, told: RenderFailed, wall_ns: int) -> RenderStatus:
    result = RenderResult(
        camera=told.camera,
        day=told.day,
        kind=told.kind,
        wall_ns=wall_ns,
        detail=told.message,
        tries=told.tries,
        next_try_wall_ns=None if told.next_try_s is None else wall_ns + round(told.next_try_s * NS_PER_S),
    )
    failed = render.failed + (not told.cancelled)
    return replace(without_work(render), state="waiting", failed=failed, last_failed=result)


def _waiting(render: RenderStatus, told: RenderWaiting) -> RenderStatus:
    return replace(
        without_work(render), state="waiting", next_wall_ns=told.next_wall_ns, due=told.due, detail=told.detail
    )
