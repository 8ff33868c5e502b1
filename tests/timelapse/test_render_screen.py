"""How long is left, and that a pipe gets whole lines only."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path

import pytest

from render_worker.telling import Progress
from timelapse.render_screen import Pace, Screen


def test_time_left_goes_by_the_pace_of_its_stage() -> None:
    pace = Pace()
    assert pace.left_s(Progress("measuring", 0, 100), 0.0) is None
    assert pace.left_s(Progress("measuring", 50, 100), 10.0) == pytest.approx(10.0)
    assert pace.left_s(Progress("rendering", 0, 1000), 20.0) is None
    assert pace.left_s(Progress("rendering", 10, 1000), 21.0) is None
    assert pace.left_s(Progress("rendering", 100, 1000), 30.0) == pytest.approx(90.0)


def test_time_left_goes_by_what_it_was_like_of_late() -> None:
    pace = Pace()
    left = [pace.left_s(Progress("rendering", done, 10_000), float(done)) for done in range(0, 600, 10)]
    assert left[-1] == pytest.approx(9410.0)
    # Ten times as fast from now on: a minute later nothing is left of before.
    left = [pace.left_s(Progress("rendering", 590 + 10 * second, 10_000), 590.0 + second) for second in range(1, 70)]
    assert left[-1] == pytest.approx((10_000 - 590 - 690) / 10)


def test_time_of_standing_still_does_not_count() -> None:
    pace = Pace()
    pace.left_s(Progress("rendering", 0, 1000), 0.0)
    assert pace.left_s(Progress("rendering", 100, 1000, "hot"), 10.0) is None
    assert pace.left_s(Progress("rendering", 100, 1000), 1010.0) == pytest.approx(90.0)
    assert pace.left_s(Progress("rendering", 200, 1000), 1020.0) == pytest.approx(80.0)


def test_pipe_gets_whole_lines_now_and_then_and_each_pause_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    now = 100.0
    screen = Screen(lambda: now)
    for done in range(250):
        screen.show(Progress("rendering", done, 250))
        now += 0.125
    screen.show(Progress("rendering", 250, 250, "hot"))
    screen.clear()
    assert capsys.readouterr().err.splitlines() == [
        "timelapse: rendering: 80 of 250, 21 s left",
        "timelapse: rendering: 160 of 250, 11 s left",
        "timelapse: rendering: 240 of 250, 1 s left",
        "timelapse: rendering: 250 of 250, paused: hot",
    ]


def test_reader_that_has_gone_is_no_error_and_one_that_is_behind_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        screen = Screen(itertools.count(0, 60).__next__)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(writer, bytes(65_536)):
                """Until there is no room left."""
        os.set_blocking(writer, True)
        screen.show(Progress("rendering", 1, 250))
        os.close(reader)
        screen.show(Progress("rendering", 2, 250))
        screen.show(Progress("rendering", 3, 250))
        assert os.fstat(writer).st_rdev == Path(os.devnull).stat().st_rdev
