"""What the status page says of the render worker."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from shared.clock import NS_PER_S
from shared.status import RenderResult, RenderStatus
from tests.rig.status_values import NOW_NS, status
from tests.rig.zone import zone
from timelapse.show.daily import daily_lines, how_far
from timelapse.show.ink import Ink
from timelapse.show.page import page

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


def _said(render: RenderStatus, age_s: float = 0.0, width: int = 200) -> str:
    with zone("UTC"):
        return "\n".join(daily_lines(render, NOW_NS, age_s, width=width, ink=Ink()))


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
    said = _said(replace(render, last_failed=FAILED))
    assert "video of main, 2026-11-21: no ffmpeg; try 3 at 08:25" in said
    assert "no ffmpeg" not in _said(replace(render, last_failed=replace(FAILED, wall_ns=FINISHED.wall_ns - 1)))
    assert "not tried again" in _said(replace(render, last_failed=replace(FAILED, next_try_wall_ns=None)))


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
