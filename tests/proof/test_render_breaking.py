"""A render that is broken in every way: nothing partial under a final name, nobody left, and a sentence that helps."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.rig import small_disk
from tests.rig.figures import say
from tests.rig.gray_frames import record
from tests.rig.slow_render import SlowRender
from tests.rig.zone import utc_ns

START_NS = utc_ns("2026-06-01T10:00:00")
NAME = "main-2026-06-01.mp4"
PART = f".{NAME}.part"
SLOWLY = ("--no-deflicker", "--size", "320x", "--fps", "5")


@pytest.fixture(autouse=True)
def _archive(tmp_path: Path) -> None:
    # More of them than fit into a pipe, or all would be fed before anything is broken.
    record(tmp_path / "out", range(400), start_ns=START_NS, size=(1280, 720))


def _again(directory: Path) -> None:
    """The same render, undisturbed, comes about whatever was left of the first."""
    with SlowRender(directory, "--length", "1s", "--no-deflicker", slowly=False) as render:
        ended = render.ended()
        assert ended.status == 0, ended.err
        assert render.left() == [NAME]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancelled_leaves_nothing_and_says_so(tmp_path: Path, number: signal.Signals) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.middle()
        render.command.signal(number)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (130, "", [])
        assert ended.err.splitlines()[-1] == "timelapse: the render was cancelled; nothing of it is left"


def test_cancelled_twice_leaves_nothing_either(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.middle()
        # Two of one kind would be one to the kernel where nobody has taken the first.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            render.command.signal(number)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (130, "", [])
        assert ended.err.splitlines()[-1].startswith("timelapse: the render was cancelled")


def test_cancelled_as_soon_as_it_was_started_is_cancelled(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.begun()
        render.command.signal(signal.SIGINT)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (130, "", [])
        assert ended.err.splitlines()[-1].startswith("timelapse: the render was cancelled")


def test_closed_terminal_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    ours, its = os.openpty()
    with SlowRender(tmp_path, *SLOWLY, through=("setsid", "--ctty"), terminal=its) as render:
        os.close(its)
        render.middle()
        os.close(ours)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (130, "", [])


@pytest.mark.parametrize("through", [(), ("nohup",)], ids=["of another session", "nohup"])
def test_nobody_reads_the_progress_any_more_and_it_goes_on(tmp_path: Path, through: tuple[str, ...]) -> None:
    ours, its = os.openpty()
    with SlowRender(
        tmp_path, "--no-deflicker", "--size", "320x", "--fps", "100", through=through, terminal=its
    ) as render:
        os.close(its)
        render.middle()
        os.close(ours)
        if through:
            render.command.signal(signal.SIGHUP)
        ended = render.ended()
        assert (ended.status, NAME in render.left(), PART in render.left()) == (0, True, False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_process_that_renders_dies_and_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        job, _ = render.middle()
        job.signal(number)
        ended = render.ended()
        assert (ended.status, render.left()) == (70, [])
        assert ended.err.splitlines()[-1].startswith("timelapse: the process that renders ")


def test_killed_command_takes_the_render_with_it_and_leaves_nothing(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.middle()
        render.command.signal(signal.SIGKILL)
        assert render.ended().status == -signal.SIGKILL
        assert render.left() == []


def test_killed_ffmpeg_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        _, ffmpeg = render.middle()
        ffmpeg.signal(signal.SIGKILL)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (70, "", [])
        assert "ffmpeg was ended by SIGKILL" in ended.err


def test_ffmpeg_that_stands_still_is_given_up(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY, variables={"TIMELAPSE_RENDER_STALL_S": "1"}) as render:
        _, ffmpeg = render.middle()
        ffmpeg.signal(signal.SIGSTOP)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (70, "", [])
        assert "ffmpeg has taken nothing and said nothing" in ended.err
        say("said of a hung ffmpeg", ended.err.splitlines()[-1])


def test_all_killed_at_once_leave_a_hidden_file_that_the_next_one_takes_over(tmp_path: Path) -> None:
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.middle()
        for process in render.processes:
            process.signal(signal.SIGKILL)
        render.ended()
        assert render.left() == [PART]
    _again(tmp_path)


def test_disk_that_fills_in_the_middle_ends_it_and_gets_its_room_back(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "here", size="4m"))
    with SlowRender(tmp_path, *SLOWLY) as render:
        render.middle()
        small_disk.fill(disk)
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (74, "", ["filler"])
        assert "full" in ended.err
        assert str(disk) in ended.err
        say("said of a full disk", ended.err.splitlines()[-1])


def test_disk_that_is_too_small_is_told_before_anything_is_made(tmp_path: Path, undo: ExitStack) -> None:
    disk = undo.enter_context(small_disk.tmpfs(tmp_path / "here", size="200k"))
    (disk / "of-another-program").write_bytes(bytes(150_000))
    with SlowRender(tmp_path, *SLOWLY, slowly=False) as render:
        ended = render.ended()
        assert (ended.status, ended.out, render.left()) == (74, "", ["of-another-program"])
        assert "needs about" in ended.err


def test_frames_that_go_meanwhile_are_left_out_and_counted(tmp_path: Path) -> None:
    with SlowRender(tmp_path, "--no-deflicker", "--size", "320x", "--fps", "100") as render:
        render.middle()
        for path in sorted((tmp_path / "out").rglob("*.jpg"))[-30:]:
            path.unlink()
        ended = render.ended()
        assert ended.status == 0, ended.err
        assert "370 of 400 frames; 30 gone meanwhile" in ended.out
        assert "damaged" not in ended.out
        assert "left out" not in ended.out
        assert render.left() == [NAME]
