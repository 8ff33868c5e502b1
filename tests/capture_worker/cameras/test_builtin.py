"""The built-in camera, healthy and with each of its faults. The deadly ones are suffered by a process of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capture_worker.cameras import faults
from capture_worker.cameras.builtin import BuiltinCamera
from capture_worker.cameras.scene import read_mark
from capture_worker.check import DamagedFrame, check_jpeg
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError

SLOT_NS = 1_795_421_730_100_000_000
CONFIG = CameraConfig(name="main", source="test", resolution=(320, 240))
VICTIM = """
import os, signal, sys
from capture_worker.cameras.builtin import BuiltinCamera
from shared.clock import SystemClock
from shared.config.model import CameraConfig
signal.signal(signal.SIGTERM, lambda number, frame: os.write(1, b"term\\n"))
camera = BuiltinCamera(CameraConfig(name="main", source="test", resolution=(320, 240)), SystemClock())
os.write(1, b"ready\\n")
camera.shoot(0) if sys.argv[1] == "shoot" else camera.open()
os.write(1, b"done\\n")
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(faults.FAULTS_VARIABLE, str(tmp_path))
    return tmp_path


@contextmanager
def victim(call: str = "shoot") -> Iterator[subprocess.Popen[bytes]]:
    """A process that is about to suffer; it is killed at the end whatever it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, call], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path.cwd()
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def said_until_killed(process: subprocess.Popen[bytes]) -> bytes:
    """Kill it, prove that this was its end, and return what it had still said."""
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    assert process.stdout is not None
    return process.stdout.read()


def wait_for_state(pid: int, state: str) -> None:
    """Block until the process has been in this state (as in /proc/PID/stat) for ten looks in a row."""
    looks, deadline_s = 0, time.monotonic() + 10
    while looks < 10:
        assert time.monotonic() < deadline_s, f"never in state {state}"
        found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        looks = looks + 1 if found == state else 0
        time.sleep(0.005)


def test_shoot_gives_a_picture_of_its_slot() -> None:
    camera = BuiltinCamera(CONFIG, SystemClock())
    opened = camera.open()
    assert (opened.driver, opened.detail) == ("test", "320x240")
    before_ns = time.time_ns()
    frame = camera.shoot(SLOT_NS)
    assert frame.image is not None
    assert frame.jpeg is None
    assert frame.image.shape == (240, 320, 3)
    assert read_mark(frame.image) == SLOT_NS // 1_000_000
    assert before_ns <= frame.own_wall_ns <= time.time_ns()
    camera.close()
    camera.close()


@pytest.mark.parametrize(("fault", "state"), [("hang", "S"), ("hang-gil", "S")])
@pytest.mark.parametrize("call", ["shoot", "open"])
def test_hang_sigterm_handler_never_runs_and_sigkill_ends_it(
    directory: Path, fault: str, state: str, call: str
) -> None:
    (directory / fault).touch()
    with victim(call) as process:
        wait_for_state(process.pid, state)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        assert said_until_killed(process) == b""


@pytest.mark.parametrize(("fault", "state"), [("lock", "S"), ("busy", "R")])
def test_lock_and_busy_survive_sigterm_and_sigkill_ends_them(directory: Path, fault: str, state: str) -> None:
    (directory / fault).touch()
    with victim() as process:
        wait_for_state(process.pid, state)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == b"term\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        assert said_until_killed(process) == b""


def test_crash_ends_by_sigsegv(directory: Path) -> None:
    (directory / "crash").touch()
    with victim() as process:
        assert process.wait(10) == -signal.SIGSEGV


def test_lost_raises_camera_error_until_the_file_goes(directory: Path) -> None:
    camera = BuiltinCamera(CONFIG, SystemClock())
    file = directory / "lost"
    file.touch()
    with pytest.raises(CameraError, match=r"main.*lost"):
        camera.open()
    with pytest.raises(CameraError):
        camera.shoot(SLOT_NS)
    file.unlink()
    camera.open()
    assert camera.shoot(SLOT_NS).image is not None


@pytest.mark.parametrize(("content", "expected_s"), [("0.3", 0.3), ("-5", 0.0), ("", 1.0), ("soon", 1.0)])
def test_slow_takes_the_seconds_in_its_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch, content: str, expected_s: float
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    (directory / "slow").write_text(content)
    BuiltinCamera(CONFIG, SystemClock()).shoot(SLOT_NS)
    assert slept == [expected_s]


def test_slow_own_time_is_the_beginning(directory: Path) -> None:
    (directory / "slow").write_text("0.1")
    began_ns = time.monotonic_ns()
    frame = BuiltinCamera(CONFIG, SystemClock()).shoot(SLOT_NS)
    assert frame.own_mono_ns - began_ns < 90_000_000
    assert time.monotonic_ns() - frame.own_mono_ns >= 100_000_000


def test_garbage_is_damaged_in_both_ways_in_turn(directory: Path) -> None:
    (directory / "garbage").touch()
    camera = BuiltinCamera(CONFIG, SystemClock())
    reasons = []
    for number in range(40):
        jpeg = camera.shoot(SLOT_NS + number * 7_777_777_000_000).jpeg
        assert jpeg is not None
        with pytest.raises(DamagedFrame) as caught:
            check_jpeg(jpeg)
        reasons.append(caught.value.reason)
    assert all("cut off" in reason for reason in reasons[::2])
    assert not any("cut off" in reason for reason in reasons[1::2])


def test_active_fault_of_another_camera_is_not_ours(directory: Path) -> None:
    (directory / "lost.other").touch()
    assert not faults.active("lost", "main")
    assert faults.active("lost", "other")
    BuiltinCamera(CONFIG, SystemClock()).open()


def test_active_fault_of_all_cameras_is_ours_too(directory: Path) -> None:
    (directory / "ignore-term").touch()
    assert faults.active("ignore-term")
    assert faults.active("ignore-term", "main")


def test_active_without_the_variable_is_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(faults.FAULTS_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    for fault in faults.FAULT_NAMES:
        (tmp_path / fault).touch()
        assert not faults.active(fault, "main")
