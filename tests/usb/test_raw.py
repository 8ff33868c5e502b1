"""Raw pixels of a USB camera: whole pictures, or none."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.usb.conftest import Plug
from tests.usb.one_camera import RAW, CameraProcess
from tests.usb.webcam import Webcam

_NODROP = Path("/sys/module/uvcvideo/parameters/nodrop")


@pytest.fixture
def undropped(plug: Plug) -> Iterator[Webcam]:
    """A camera whose damaged frames the kernel passes on. Newer kernels do so by themselves."""
    subprocess.run(["modprobe", "uvcvideo"], check=True)
    before = _NODROP.read_text()
    _NODROP.write_text("1")
    yield plug()
    _NODROP.write_text(before)


def test_raw_pixels_of_vivid_become_planes_of_half_the_colour(vivid: str) -> None:
    with CameraProcess(vivid, "640x360") as camera:
        assert camera.next()["opened"]["detail"] == "640x360 YUYV"
        frame = camera.wait_for(lambda line: line["is_new"])
    assert frame["shapes"] == [[360, 640], [180, 320], [180, 320]]
    assert 60 < frame["mean"] < 200


def test_buffer_that_is_too_short_is_no_picture_and_the_next_whole_one_is(undropped: Webcam) -> None:
    with CameraProcess(undropped.by_id, "640x480", RAW) as camera:
        assert camera.next()["opened"]["detail"] == "640x480 YUYV"
        camera.wait_for(lambda frame: "mean" in frame)
        undropped.ctl("corrupt")
        camera.wait_for(lambda frame: frame["is_new"] and "mean" not in frame)
        short = [camera.wait_for(lambda frame: frame["is_new"]) for _ in range(3)]
        undropped.ctl("resume")
        camera.wait_for(lambda frame: "mean" in frame)
    assert not any("mean" in frame for frame in short)
