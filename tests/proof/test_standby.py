"""With a stand-by: who takes over when a worker ends, that each slot is accounted for, and that it harms nobody."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from shared.messages import Event, Request
from tests.rig.checks import check_files, check_slots
from tests.rig.figures import say_spread
from tests.rig.recorder import PATIENCE_S, Recorder, workers_alive

INTERVAL_MS = 50
CONFIG = """
cameras:
  main: {source: test, resolution: 320x240, interval: 50ms}
storage: {clean: false}
supervisor:
  restart: {base: 100ms, max: 200ms, stable: 1s}
  standby: always
"""
SECOND = "\n  other: {source: test, resolution: 320x240, interval: 50ms}\nstorage"
GONE_S = 2.0
"""Four times the promise."""


def test_worker_killed_at_random_moments_is_replaced_by_the_standby_and_the_second_at_once_by_a_fresh_one(
    tmp_path: Path, times: int
) -> None:
    with Recorder(tmp_path, CONFIG.replace("\nstorage", SECOND)) as recorder:
        recorder.wait_for_frame("other")
        back = [kill_main(recorder) for _ in range(times)]
        assert recorder.status()["standby"]["takeovers"] == times
        wait_for_standby(recorder)
        mark = recorder.log.mark()
        for pid in [recorder.pid_of(f"capture.{name}") for name in ("main", "other")]:
            os.kill(pid, signal.SIGKILL)
        started = [wait_for_worker(recorder, "starting", mark, f"capture.{name}") for name in ("main", "other")]
        assert sorted(event.data["detail"] for event in started) == ["", "the stand-by takes over"]
        for name in ("main", "other"):
            wait_for_worker(recorder, "ready", mark, f"capture.{name}")
            recorder.wait_for_frame(name)
        recorder.stop()
    say_spread("from noticed to ready again, s", [ready_s for ready_s, _ in back])
    say_spread("from noticed to the next frame, s", [frame_s for _, frame_s in back])
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS, "main")
    check_slots(recorder, INTERVAL_MS, "other")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_standby_that_is_dead_or_stopped_harms_nobody(tmp_path: Path, number: signal.Signals) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        standby, worker = wait_for_standby(recorder), recorder.pid_of("capture.main")
        mark = recorder.log.mark()
        os.kill(standby, number)
        recorder.wait_for_frame()
        assert recorder.pid_of("capture.main") == worker
        os.kill(worker, signal.SIGKILL)
        started = wait_for_worker(recorder, "starting", mark)
        assert started.data["detail"] == ""
        assert started.data["pid"] not in {standby, worker}
        wait_for_worker(recorder, "ready", mark)
        recorder.wait_for_frame()
        assert not Path(f"/proc/{standby}").exists(), "one that can't take over is not kept"
        assert recorder.status()["standby"]["detail"] != ""
        recorder.stop()
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)


def test_standby_goes_and_comes_with_a_reload_and_takes_over_at_an_operators_restart(tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG.replace("\nstorage", SECOND)) as recorder:
        recorder.wait_for_frame("other")
        wait_for_standby(recorder)
        mark = recorder.log.mark()
        reload(recorder, CONFIG.replace("standby: always", "standby: never"))
        wait_for_worker(recorder, "stopped", mark, "capture.other")
        wait_until_gone(recorder)
        os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)
        assert wait_for_worker(recorder, "starting", mark).data["detail"] == ""
        wait_for_worker(recorder, "ready", mark)
        reload(recorder, CONFIG)
        standby = wait_for_standby(recorder)
        recorder.order("restart", "capture.main")
        assert recorder.pid_of("capture.main") == standby
        recorder.wait_for_frame()
        assert recorder.status()["standby"]["takeovers"] == 1
        recorder.stop()
    check_files(recorder)
    check_slots(recorder, INTERVAL_MS)


def test_standby_ends_with_its_supervisor_however_that_ends(tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        standby = wait_for_standby(recorder, "loading")
        assert standby in workers_alive(recorder.runtime_dir)
        killed = time.monotonic()
        recorder.kill()
        while workers_alive(recorder.runtime_dir):
            assert time.monotonic() - killed < 10.0, "a process outlives its supervisor"
        recorder.start()
        recorder.wait_for_frame()
        wait_for_standby(recorder)
        assert recorder.stop() < GONE_S
        assert not workers_alive(recorder.runtime_dir)


def kill_main(recorder: Recorder) -> tuple[float, float]:
    """Kill the worker of `main` at a random moment; seconds from noticed to ready again, and to the next frame."""
    standby = wait_for_standby(recorder)
    threading.Event().wait(random.uniform(0.0, 0.1))
    mark = recorder.log.mark()
    os.kill(recorder.pid_of("capture.main"), signal.SIGKILL)
    started = wait_for_worker(recorder, "starting", mark)
    assert (started.data["pid"], started.data["detail"]) == (standby, "the stand-by takes over")
    ended, ready = wait_for_worker(recorder, "exited", mark), wait_for_worker(recorder, "ready", mark)
    frame = recorder.log.wait_for(
        lambda e: e.topic == "frame.written" and e.data["camera"] == "main" and e.mono_ns > ready.mono_ns, after=mark
    )
    return (ready.mono_ns - ended.mono_ns) / 1e9, (frame.mono_ns - ended.mono_ns) / 1e9


def wait_for_standby(recorder: Recorder, state: str = "ready") -> int:
    """The process of the stand-by once it is in this state. Asked for often: loading takes a fraction of a second."""
    until_s = time.monotonic() + PATIENCE_S
    while (standby := recorder.status()["standby"])["state"] != state:
        assert time.monotonic() < until_s, f"no stand-by is {state}: {standby}"
        threading.Event().wait(0.02)
    return int(standby["pid"])


def wait_until_gone(recorder: Recorder) -> None:
    """Block until there is no stand-by."""
    until_s = time.monotonic() + PATIENCE_S
    while recorder.status()["standby"]["pid"] is not None:
        assert time.monotonic() < until_s, "it does not end"


def wait_for_worker(recorder: Recorder, what: str, mark: int, worker: str = "capture.main") -> Event:
    """The first such event of a worker after `mark`."""
    return recorder.log.wait_for(
        lambda event: event.topic == f"worker.{what}" and event.data["worker"] == worker, after=mark
    )


def reload(recorder: Recorder, config: str) -> None:
    """Have the recorder take over another configuration."""
    recorder.configure(config)
    answer = recorder.ask(Request(id=os.urandom(8).hex(), verb="reload"))
    assert answer.ok, answer.error
