"""SIGTERM ends all of it within half a second, whatever it is doing, and a frame in flight is whole or not there."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from capture_worker.check import check_jpeg
from shared.messages import Request
from tests.rig.figures import say_spread
from tests.rig.recorder import Recorder, workers_alive

CONFIG = """
cameras:
  main: {source: test, resolution: 1280x720, interval: 50ms}
  other: {source: test, resolution: 1280x720, interval: 50ms}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""
ENDED_S = 2.0
"""Four times the promise: how long it really takes is printed, for whoever reads it, and not judged here."""


def _after_a_frame(recorder: Recorder) -> None:
    recorder.wait_for_frame()
    threading.Event().wait(random.uniform(0.0, 0.1))


def _while_starting(recorder: Recorder) -> None:
    recorder.ask(Request(id="is it up", verb="ping"))
    threading.Event().wait(random.uniform(0.0, 0.3))


def _while_hanging(recorder: Recorder) -> None:
    recorder.wait_for_frame()
    recorder.fault("hang-gil.main")
    recorder.wait_for_frame("other")


def _while_stopped(recorder: Recorder) -> None:
    recorder.wait_for_frame()
    for worker in ("capture.main", "storage"):
        os.kill(recorder.pid_of(worker), signal.SIGSTOP)


def _while_ignoring(recorder: Recorder) -> None:
    recorder.fault("ignore-term")
    recorder.wait_for_frame()


@pytest.mark.parametrize(
    "come_to",
    [_after_a_frame, _while_starting, _while_hanging, _while_stopped, _while_ignoring],
    ids=lambda f: f.__name__,
)
def test_sigterm_ends_everything_and_leaves_whole_frames(
    tmp_path: Path, times: int, come_to: Callable[[Recorder], None]
) -> None:
    took_s = []
    for number in range(times):
        directory = tmp_path / str(number)
        directory.mkdir()
        with Recorder(directory, CONFIG) as recorder:
            come_to(recorder)
            took_s.append(recorder.stop())
            assert recorder.process is not None
            assert recorder.process.returncode == 0
            assert not workers_alive(recorder.runtime_dir)
        for path in recorder.frames():
            check_jpeg(path.read_bytes())
    say_spread(f"from SIGTERM to the end, {come_to.__name__}, s", took_s)
    assert max(took_s) < ENDED_S


def test_second_sigterm_kills_what_is_left(tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        _while_ignoring(recorder)
        assert recorder.process is not None
        begun = time.monotonic()
        recorder.process.send_signal(signal.SIGTERM)
        recorder.log.wait_for(lambda event: event.topic == "supervisor.stopping")
        recorder.process.send_signal(signal.SIGTERM)
        recorder.process.wait()
        say_spread("with a second SIGTERM, s", [time.monotonic() - begun])
        assert not workers_alive(recorder.runtime_dir)


def test_second_supervisor_in_a_runtime_directory_is_refused_and_disturbs_nobody(tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        first = recorder.process
        recorder.start()
        assert recorder.process is not None
        assert recorder.process.wait() == 75
        recorder.process = first
        recorder.wait_for_frame()
        assert str(first.pid if first else 0) in recorder.log_path.read_text()
        recorder.stop()


def test_operators_stop_is_kept_across_a_restart_of_the_supervisor(tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        recorder.order("stop", "capture.main")
        recorder.kill()
        mark = recorder.log.mark()
        recorder.start()
        recorder.wait_for_frame("other", after=mark)
        status = recorder.status()["workers"]["capture.main"]
        assert (status["state"], status["desired"], status["pid"]) == ("stopped", "down", None)
        mark = recorder.log.mark()
        recorder.order("start", "capture.main")
        recorder.wait_for_frame("main", after=mark)
        recorder.catch_up()
        causes = {miss["cause"] for miss in recorder.log.of("frame.missed", after=mark) if miss["camera"] == "main"}
        assert causes <= {"stopped", "overrun"}, "who stopped it is the cause of its misses"
        recorder.stop()
