"""What the kernel's own virtual camera can inject: errors that a driver, and not a cable, makes."""

from __future__ import annotations

import subprocess

import pytest

from shared.errors import EX_NOHOST, EX_UNAVAILABLE
from tests.usb.one_camera import CameraProcess

_SIZE = "640x360"


def _set(device: str, control: str) -> None:
    subprocess.run(["v4l2-ctl", "-d", device, "-c", control], check=True)


def test_lost_buffers_are_only_fewer_frames(vivid: str) -> None:
    with CameraProcess(vivid, _SIZE) as camera:
        camera.next()
        _set(vivid, "percentage_of_dropped_buffers=70")
        frames = [camera.next() for _ in range(20)]
        _set(vivid, "percentage_of_dropped_buffers=0")
    times = [frame["own_ns"] for frame in frames]
    assert times == sorted(set(times))


@pytest.mark.parametrize("error", ["inject_vidioc_reqbufs_error", "inject_vidioc_streamon_error"])
def test_error_when_it_is_opened_is_told_and_the_next_opening_works(vivid: str, error: str) -> None:
    _set(vivid, f"{error}=1")
    statuses = []
    for _ in range(4):
        with CameraProcess(vivid, _SIZE) as camera:
            line = camera.next()
            if "opened" in line:
                assert "mean" in camera.next()
                return
            statuses.append(line["status"])
            assert line["error"].startswith(f"{vivid}: ")
    raise AssertionError(f"never opened again: {statuses}")


@pytest.mark.parametrize("error", ["inject_v4l2_buf_flag_error", "inject_vidioc_qbuf_error"])
def test_error_of_one_buffer_ends_nothing_or_is_told(vivid: str, error: str) -> None:
    with CameraProcess(vivid, _SIZE) as camera:
        camera.next()
        camera.next()
        _set(vivid, f"{error}=1")
        for _ in range(20):
            if "error" in (line := camera.next()):
                assert line["status"] == EX_UNAVAILABLE
                return
        assert line["is_new"]


def test_fatal_streaming_error_ends_the_stream_as_what_it_is(vivid: str) -> None:
    with CameraProcess(vivid, _SIZE) as camera:
        camera.next()
        camera.next()
        _set(vivid, "inject_fatal_streaming_error=1")
        ended = camera.error()
    assert ended["status"] == EX_UNAVAILABLE
    assert "the stream broke" in ended["error"]


def test_disconnected_camera_is_absent(vivid: str) -> None:
    with CameraProcess(vivid, _SIZE) as camera:
        camera.next()
        camera.next()
        _set(vivid, "disconnect=1")
        ended = camera.error()
    assert ended["status"] == EX_NOHOST
