"""Which format is used, and what is said where the size is not there."""

from __future__ import annotations

import pytest

from capture_worker.cameras.usb_modes import choose_format
from capture_worker.cameras.v4l2_types import Format, Sizes
from shared.errors import CameraError, ConfigError

_SMALL, _LARGE = (640, 480), (1920, 1080)
_YUYV = Format("YUYV", "YUYV 4:2:2", Sizes(discrete=(_SMALL, (800, 600))))
_MJPG = Format("MJPG", "Motion-JPEG", Sizes(discrete=(_SMALL, _LARGE)))
_H264 = Format("H264", "H.264", Sizes(discrete=(_LARGE,)))


def test_cameras_own_jpegs_are_preferred_whatever_the_order() -> None:
    assert choose_format([_YUYV, _H264, _MJPG], _SMALL, "camera main").fourcc == "MJPG"


def test_size_that_only_raw_pixels_have_is_had_raw() -> None:
    assert choose_format([_MJPG, _YUYV], (800, 600), "camera main").fourcc == "YUYV"


def test_size_that_is_not_there_names_the_nearest_and_all() -> None:
    with pytest.raises(ConfigError) as caught:
        choose_format([_YUYV, _MJPG, _H264], (1280, 720), "camera main")
    assert str(caught.value) == (
        "camera main: resolution: the camera does not send 1280x720 (did you mean 800x600? "
        "it has 1920x1080, 800x600, 640x480)"
    )


def test_camera_that_sends_only_what_can_not_be_recorded_says_so() -> None:
    with pytest.raises(CameraError, match=r"sends H264 \(H\.264\), and none of it can be recorded"):
        choose_format([_H264], _LARGE, "camera main")


def test_range_of_sizes_is_told_by_its_ends() -> None:
    ranged = Format("YUYV", "", Sizes(least=(64, 64), most=(1024, 768), step=(2, 2)))
    assert choose_format([ranged], (100, 100), "camera main") == ranged
    with pytest.raises(ConfigError, match=r"did you mean 1024x768\? it has 1024x768, 64x64"):
        choose_format([ranged], _LARGE, "camera main")


def test_camera_that_tells_no_sizes_is_no_crash() -> None:
    with pytest.raises(ConfigError, match="does not say whether it can send 640x480"):
        choose_format([Format("MJPG", "")], _SMALL, "camera main")
