"""Each errno in words, with what to do."""

from __future__ import annotations

import errno
import os

import pytest

from capture_worker.cameras.usb_failure import absent, failure
from shared.errors import EX_NOHOST, EX_UNAVAILABLE

_SHOWN = "/dev/video0"


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (errno.ENODEV, EX_NOHOST, "the camera is gone"),
        (errno.ENOENT, EX_NOHOST, "the camera is gone"),
        (errno.EACCES, EX_UNAVAILABLE, "sudo usermod -aG video"),
        (errno.EBUSY, EX_UNAVAILABLE, "another program uses the camera"),
        (errno.ETIMEDOUT, EX_UNAVAILABLE, "does not answer"),
        (errno.EIO, EX_UNAVAILABLE, "does not answer"),
        (errno.ENOSPC, EX_UNAVAILABLE, "the USB bus has no room for one more stream"),
        (errno.ENOMEM, EX_UNAVAILABLE, "can't be used (Cannot allocate memory)"),
    ],
)
def test_failure_says_what_it_is_and_what_to_do(number: int, status: int, said: str) -> None:
    told = failure(_SHOWN, OSError(number, os.strerror(number)), "no-such-node")
    assert told.status == status
    assert str(told).startswith(f"{_SHOWN}: ")
    assert said in str(told)


def test_device_of_root_s_group_is_nothing_to_be_added_to() -> None:
    told = str(failure("/dev/full", OSError(errno.EACCES, os.strerror(errno.EACCES)), "full"))
    assert "udev has not made it ready yet" in told
    assert "usermod" not in told


def test_failure_of_a_stream_is_no_camera_that_does_not_answer() -> None:
    told = failure(_SHOWN, OSError(errno.EIO, os.strerror(errno.EIO)), is_streaming=True)
    assert "the stream broke" in str(told)
    assert failure(_SHOWN, OSError(errno.ENODEV, ""), is_streaming=True).status == EX_NOHOST


def test_camera_that_is_not_there_is_absent() -> None:
    assert absent(_SHOWN).status == EX_NOHOST
