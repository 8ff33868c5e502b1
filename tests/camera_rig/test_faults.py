"""Each fault of the rig does what the README says of it, seen through plain picamera2."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.camera_rig.fixture import CameraRig, forget_cameras
from tests.camera_rig.shots import Camera, made, manual, started

SHORT_S = 1.0
"""Longer than any frame here takes."""
HELD_OPEN = "import sys, picamera2; camera = picamera2.Picamera2(); print('open', flush=True); sys.stdin.read()"


def no_frame_comes(camera: Camera, within_s: float = SHORT_S) -> None:
    """After those that were on their way."""
    with pytest.raises((TimeoutError, FutureTimeoutError)):
        camera.shots(6, within_s)
    # The wish for a frame stays in picamera2's queue, and would take one that nobody fetches.
    camera.picamera.cancel_all_and_flush()


def camera_ids() -> list[str]:
    forget_cameras()
    return [each["Id"] for each in __import__("picamera2").Picamera2.global_camera_info()]


@contextmanager
def silence(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nobody writes an error or a warning inside the block."""
    capfd.readouterr()
    yield
    said = capfd.readouterr()
    assert "ERROR" not in said.err
    assert "WARN" not in said.err


@pytest.mark.parametrize("fault", ["hang", "hang-isp"])
def test_hang_ends_the_frames_until_it_is_gone(camera_rig: CameraRig, fault: str) -> None:
    with started(manual(500_000)) as camera:
        camera.shot_with("ExposureTime", 500_000)
        with camera_rig.having(fault):
            # After five frames' time without one libcamera would give up for good.
            no_frame_comes(camera, 1.2)
            hung_ms = time.time() * 1000
        assert any(camera.shot().mark_ms > hung_ms for _ in range(6))


def test_hang_of_the_sensor_is_logged_and_raises_nothing(
    camera_rig: CameraRig, capfd: pytest.CaptureFixture[str]
) -> None:
    with started(manual(5_000)) as camera:
        camera.shot()
        camera_rig.set("hang")
        no_frame_comes(camera)
        no_frame_comes(camera)
        assert camera.picamera.started
    assert "Camera frontend has timed out" in capfd.readouterr().err


def test_hang_of_the_isp_is_silent(camera_rig: CameraRig, capfd: pytest.CaptureFixture[str]) -> None:
    with started(manual(5_000)) as camera:
        camera.shot()
        camera_rig.set("hang-isp")
        with silence(capfd):
            no_frame_comes(camera)
            no_frame_comes(camera)


def test_absent_camera_is_not_found_until_it_is_back(camera_rig: CameraRig) -> None:
    with camera_rig.having("absent"):
        assert camera_ids() == []
    assert camera_ids() == ["/base/soc/i2c0mux/i2c@1/imx219@10"]


def test_camera_that_goes_sends_no_more_frames(camera_rig: CameraRig) -> None:
    with started(manual(5_000)) as camera:
        camera.shot()
        camera_rig.set("absent")
        no_frame_comes(camera)
    assert camera_ids() == []


@pytest.mark.parametrize("fault", ["eio-qbuf", "eio-streamon"])
def test_driver_that_answers_eio_keeps_the_camera_from_starting(camera_rig: CameraRig, fault: str) -> None:
    with made() as picamera:
        picamera.configure(picamera.create_still_configuration(raw=None))
        with camera_rig.having(fault), pytest.raises(RuntimeError, match="Input/output error"):
            picamera.start()
    with started() as camera:
        camera.shot()


def test_busy_camera_can_not_be_opened(camera_rig: CameraRig) -> None:
    with camera_rig.having("busy"), pytest.raises(RuntimeError, match="did not complete"), made():
        pass
    with started() as camera:
        camera.shot()


@pytest.mark.usefixtures("camera_rig")
def test_camera_that_another_process_has_is_busy() -> None:
    held = subprocess.Popen([sys.executable, "-c", HELD_OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with held:
        assert held.stdout is not None
        assert held.stdout.readline() == "open\n"
        with pytest.raises(RuntimeError, match="did not complete"), made():
            pass
    with started() as camera:
        camera.shot()
    assert held.returncode == 0


def test_slow_camera_s_frames_come_late_with_their_own_time(camera_rig: CameraRig) -> None:
    with started(manual(5_000)) as camera:
        camera.shot()
        with camera_rig.having("slow", 700):
            camera.shots(3)
            assert age_ms(camera) > 700
        assert any(age_ms(camera) < 700 for _ in range(30))


def test_damaged_frame_is_handed_over_with_an_old_picture(camera_rig: CameraRig) -> None:
    """The driver marks it, and libcamera does not look at that: nothing but the picture gives it away."""
    with started(manual(5_000)) as camera:
        camera.shots(6)
        with camera_rig.having("error"):
            camera.shots(3)
            damaged = camera.shots(3)
        camera.shots(6)
        sound = camera.shot()
    assert all(shot.mark_ms < shot.begun_ms - 50 for shot in damaged)
    assert abs(sound.mark_ms - sound.begun_ms) < 5


def test_frozen_camera_goes_on_with_one_picture(camera_rig: CameraRig) -> None:
    with started(manual(5_000)) as camera:
        camera.shot()
        with camera_rig.having("frozen"):
            camera.shots(2)
            frozen = camera.shots(3)
        camera.shots(2)
        assert camera.shot().mark_ms > frozen[-1].mark_ms
    assert len({shot.mark_ms for shot in frozen}) == 1
    assert len({shot.metadata["SensorTimestamp"] for shot in frozen}) == 3


def test_fault_of_one_camera_leaves_the_other_alone(camera_rig: CameraRig) -> None:
    camera_rig.use_sensors("imx219", "imx219")
    with started(manual(5_000)) as first, started(manual(5_000), number=1) as second:
        first.shot()
        with camera_rig.having("hang.0"):
            no_frame_comes(first)
            second.shots(3)


def test_camera_that_was_opened_many_times_leaves_nothing_open(camera_rig: CameraRig) -> None:
    def once() -> int:
        with started(manual(5_000)) as camera:
            camera.shot()
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    camera_rig.set("lux", 100)
    first = [once() for _ in range(3)]
    counts = [once() for _ in range(50)]
    assert counts[-1] <= max(first), counts


def age_ms(camera: Camera) -> float:
    """How old the next frame is when it comes."""
    return (time.monotonic_ns() - int(camera.shot().metadata["SensorTimestamp"])) / 1e6
