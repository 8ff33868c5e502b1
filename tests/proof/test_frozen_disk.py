"""A worker in uninterruptible sleep, which no signal ends: everything else goes on, and nobody opens its camera."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.messages import Event, Request
from tests.rig import small_disk
from tests.rig.figures import say_spread
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {{source: test, resolution: 640x480, interval: 200ms}}
supervisor:
  restart: {{base: 100ms, max: 200ms, stable: 1s}}
  lease_caps: {{write: {patience}, disk: {patience}, ledger: {patience}, sleep: 90s}}
"""


@pytest.fixture
def frozen_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 on a loop device, thawed at the end whatever happens."""
    with small_disk.ext4(tmp_path / "disk", tmp_path / "disk.img", size_mb=64) as disk:
        yield disk
        _thaw(disk)


def test_worker_in_uninterruptible_sleep_is_quarantined_and_all_else_goes_on(frozen_disk: Path, tmp_path: Path) -> None:
    with Recorder(tmp_path, CONFIG.format(patience="1s"), output_dir=frozen_disk) as recorder:
        recorder.wait_for_frame()
        stuck_pid = recorder.pid_of("capture.main")
        mark = len(recorder.log.events)
        _freeze(frozen_disk)
        wedged = recorder.log.wait_for(_of_worker("worker.wedged", "capture.main"), after=mark)
        assert "uninterruptible" in wedged.data["evidence"]
        answers_ms = _control_answers_ms(recorder, 100)
        say_spread("control's answer while a worker is in D state, ms", answers_ms)
        assert recorder.pid_of("capture.main") == stuck_pid, "it must not be replaced while it is alive"
        _thaw(frozen_disk)
        recorder.log.wait_for(_of_worker("worker.exited", "capture.main"), after=mark)
        recorder.wait_for_frame()
        recorder.stop()
    assert max(recorder.slots_told().values()) == 1


def test_other_worker_is_restarted_while_one_is_in_uninterruptible_sleep(frozen_disk: Path, tmp_path: Path) -> None:
    config = CONFIG.format(patience="1s").replace("  main:", "  other: {source: test, resolution: 320x240}\n  main:")
    with Recorder(tmp_path, config, output_dir=tmp_path / "fine") as recorder:
        # The directory of one camera alone lies on the disk that freezes.
        (tmp_path / "fine").mkdir(exist_ok=True)
        recorder.wait_for_frame()
        recorder.stop()
    subprocess.run(["rm", "-rf", str(tmp_path / "fine" / "main")], check=True)
    (tmp_path / "fine" / "main").mkdir()
    subprocess.run(["mount", "--bind", str(frozen_disk), str(tmp_path / "fine" / "main")], check=True)
    try:
        with Recorder(tmp_path, config, output_dir=tmp_path / "fine") as recorder:
            recorder.wait_for_frame()
            mark = len(recorder.log.events)
            _freeze(frozen_disk)
            recorder.log.wait_for(_of_worker("worker.wedged", "capture.main"), after=mark)
            mark = len(recorder.log.events)
            recorder.ask(Request(id=os.urandom(8).hex(), verb="restart", worker="capture.other"))
            recorder.log.wait_for(_of_worker("worker.ready", "capture.other"), after=mark)
            recorder.wait_for_frame("other")
            _thaw(frozen_disk)
            recorder.wait_for_frame("main")
    finally:
        _thaw(frozen_disk)
        subprocess.run(["umount", "--lazy", str(tmp_path / "fine" / "main")], check=True)


def test_supervisor_killed_and_started_anew_does_not_open_a_second_time_beside_a_stuck_worker(
    frozen_disk: Path, tmp_path: Path
) -> None:
    with Recorder(tmp_path, CONFIG.format(patience="20s"), output_dir=frozen_disk) as recorder:
        recorder.wait_for_frame()
        stuck_pid = recorder.pid_of("capture.main")
        _freeze(frozen_disk)
        _wait_until_stuck(stuck_pid)
        recorder.kill()
        assert "D" in _states(stuck_pid), "the worker should have survived SIGKILL"
        mark = len(recorder.log.events)
        recorder.start()
        recorder.log.wait_for(_of_worker("worker.starting", "capture.main"), after=mark)
        # However often it is started: none of them gets past the fence, so that none says that the camera is open.
        _control_answers_ms(recorder, 100)
        assert not [event for event in recorder.log.events[mark:] if event.topic == "camera.opened"]
        _thaw(frozen_disk)
        recorder.wait_for_frame(after=mark)
        assert set(_states(stuck_pid)) <= {"Z"}, "it opened the camera while the stuck worker was alive"
        recorder.stop()


def _of_worker(topic: str, worker: str) -> Callable[[Event], bool]:
    return lambda event: event.topic == topic and event.data["worker"] == worker


def _control_answers_ms(recorder: Recorder, count: int) -> list[float]:
    took = []
    for _ in range(count):
        begun = time.monotonic()
        recorder.ask(Request(id=os.urandom(8).hex(), verb="status"))
        took.append((time.monotonic() - begun) * 1000)
    return took


def _wait_until_stuck(pid: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if "D" in _states(pid):
            return
    raise AssertionError("the worker does not come into uninterruptible sleep")


def _states(pid: int) -> list[str]:
    """The state of each thread; of a process that was killed, of those that are stuck."""
    states = []
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            states.append(task.read_text().rpartition(")")[2].split()[0])
    return states


def _freeze(disk: Path) -> None:
    subprocess.run(["fsfreeze", "--freeze", str(disk)], check=True)


def _thaw(disk: Path) -> None:
    subprocess.run(["fsfreeze", "--unfreeze", str(disk)], check=False, capture_output=True)
