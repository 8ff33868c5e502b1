"""The render worker's part of the picture: from its events alone."""

from __future__ import annotations

import msgspec

from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, Configuration, RenderConfig
from shared.events import RenderFailed, RenderFailing, RenderFinished, RenderProgress, RenderStarted, RenderWaiting
from shared.status import RenderStatus
from supervisor.picture import Picture

NOW_NS = 1_795_422_930_000_000_000
DAY = "2026-11-22"
STARTED = RenderStarted(camera="main", day=DAY, kind="video", output=f"main/videos/{DAY}.mp4", tries=2)
PROGRESS = RenderProgress(camera="main", day=DAY, kind="video", stage="rendering", done=3, total=10, left_s=7.0)
FINISHED = RenderFinished(
    camera="main",
    day=DAY,
    kind="video",
    output=f"main/videos/{DAY}.mp4",
    pictures=10,
    frames=9,
    damaged=1,
    gaps=0,
    bytes=1000,
    width=320,
    height=180,
    duration_s=0.4,
    took_s=12.5,
)
FAILED = RenderFailed(camera="main", day=DAY, kind="video", message="no ffmpeg", tries=2, next_try_s=600.0)


def _picture(daily_minute: int | None = 30) -> Picture:
    picture = Picture()
    picture.configure(_configuration(daily_minute))
    return picture


def _configuration(daily_minute: int | None) -> Configuration:
    return Configuration("x.yml", "/out", {"main": CameraConfig("main")}, render=RenderConfig(daily_minute))


def _say(picture: Picture, topic: str, data: msgspec.Struct) -> RenderStatus:
    picture.changed = False
    picture.take(topic, msgspec.to_builtins(data), NOW_NS)
    assert picture.changed
    assert picture.render is not None
    return picture.render


def test_picture_without_a_render_worker_has_no_part_for_it() -> None:
    picture = _picture(None)
    assert picture.render is None
    picture.take("render.started", msgspec.to_builtins(STARTED), NOW_NS)
    assert picture.render is None, "the last words of one that was taken out"


def test_picture_before_any_event_knows_nothing_and_a_reload_forgets_nothing() -> None:
    picture = _picture()
    assert picture.render == RenderStatus()
    _say(picture, "render.finished", FINISHED)
    picture.configure(_configuration(60))
    assert picture.render is not None
    assert picture.render.finished == 1
    picture.configure(_configuration(None))
    assert picture.render is None


def test_render_under_way_is_shown_with_how_far_it_is() -> None:
    picture = _picture()
    render = _say(picture, "render.started", STARTED)
    assert (render.state, render.output, render.tries) == ("rendering", STARTED.output, 2)
    assert render.started_wall_ns == NOW_NS
    render = _say(picture, "render.progress", PROGRESS)
    assert (render.state, render.stage, render.done, render.total, render.left_s) == (
        "rendering",
        "rendering",
        3,
        10,
        7,
    )
    render = _say(picture, "render.progress", msgspec.structs.replace(PROGRESS, paused="heat", left_s=None))
    assert (render.state, render.detail, render.output) == ("paused", "heat", STARTED.output)


def test_end_of_a_render_is_kept_and_what_was_under_way_is_not() -> None:
    picture = _picture()
    _say(picture, "render.started", STARTED)
    render = _say(picture, "render.failed", FAILED)
    assert (render.state, render.camera, render.failed) == ("waiting", "", 1)
    assert render.last_failed is not None
    assert (render.last_failed.detail, render.last_failed.tries) == ("no ffmpeg", 2)
    assert render.last_failed.next_try_wall_ns == NOW_NS + 600 * NS_PER_S
    _say(picture, "render.started", STARTED)
    render = _say(picture, "render.finished", FINISHED)
    assert (render.state, render.camera, render.finished, render.failed) == ("waiting", "", 1, 1)
    assert render.last_finished is not None
    assert (render.last_finished.output, render.last_finished.took_s) == (FINISHED.output, 12.5)


def test_cancelled_render_is_no_failure_and_has_no_next_try() -> None:
    cancelled = msgspec.structs.replace(FAILED, cancelled=True, next_try_s=None)
    render = _say(_picture(), "render.failed", cancelled)
    assert render.failed == 0
    assert render.last_failed is not None
    assert render.last_failed.next_try_wall_ns is None


def test_what_has_failed_is_kept_until_that_very_result_is_there_or_cancelled() -> None:
    picture = _picture()
    garden = msgspec.structs.replace(FAILED, camera="garden", message="no frames")
    _say(picture, "render.failed", FAILED)
    _say(picture, "render.failed", garden)
    render = _say(picture, "render.finished", msgspec.structs.replace(FINISHED, kind="keogram"))
    assert [(each.camera, each.detail) for each in render.failing] == [("garden", "no frames"), ("main", "no ffmpeg")]
    render = _say(picture, "render.failed", msgspec.structs.replace(FAILED, tries=3))
    assert [each.tries for each in render.failing] == [2, 3]
    assert [each.camera for each in _say(picture, "render.finished", FINISHED).failing] == ["garden"]
    cancelled = msgspec.structs.replace(garden, cancelled=True, next_try_s=None)
    assert _say(picture, "render.failed", cancelled).failing == []


def test_failures_that_are_kept_are_few_and_the_newest_days() -> None:
    picture = _picture()
    for day in range(10, 20):
        for camera in ("main", "garden"):
            failed = msgspec.structs.replace(FAILED, camera=camera, day=f"2026-11-{day}")
            render = _say(picture, "render.failed", failed)
    assert [(each.day[-2:], each.camera) for each in render.failing] == [
        ("19", "garden"),
        ("19", "main"),
        ("18", "garden"),
        ("18", "main"),
        ("17", "garden"),
    ]


def test_worker_that_waits_has_the_last_word_on_what_fails_and_is_passed_over() -> None:
    picture = _picture()
    _say(picture, "render.failed", FAILED)
    mine = RenderFailing(camera="main", day=DAY, kind="video", message="no ffmpeg", tries=2, next_try_wall_ns=7)
    older = msgspec.structs.replace(mine, day="2026-11-20")
    waiting = RenderWaiting(failing=[mine, older], passed_over={"garden": "forbidden"})
    render = _say(picture, "render.waiting", waiting)
    assert [(each.day, each.wall_ns) for each in render.failing] == [(DAY, NOW_NS), ("2026-11-20", 0)]
    assert (render.failing[0].next_try_wall_ns, render.passed_over) == (7, {"garden": "forbidden"})
    render = _say(picture, "render.started", STARTED)
    assert (len(render.failing), render.passed_over) == (2, {"garden": "forbidden"}), "known while it renders, too"
    render = _say(picture, "render.waiting", RenderWaiting())
    assert (render.failing, render.passed_over) == ([], {}), "made by hand, and mended"


def test_waiting_says_what_for() -> None:
    render = _say(_picture(), "render.waiting", RenderWaiting(due=2, detail="the disk is full"))
    assert (render.state, render.due, render.detail, render.next_wall_ns) == ("waiting", 2, "the disk is full", None)
    render = _say(_picture(), "render.waiting", RenderWaiting(next_wall_ns=5))
    assert (render.due, render.detail, render.next_wall_ns) == (0, "", 5)


def test_worker_that_has_ended_renders_nothing() -> None:
    picture = _picture()
    _say(picture, "render.finished", FINISHED)
    _say(picture, "render.started", STARTED)
    picture.render_worker_ended()
    assert picture.render is not None
    assert (picture.render.state, picture.render.camera, picture.render.finished) == ("", "", 1)
