"""A whole recorder that makes yesterday's video by itself: the real supervisor, the real worker, the real ffmpeg."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from render_worker.local_day import begin_s, days_before
from render_worker.schedule import ClockView, why_no_clock
from shared.clock import NS_PER_S, is_synchronised
from shared.frame_name import FrameName
from shared.messages import Event, Request
from tests.rig.recorder import Recorder, workers_alive

pytestmark = [
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="takes ffmpeg"),
    pytest.mark.skipif(
        why_no_clock(ClockView(is_synchronised(), time.monotonic(), None)) != "",
        reason="this machine's clock is not synchronised, and it has only just been started",
    ),
]
CAMERA = "cameras: {main: {source: test, resolution: 320x240, interval: 1s}}\n"
DAILY = CAMERA + "render: {daily: 00:00, size: 160x90}\n"
YESTERDAY = days_before(time.time(), 1)[0]
FRAMES = 60
PATIENCE_S = 120.0
"""What renders has the time that nobody else wants: on a busy machine that is little."""


@pytest.fixture(name="recorder")
def _recorder(tmp_path: Path) -> Recorder:
    """Not started; yesterday has frames."""
    recorder = Recorder(tmp_path, DAILY)
    for number in range(FRAMES):
        slot_s = begin_s(YESTERDAY) + 8 * 3600 + number * 10
        path = recorder.output_dir / "main" / FrameName(slot_s * NS_PER_S).path()
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((180, 320, 3), number * 4, np.uint8)
        path.write_bytes(cv2.imencode(".jpg", pixels)[1].tobytes())
    return recorder


def video_of(recorder: Recorder) -> Path:
    return recorder.output_dir / "main" / "videos" / f"{YESTERDAY}.mp4"


def wait_for(recorder: Recorder, topic: str, *, after: int = 0) -> Event:
    return recorder.log.wait_for(lambda event: event.topic == topic, after=after, patience_s=PATIENCE_S)


def renders_alive(recorder: Recorder) -> list[int]:
    """Whatever has something of this tree open to render it: the worker's child, and ffmpeg."""
    mark = str(recorder.output_dir).encode()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not entry.name.isdigit():
                continue
            words = (entry / "cmdline").read_bytes()
            if b"ffmpeg" in words.split(b"\0")[0] and mark in words:
                found.append(int(entry.name))
    return found


def overruns(recorder: Recorder) -> list[dict[str, object]]:
    return [miss for miss in recorder.log.of("frame.missed") if miss["cause"] != "down"]


def test_yesterdays_video_appears_while_the_camera_records(recorder: Recorder) -> None:
    with recorder:
        finished = wait_for(recorder, "render.finished").data
        wait_for(recorder, "render.waiting")
        assert (finished["output"], finished["frames"]) == (f"main/videos/{YESTERDAY}.mp4", FRAMES)
        assert video_of(recorder).stat().st_size == finished["bytes"]
        render = recorder.status()["render"]
        assert (render["state"], render["finished"], render["failed"]) == ("waiting", 1, 0)
        assert render["next_wall_ns"] == begin_s(YESTERDAY, 2) * NS_PER_S
        recorder.wait_for_frame()
        assert overruns(recorder) == []
        rss = next(
            line
            for line in Path(f"/proc/{recorder.pid_of('render')}/status").read_text().splitlines()
            if "VmRSS" in line
        )
        print(f"the render worker: {rss}")
    assert workers_alive(recorder.runtime_dir) == []


def test_worker_that_is_killed_in_the_middle_makes_the_video_all_the_same(recorder: Recorder) -> None:
    with recorder:
        wait_for(recorder, "render.started")
        os.kill(recorder.pid_of("render"), signal.SIGKILL)
        mark = recorder.log.mark()
        again = wait_for(recorder, "render.started", after=mark).data
        assert again["tries"] == 1, "that it was killed says nothing of the render"
        wait_for(recorder, "render.finished", after=mark)
        assert [path.name for path in video_of(recorder).parent.iterdir()] == [f"{YESTERDAY}.mp4"]
        assert recorder.log.of("render.failed") == []
        assert overruns(recorder) == []


def test_supervisor_that_is_killed_leaves_nothing_that_renders(recorder: Recorder) -> None:
    with recorder:
        wait_for(recorder, "render.started")
        recorder.kill()
        deadline = time.monotonic() + 20
        while (workers_alive(recorder.runtime_dir) or renders_alive(recorder)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert workers_alive(recorder.runtime_dir) == renders_alive(recorder) == []
        mark = recorder.log.mark()
        recorder.start()
        wait_for(recorder, "render.finished", after=mark)
        assert [path.name for path in video_of(recorder).parent.iterdir()] == [f"{YESTERDAY}.mp4"]


def test_reload_takes_the_worker_away_and_brings_it_back(recorder: Recorder) -> None:
    with recorder:
        wait_for(recorder, "render.started")
        recorder.configure(CAMERA)
        recorder.ask(Request(id="1", verb="reload"))
        recorder.log.wait_for(lambda event: event.topic == "worker.stopped" and event.data["worker"] == "render")
        assert "render" not in recorder.status()["workers"]
        assert recorder.status()["render"] is None
        left = sorted(path.name for path in video_of(recorder).parent.iterdir())
        assert left in ([], [f"{YESTERDAY}.mp4"]), "whole, or nothing"
        mark = recorder.log.mark()
        recorder.configure(DAILY)
        recorder.ask(Request(id="2", verb="reload"))
        wait_for(recorder, "render.waiting", after=mark)
        assert video_of(recorder).is_file()
        assert overruns(recorder) == []


def test_ffmpeg_that_fails_is_reported_and_tried_again_later(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with recorder:
        failed = wait_for(recorder, "render.failed").data
        assert (failed["tries"], failed["next_try_s"], failed["cancelled"]) == (1, 300.0, False)
        assert "ffmpeg" in failed["message"]
        wait_for(recorder, "render.waiting")
        render = recorder.status()["render"]
        assert (render["failed"], render["last_failed"]["detail"]) == (1, failed["message"])
        assert render["next_wall_ns"] / NS_PER_S - time.time() < 301
        recorder.wait_for_frame()
        assert overruns(recorder) == []


def test_render_is_cancelled_by_order_and_stopped_with_the_recorder(recorder: Recorder) -> None:
    with recorder:
        wait_for(recorder, "render.started")
        answer = recorder.ask(Request(id="1", verb="cancel"))
        assert answer.ok, answer.error
        finished = wait_for(recorder, "operation.finished").data
        if finished["ok"]:
            assert wait_for(recorder, "render.failed").data["cancelled"]
            assert not video_of(recorder).exists()
        assert recorder.stop() < 5
