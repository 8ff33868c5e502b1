"""kill -9 at random moments, of each process, and orderly ends: all is whole, and every slot is accounted for once."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.rig.checks import check_files, check_slots
from tests.rig.figures import say_spread
from tests.rig.held_reader import HeldReader
from tests.rig.recorder import Recorder, workers_alive
from tests.rig.systemd_end import children_of

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


def test_supervisor_killed_takes_every_process_of_its_own_along(tmp_path: Path) -> None:
    """A capture and a storage worker, a stand-by, and a reader of the configuration that its disk holds up."""
    reader = HeldReader(tmp_path)
    with Recorder(tmp_path, CONFIG + "  standby: always\n", ahead=[reader.directory]) as recorder:
        recorder.wait_for_frame()
        while recorder.status()["standby"]["state"] != "ready":
            recorder.log.wait_for(lambda event: event.topic == "bus.tick", after=recorder.log.mark())
        assert recorder.process is not None
        reader.hold()
        recorder.process.send_signal(signal.SIGHUP)
        reader.wait_until_held()
        children = children_of(recorder.process.pid)
        assert len(children) == 4
        with contextlib.ExitStack() as stack:
            pidfds = [os.pidfd_open(pid) for pid in children]
            for pidfd in pidfds:
                stack.callback(os.close, pidfd)
            killed = time.monotonic()
            recorder.kill()
            for pidfd in pidfds:
                left_s = killed + ORPHANS_GONE_S - time.monotonic()
                assert select.select([pidfd], [], [], max(0.0, left_s))[0], "a process outlives its supervisor"
        assert workers_alive(recorder.runtime_dir) == []


@pytest.mark.parametrize("reboot", [False, True])
def test_supervisor_that_begins_tells_for_how_long_nobody_recorded_and_its_worker_tells_the_slots(
    tmp_path: Path, reboot: bool
) -> None:
    unknown = {"accounted_until_ns": None, "gap_s": None, "slots": None}
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        recorder.catch_up()
        recorder.kill()
        if reboot:
            # What a reboot takes, the runtime directory being memory.
            for path in (*(recorder.runtime_dir / "accounts").iterdir(), recorder.runtime_dir / "last-accounts"):
                path.unlink()
        threading.Event().wait(0.5)
        mark = recorder.log.mark()
        recorder.start()
        recorder.wait_for_frame(after=mark)
        recorder.catch_up()
        recorder.stop()
    first, started = (event for event in recorder.log.events if event.topic == "supervisor.started")
    assert first.data["gaps"] == {"main": unknown}
    gap = started.data["gaps"]["main"]
    told_before = max(_last_slots(recorder, first.boot))
    if reboot:
        assert gap == unknown
    else:
        assert gap["accounted_until_ns"] == told_before
        assert gap["gap_s"] == pytest.approx((started.wall_ns - told_before) / 1e9, abs=0.1)
        assert gap["slots"] == gap["gap_s"] * 1000 // INTERVAL_MS
        assert gap["slots"] >= 10
    again = [event.data for event in recorder.log.events if event.boot == started.boot]
    down = [data for data in again if data.get("cause") == "down" and "count" in data]
    assert sum(miss["count"] for miss in down) >= 9, "half a second"
    check_files(recorder)
    if not reboot:
        # After one, what was told as missed since the last frame is told again: nobody else remembers it.
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


def _last_slots(recorder: Recorder, boot: str) -> list[int]:
    """The last slot of each event about slots that a supervisor has told."""
    data = [event.data for event in recorder.log.events if event.boot == boot and event.topic.startswith("frame.")]
    return [each.get("slot_ns", each.get("last_slot_ns", 0)) for each in data]
