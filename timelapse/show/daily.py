"""The render worker on the status page: what it makes of each day.

Owns: its block. Does not own: the page, nor the bar of `timelapse render`.
Invariant: pure but for the local time zone.
"""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.status import RenderResult, RenderStatus, WorkerStatus
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import field
from timelapse.show.verdict import trouble_of_worker

_STAGES = {
    "choosing": "choosing its frames",
    "measuring": "measuring the light",
    "rendering": "rendering",
    "finishing": "finishing",
}


def daily_lines(
    render: RenderStatus, worker: WorkerStatus | None, now_wall_ns: int, age_s: float, *, width: int, ink: Ink
) -> list[str]:
    """The block: what is being made or when something is next, how the last one ended, and what fails."""
    lines = [ink.bold("render"), *field("now", _now(render, worker, now_wall_ns, age_s), width, ink)]
    if render.state == "paused" or (render.due and render.detail):
        lines += [ink.warn(line) for line in field("waits", words.plain(render.detail), width, Ink())]
    for camera, why in render.passed_over.items():
        said = words.plain(f"camera {camera}: {why}")
        lines += [ink.warn(line) for line in field("passed over", said, width, Ink())]
    if render.last_finished is not None:
        lines += field("last", _finished(render.last_finished, now_wall_ns), width, ink)
    for failed in _failures(render):
        lines += [ink.warn(line) for line in field("failed", _failed(failed, now_wall_ns), width, Ink())]
    return lines


def how_far(stage: str, done: int, total: int, left_s: float | None, paused: str) -> str:
    """`rendering, 42 % of 1,500 pictures, 3 min 20 s left`."""
    parts = [_STAGES.get(stage, words.plain(stage))]
    if total and stage in {"measuring", "rendering"}:
        # Rounded down: 100 % is when it is done.
        parts.append(f"{done * 100 // total}% of {words.count(total, 'picture')}")
    if left_s is not None and not paused:
        parts.append(f"{words.duration(left_s)} left")
    if paused:
        parts.append(f"paused: {words.plain(paused)}")
    return ", ".join(parts)


def _failures(render: RenderStatus) -> list[RenderResult]:
    """What fails until it is made; and what was cancelled, until something else has ended well."""
    last, finished = render.last_failed, render.last_finished
    if last is None or last.next_try_wall_ns is not None:
        return render.failing
    return [*render.failing, last] if finished is None or last.wall_ns > finished.wall_ns else render.failing


def _now(render: RenderStatus, worker: WorkerStatus | None, now_wall_ns: int, age_s: float) -> str:
    if render.state in {"rendering", "paused"}:
        what = f"{render.kind} of {render.camera}, {render.day}"
        left_s = None if render.left_s is None else max(0.0, render.left_s - age_s)
        far = how_far(render.stage, render.done, render.total, left_s, "")
        paused = " (paused)" if render.state == "paused" else ""
        again = f", try {render.tries}" if render.tries > 1 else ""
        return words.plain(f"{what}: {far}{paused}{again}")
    if render.state != "waiting":
        trouble = "" if worker is None else trouble_of_worker("render", worker, age_s)
        return trouble or "not known yet: the render worker has not told"
    if render.due:
        return f"{words.count(render.due, 'result')} due"
    if render.next_wall_ns is None:
        return "nothing is due"
    return f"nothing is due before {_at(render.next_wall_ns, now_wall_ns)}"


def _finished(result: RenderResult, now_wall_ns: int) -> str:
    lasts = f", {result.duration_s:.1f} s long" if result.duration_s else ""
    damaged = f", {words.count(result.damaged, 'damaged frame')} left out" if result.damaged else ""
    gone = f", {words.count(result.gone, 'frame')} gone meanwhile" if result.gone else ""
    when = f"at {_at(result.wall_ns, now_wall_ns)} in {words.duration(result.took_s)}"
    return words.plain(f"{result.output} ({words.size(result.bytes)}{lasts}{damaged}{gone}), {when}")


def _failed(result: RenderResult, now_wall_ns: int) -> str:
    what = f"{result.kind} of {result.camera}, {result.day}: {result.detail}"
    if result.next_try_wall_ns is None:
        return words.plain(f"{what}; not tried again")
    if result.next_try_wall_ns <= now_wall_ns:
        return words.plain(f"{what}; try {result.tries + 1} as soon as may be")
    return words.plain(f"{what}; try {result.tries + 1} at {_at(result.next_try_wall_ns, now_wall_ns)}")


def _at(wall_ns: int, now_wall_ns: int) -> str:
    """Local time to the minute, with the date unless it is today's."""
    # What is counted down with a fraction of a second must not show the minute before.
    minute_ns = round(wall_ns / NS_PER_S) * NS_PER_S
    said = words.time_of_day(minute_ns)[:5]
    return said if words.day(minute_ns) == words.day(now_wall_ns) else f"{words.day(minute_ns)} {said}"
