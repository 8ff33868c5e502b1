"""kill -9 at random moments, of each process: what is on disk is whole, and every slot is accounted for once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from rig.figures import say, say_spread
from rig.recorder import Recorder, slot_of, workers_alive

from capture_worker.check import check_jpeg

CONFIG = """
cameras:
  main: {source: test, resolution: 640x480, interval: 50ms}
storage: {clean: false}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
"""
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
    _check_files(recorder)
    _check_slots(recorder)


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
    _check_files(recorder)
    _check_slots(recorder)


def _random_moment() -> None:
    """Let a random time pass, so that the next thing happens at any point of the work."""
    threading.Event().wait(random.uniform(0.0, 0.3))


def _seconds_until_no_worker(runtime_dir: Path, since: float) -> float:
    while workers_alive(runtime_dir):
        assert time.monotonic() - since < 10 * ORPHANS_GONE_S, "a worker outlives its supervisor"
    return time.monotonic() - since


def _check_files(recorder: Recorder) -> None:
    """No torn or empty file under a final name, and no event of a frame that is not there."""
    frames = recorder.frames()
    for path in frames:
        check_jpeg(path.read_bytes())
    on_disk = {str(path.relative_to(recorder.output_dir)) for path in frames}
    announced = [data["path"] for data in recorder.log.of("frame.written")]
    say("frames on disk, all whole", len(frames))
    assert set(announced) <= on_disk
    assert len(announced) == len(set(announced)), "a frame was told twice"


def _check_slots(recorder: Recorder) -> None:
    """Every slot between the first and the last that was told is a frame on disk or one miss, and never both."""
    told = recorder.slots_told()
    twice = [slot for slot, count in told.items() if count > 1]
    assert not twice, f"{len(twice)} slots were told twice"
    on_disk = {slot_of(path) for path in recorder.frames()}
    missed = told.keys() - {data["slot_ns"] for data in recorder.log.of("frame.written")}
    assert not missed & on_disk, "a slot was told as missed, and its frame is there"
    interval_ns = 50_000_000
    every = set(range(min(told), max(told) + 1, interval_ns))
    say("slots", f"{len(every)}: {len(every & on_disk)} frames, {len(missed)} misses")
    assert every <= told.keys() | on_disk, f"{len(every - told.keys() - on_disk)} slots are not accounted for"
