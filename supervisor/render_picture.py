"""What the render worker does, kept from its events.

Owns: that part of the picture. Does not own: the rest of it (`supervisor.picture`), nor what is due (`render_worker`).
Invariant: pure: the same events give the same status. What a worker that has ended was at is not shown as going on.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.events import (
    MOST_FAILING,
    RenderFailed,
    RenderFailing,
    RenderFinished,
    RenderProgress,
    RenderStarted,
    RenderWaiting,
)
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
    """What is left of it when nothing is under way: the counts, how the last ones ended, and what fails."""
    return RenderStatus(
        finished=render.finished,
        failed=render.failed,
        last_finished=render.last_finished,
        last_failed=render.last_failed,
        failing=render.failing,
        passed_over=render.passed_over,
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
        gone=told.gone,
    )
    return replace(
        without_work(render),
        state="waiting",
        finished=render.finished + 1,
        last_finished=result,
        failing=_others(render.failing, result),
    )


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
    others = _others(render.failing, result)
    return replace(
        without_work(render),
        state="waiting",
        failed=render.failed + (not told.cancelled),
        last_failed=result,
        failing=others if told.next_try_s is None else _newest([*others, result]),
    )


def _waiting(render: RenderStatus, told: RenderWaiting) -> RenderStatus:
    return replace(
        without_work(render),
        state="waiting",
        next_wall_ns=told.next_wall_ns,
        due=told.due,
        detail=told.detail,
        failing=[_failing(render.failing, each) for each in told.failing[:MOST_FAILING]],
        passed_over=told.passed_over,
    )


def _failing(known: list[RenderResult], told: RenderFailing) -> RenderResult:
    """What the worker's notes have of one that fails; only when it did so is not in them."""
    result = RenderResult(
        camera=told.camera,
        day=told.day,
        kind=told.kind,
        wall_ns=0,
        detail=told.message,
        tries=told.tries,
        next_try_wall_ns=told.next_try_wall_ns,
    )
    return replace(result, wall_ns=next((each.wall_ns for each in known if _key(each) == _key(result)), 0))


def _others(results: list[RenderResult], result: RenderResult) -> list[RenderResult]:
    return [each for each in results if _key(each) != _key(result)]


def _newest(results: list[RenderResult]) -> list[RenderResult]:
    """The newest days', so that a camera that fails each night does not hide another one."""
    ordered = sorted(results, key=lambda each: (each.camera, each.kind))
    return sorted(ordered, key=lambda each: each.day, reverse=True)[:MOST_FAILING]


def _key(result: RenderResult) -> tuple[str, str, str]:
    return result.camera, result.day, result.kind
