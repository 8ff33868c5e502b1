"""kill -9 at random moments, of each process, and orderly ends: all is whole, and every slot is accounted for once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.rig.checks import check_files, check_slots
from tests.rig.figures import say_spread
from tests.rig.recorder import Recorder, workers_alive

CONFIG = """
cameras:
  main: {source: test, resolution: 640x480, interval: 50ms}
storage: {clean: false}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""
INTERVAL_MS = 50
ORPHANS_GONE_S = 1.0


@pytest.mark.parametrize("worker", ["capture.main", "storage"])
def test_worker_killed_at_random_moments_leaves_all_whole_and_accounted_for(
    tmp_path: Path, times: int, worker: str
) -> None:
    back_s = []
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        for _ in range(times):
            _random_moment()
            mark = len(recorder.log.events)
            os.kill(recorder.pid_of(worker), signal.SIGKILL)
            ended = recorder.log.wait_for(
                lambda e: e.topic == "worker.exited" and e.data["worker"] == worker, after=mark
            )
            ready = recorder.log.wait_for(
                lambda e: e.topic == "worker.ready" and e.data["worker"] == worker, after=mark
            )
            back_s.append((ready.mono_ns - ended.mono_ns) / 1e9)
            recorder.wait_for_frame()
        recorder.stop()
    say_spread(f"{worker}: from noticed to ready again, s", back_s)
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)


def test_supervisor_killed_at_random_moments_leaves_no_orphan_and_all_accounted_for(tmp_path: Path, times: int) -> None:
    gone_s, back_s = [], []
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        for _ in range(times):
            _random_moment()
            killed = time.monotonic()
            recorder.kill()
            gone_s.append(_seconds_until_no_worker(recorder.runtime_dir, killed))
            mark = len(recorder.log.events)
            recorder.start()
            frame = recorder.wait_for_frame(after=mark)
            back_s.append(frame.mono_ns / 1e9 - killed)
            recorder.catch_up()
        recorder.stop()
    say_spread("from SIGKILL of the supervisor to no worker left, s", gone_s)
    say_spread("from SIGKILL of the supervisor, started anew at once, to the next frame, s", back_s)
    assert max(gone_s) < ORPHANS_GONE_S
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)


def test_supervisor_stopped_at_random_moments_and_started_anew_accounts_for_all(tmp_path: Path, times: int) -> None:
    """Frames are in flight at each stop: it ends at once, and what became of them is found by the next start."""
    with Recorder(tmp_path, CONFIG.replace("interval: 50ms", "interval: 20ms")) as recorder:
        recorder.wait_for_frame()
        for _ in range(times):
            _random_moment()
            recorder.stop()
            mark = len(recorder.log.events)
            recorder.start()
            recorder.wait_for_frame(after=mark)
            recorder.catch_up()
        recorder.stop()
        recorder.start()
        recorder.wait_for_frame(after=len(recorder.log.events))
        recorder.catch_up()
    check_files(recorder)
    check_slots(recorder, 20)


def _random_moment() -> None:
    """Let a random time pass, so that the next thing happens at any point of the work."""
    threading.Event().wait(random.uniform(0.0, 0.3))


def _seconds_until_no_worker(runtime_dir: Path, since: float) -> float:
    while workers_alive(runtime_dir):
        assert time.monotonic() - since < 10 * ORPHANS_GONE_S, "a worker outlives its supervisor"
    return time.monotonic() - since
