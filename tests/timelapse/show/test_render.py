"""What a person reads of a render."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from render_worker.telling import Finished, Progress
from render_worker.trial import Trial
from timelapse.show import render as show

FINISHED = Finished(
    output="/v/main-2026-06-01.mp4",
    pictures=1500,
    frames=1480,
    damaged=2,
    gaps=2,
    seconds=83.2,
    bytes=34_200_000,
    width=1920,
    height=1080,
    duration_s=60.0,
    detail="left out: /a.jpg: it is empty\nleft out: /b.jpg: it is gone",
    found=8640,
    missing=34,
    causes={"hang": 30, "unknown": 4},
    encoder="libx264",
    peak_bytes=290_000_000,
)
TRIAL = Trial(
    output="/v/a.mp4",
    pictures=1500,
    frames=1480,
    found=8640,
    first_ns=1_780_300_800_000_000_000,
    last_ns=1_780_387_190_000_000_000,
    gaps=1,
    missing=34,
    causes={"hang": 34},
    held=20,
    damaged=0,
    bytes=34_200_000,
    width=1920,
    height=1080,
    duration_s=60.0,
    title="main",
    free_bytes=9_300_000_000,
    fits=True,
)


def test_summary_tells_what_came_of_it_in_plain_words() -> None:
    assert show.summary(FINISHED) == [
        "/v/main-2026-06-01.mp4",
        "  1 min of video, 1,500 pictures, 1920x1080, 34.2 MB",
        "  1,480 of 8,640 frames; 2 damaged and left out",
        "  2 gaps, 34 slots without a frame: hang 30, unknown 4",
        "  left out: /a.jpg: it is empty",
        "  left out: /b.jpg: it is gone",
        "  made in 1 min 23 s, 290 MB of memory, by libx264",
    ]


def test_summary_counts_what_was_deleted_meanwhile_apart() -> None:
    assert show.summary(replace(FINISHED, gone=600))[2] == (
        "  1,480 of 8,640 frames; 2 damaged and left out; 600 gone meanwhile"
    )
    assert show.summary(replace(FINISHED, gone=600, damaged=0))[2] == "  1,480 of 8,640 frames; 600 gone meanwhile"


def test_summary_of_a_still_has_no_length_and_no_encoder() -> None:
    still = replace(FINISHED, duration_s=0.0, pictures=1, encoder="", frames=9, found=9, gaps=0, damaged=0, detail="")
    assert show.summary(still)[1:3] == ["  1920x1080, 34.2 MB", "  9 frames"]
    assert show.summary(still)[-1] == "  made in 1 min 23 s, 290 MB of memory"


def test_summary_tells_of_a_pause_and_of_short_lengths() -> None:
    paused = replace(FINISHED, seconds=4.16, paused_s=70.0, duration_s=0.04, pictures=1)
    assert show.summary(paused)[1].startswith("  0.04 s of video, 1 picture, ")
    assert "made in 4.2 s, and 1 min 10 s of standing still" in show.summary(paused)[-1]


def test_trial_tells_what_it_would_be() -> None:
    told = show.trial(TRIAL)
    assert told[0] == "/v/a.mp4: would be made; nothing was"
    assert told[1] == "  1 min of video, 1,500 pictures, 1920x1080, about 34.2 MB"
    assert told[2].startswith("  1,480 of 8,640 frames, from 2026-06-01")
    assert told[3:] == [
        "  1 gap, 34 slots without a frame: hang 34; 20 pictures stand for them",
        "  9.3 GB are free on that disk",
    ]
    assert show.trial(replace(TRIAL, fits=False, damaged=1))[-2:] == [
        "  the first 1 frame can't be used",
        "  9.3 GB are free on that disk: not enough room for it",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("done", [0, 1, 750, 1500, 2000])
def test_bar_is_one_line_within_the_width(width: int, done: int) -> None:
    drawn = show.bar(Progress("rendering", done, 1500, "x" * 30 if done == 1 else ""), 3661.0, width)
    assert len(drawn) < width
    assert drawn.isprintable()


def test_bar_is_filled_as_far_as_it_is() -> None:
    assert show.bar(Progress("measuring", 5, 10), 75.0, 80) == (
        "[###############...............] measuring brightness: 5 of 10, 1 min 15 s left"
    )
    assert show.bar(Progress("choosing", 0, 0), None, 80) == "choosing frames"
    assert show.line(Progress("rendering", 5, 10, "hot\x1b[m"), 3.0) == "rendering: 5 of 10, paused: hot [m"
