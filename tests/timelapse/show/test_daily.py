"""What the status page says of the render worker."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.status import LeaseStatus, RenderResult, RenderStatus, RestartStatus, WorkerStatus
from tests.rig.status_values import NOW_NS, status, worker
from tests.rig.zone import zone
from timelapse.show.daily import daily_lines, how_far
from timelapse.show.ink import Ink
from timelapse.show.page import page
from timelapse.show.workers import doing

RENDERING = RenderStatus(
    state="rendering",
    camera="main",
    day="2026-11-22",
    kind="video",
    output="main/videos/2026-11-22.mp4",
    tries=1,
    stage="rendering",
    done=420,
    total=1000,
    left_s=65.0,
)
FINISHED = RenderResult(
    camera="main",
    day="2026-11-22",
    kind="video",
    wall_ns=NOW_NS - 3600 * NS_PER_S,
    output="main/videos/2026-11-22.mp4",
    bytes=20_000_000,
    duration_s=60.0,
    took_s=125.0,
    damaged=2,
)
FAILED = RenderResult(
    camera="main",
    day="2026-11-21",
    kind="video",
    wall_ns=NOW_NS,
    detail="no ffmpeg",
    tries=2,
    next_try_wall_ns=NOW_NS + 600 * NS_PER_S,
)


def _said(render: RenderStatus, age_s: float = 0.0, width: int = 200, renderer: WorkerStatus | None = None) -> str:
    with zone("UTC"):
        return "\n".join(daily_lines(render, renderer, NOW_NS, age_s, width=width, ink=Ink()))


def test_render_under_way_is_told_with_percent_and_time_left() -> None:
    said = _said(RENDERING, age_s=5.0)
    assert "video of main, 2026-11-22: rendering, 42% of 1,000 pictures, 1 min left" in said


def test_pause_is_told_with_its_reason() -> None:
    said = _said(replace(RENDERING, state="paused", detail="the machine is at 81 degrees C", left_s=None, tries=3))
    assert "rendering, 42% of 1,000 pictures (paused), try 3" in said
    assert "waits       the machine is at 81 degrees C" in said


def test_last_result_and_a_later_failure_are_told() -> None:
    render = RenderStatus(state="waiting", next_wall_ns=NOW_NS + 600 * NS_PER_S, last_finished=FINISHED)
    said = _said(render)
    assert "nothing is due before 08:25" in said
    assert "main/videos/2026-11-22.mp4 (20.0 MB, 60.0 s long, 2 damaged frames left out), at 07:15 in 2 min 5 s" in said


def test_what_fails_is_told_until_it_is_made_whatever_else_has_been() -> None:
    earlier = replace(FAILED, wall_ns=FINISHED.wall_ns - 1)
    garden = replace(FAILED, camera="garden", detail="no frames", next_try_wall_ns=NOW_NS - 1)
    render = RenderStatus(
        state="waiting", last_finished=FINISHED, last_failed=earlier, failing=[earlier, garden], failed=2
    )
    said = _said(render)
    assert "video of main, 2026-11-21: no ffmpeg; try 3 at 08:25" in said
    assert "video of garden, 2026-11-21: no frames; try 3 as soon as may be" in said
    assert "failed" not in _said(replace(render, failing=[]))


def test_what_was_cancelled_is_told_until_something_else_is_there() -> None:
    cancelled = replace(FAILED, detail="cancelled by an operator", next_try_wall_ns=None)
    render = RenderStatus(state="waiting", last_finished=FINISHED, last_failed=cancelled)
    assert "cancelled by an operator; not tried again" in _said(render)
    assert "cancelled" not in _said(replace(render, last_failed=replace(cancelled, wall_ns=FINISHED.wall_ns - 1)))


def test_camera_that_is_passed_over_is_named_with_the_reason() -> None:
    render = RenderStatus(state="waiting", passed_over={"garden": "/out/garden/videos: Permission denied"})
    assert "passed over camera garden: /out/garden/videos: Permission denied" in _said(render)


def test_frames_that_went_meanwhile_are_no_damaged_ones() -> None:
    said = _said(RenderStatus(state="waiting", last_finished=replace(FINISHED, damaged=0, gone=600)))
    assert "600 frames gone meanwhile" in said
    assert "damaged" not in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "not known yet"),
        ({"state": "stopped", "desired": "down", "pid": None}, "render is stopped; 'timelapse start render' starts it"),
        (
            {
                "state": "backoff",
                "restarts": RestartStatus(total=1, by_cause={}, failures=1),
                "last_cause": "disk",
                "last_detail": "/out: can't be read",
                "next_start_s": 30.0,
            },
            "render is in back-off (disk), next try in 30 s: /out: can't be read",
        ),
        ({"state": "failed", "last_cause": "config"}, "render has failed (config); it waits for"),
    ],
)
def test_worker_that_does_not_run_is_why_nothing_is_known(changed: dict[str, Any], said: str) -> None:
    assert said in _said(RenderStatus(), renderer=worker(**changed))


def test_worker_that_renders_is_not_called_waiting() -> None:
    assert doing(worker(leases={"main": LeaseStatus(operation="render", left_s=9.0)}), 0.0) == "rendering"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "not known yet"),
        ({"state": "waiting"}, "nothing is due"),
        ({"state": "waiting", "due": 2, "detail": "the disk is full"}, "waits       the disk is full"),
        ({"state": "waiting", "next_wall_ns": NOW_NS + 86_400 * NS_PER_S}, "before 2026-11-24 08:15"),
    ],
)
def test_waiting_says_what_for(changed: dict[str, Any], said: str) -> None:
    assert said in _said(RenderStatus(**changed))


@pytest.mark.parametrize(
    ("far", "said"),
    [
        (("choosing", 0, 0, None, ""), "choosing its frames"),
        (("measuring", 5, 10, None, ""), "measuring the light, 50% of 10 pictures"),
        (("rendering", 999, 1000, 0.4, ""), "rendering, 99% of 1,000 pictures, 0 s left"),
        (("rendering", 5, 10, 9.0, "the disk is full"), "rendering, 50% of 10 pictures, paused: the disk is full"),
        (("new\nstage", 0, 0, None, ""), "new stage"),
    ],
)
def test_how_far_it_is(far: tuple[str, int, int, float | None, str], said: str) -> None:
    assert how_far(*far) == said


@pytest.mark.parametrize("width", [60, 80, 120])
def test_page_has_it_where_there_is_a_render_worker_and_no_line_too_long(width: int) -> None:
    without = page(status(), NOW_NS, 0.0, width=width, ink=Ink())
    render = replace(RENDERING, state="paused", detail="x" * 200, last_finished=FINISHED, last_failed=FAILED)
    lines = page(status(render=render), NOW_NS, 0.0, width=width, ink=Ink())
    assert max(map(len, lines)) <= width
    assert "render" in lines
    assert "render" not in without
