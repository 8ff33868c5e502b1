"""Each way in which a USB camera fails is told as what it is, in time, and no picture comes that was not just taken."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from shared.errors import EX_NOHOST, EX_UNAVAILABLE
from tests.rig.figures import say
from tests.usb.conftest import Plug
from tests.usb.one_camera import CameraProcess
from tests.usb.webcam import Webcam

_LEASE_OF_OPEN_S = 20.0


@pytest.fixture
def camera(webcam: Webcam) -> Iterator[CameraProcess]:
    """A camera from which frames have come."""
    with CameraProcess(webcam.by_id) as opened:
        opened.next()
        opened.next()
        yield opened


def test_unplugged_camera_is_absent(webcam: Webcam, camera: CameraProcess) -> None:
    began_s = time.monotonic()
    webcam.ctl("unplug")
    ended = camera.error()
    say("USB camera unplugged: until it is known, s (emulated)", round(time.monotonic() - began_s, 2))
    assert ended["status"] == EX_NOHOST
    assert "the camera is gone" in ended["error"]


def test_camera_that_is_not_there_is_absent(webcam: Webcam) -> None:
    webcam.unplug()
    with CameraProcess(webcam.by_id) as camera:
        ended = camera.error()
    assert ended["status"] == EX_NOHOST
    assert "there is no such camera; plug it in" in ended["error"]


def test_stalled_camera_is_known_after_four_seconds(webcam: Webcam, camera: CameraProcess) -> None:
    webcam.ctl("stall")
    began_s = time.monotonic()
    ended = camera.error()
    say("USB camera stalled: until it is known, s (emulated)", round(time.monotonic() - began_s, 2))
    assert ended["status"] == EX_UNAVAILABLE
    assert "no picture for 4 s; the camera has stalled" in ended["error"]


def test_mute_camera_can_not_be_opened_and_says_so_within_the_lease(webcam: Webcam) -> None:
    webcam.keep_awake()
    webcam.ctl("mute")
    with CameraProcess(webcam.by_id) as camera:
        ended = camera.error()
        took_s = time.monotonic() - camera.began_s
        say("USB camera mute: until opening failed, s (emulated; with starting Python)", round(took_s, 2))
        webcam.ctl("resume")
    assert ended["status"] == EX_UNAVAILABLE
    assert "does not answer" in ended["error"]
    assert took_s < _LEASE_OF_OPEN_S


def test_camera_of_another_program_is_busy_and_the_program_named(webcam: Webcam) -> None:
    other = subprocess.Popen(
        ["v4l2-ctl", "-d", webcam.by_id, "--stream-mmap", "--stream-count=0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while "streaming=True" not in webcam.ctl("status"):
            time.sleep(0.1)
        with CameraProcess(webcam.by_id) as camera:
            ended = camera.error()
    finally:
        other.kill()
        other.wait()
    assert ended["status"] == EX_UNAVAILABLE
    assert f"another program uses the camera (v4l2-ctl (pid {other.pid}))" in ended["error"]


def test_camera_without_permission_says_which_group(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id, user="nobody", group="nogroup") as camera:
        ended = camera.error()
    assert ended["status"] == EX_UNAVAILABLE
    assert "nobody may not open the camera; add that user to the group video" in ended["error"]


def test_truncated_frame_comes_as_it_is_and_not_as_the_one_before(
    webcam: Webcam, camera: CameraProcess, sent: dict[str, int]
) -> None:
    whole = camera.wait_for(lambda frame: frame["is_new"])
    webcam.ctl("corrupt")
    camera.newest()
    cut = [camera.wait_for(lambda frame: frame["is_new"]) for _ in range(5)]
    webcam.ctl("resume")
    assert whole["sha256"] in sent
    assert [frame["sha256"] in sent for frame in cut] == [False] * 5
    assert all(frame["bytes"] < whole["bytes"] for frame in cut)
    camera.wait_for(lambda frame: frame["is_new"] and frame["sha256"] in sent)


def test_frozen_camera_gives_nothing_new_and_a_fresh_frame_when_it_goes_on(
    webcam: Webcam, camera: CameraProcess, sent: dict[str, int]
) -> None:
    webcam.ctl("freeze")
    frozen = camera.newest()
    later = [camera.next() for _ in range(10)]
    resumed_ns = time.monotonic_ns()
    webcam.ctl("resume")
    assert {frame["own_ns"] for frame in later} == {frozen["own_ns"]}
    assert not any(frame["is_new"] for frame in later)
    fresh = camera.wait_for(lambda frame: frame["is_new"])
    assert fresh["own_ns"] > resumed_ns - 1_000_000_000
    assert fresh["sha256"] in sent


def test_noise_comes_as_it_is_and_the_cameras_own_frames_after_it(
    webcam: Webcam, camera: CameraProcess, sent: dict[str, int]
) -> None:
    webcam.ctl("noise")
    camera.newest()
    camera.wait_for(lambda frame: frame["is_new"] and frame["sha256"] not in sent)
    webcam.ctl("resume")
    camera.newest()
    camera.wait_for(lambda frame: frame["is_new"] and frame["sha256"] in sent)


def test_black_picture_that_repeats_itself_is_new_once(plug: Plug) -> None:
    webcam = plug(None)
    with CameraProcess(webcam.by_id) as camera:
        camera.next()
        camera.wait_for(lambda frame: frame["is_new"])
        webcam.ctl("black")
        camera.newest()
        camera.newest()
        assert not any(camera.next()["is_new"] for _ in range(5))
        webcam.ctl("resume")
        camera.wait_for(lambda frame: frame["is_new"])
