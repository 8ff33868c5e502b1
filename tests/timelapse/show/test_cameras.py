"""The page of `timelapse cameras`."""

from __future__ import annotations

import io

import pytest
from ruamel.yaml import YAML

from shared.found_cameras import Found, FoundCamera, FoundControl, FoundFormat
from timelapse.show.cameras import cameras_page
from timelapse.show.ink import Ink

_WEBCAM = FoundCamera(
    kind="usb",
    source="/dev/v4l/by-id/usb-Logi_C270_A1-video-index0",
    model="C270",
    make="Logi",
    driver="uvcvideo",
    node="/dev/video0",
    used_by="capture.main (pid 12)",
    formats=(
        FoundFormat(fourcc="MJPG", description="", is_used=True, sizes=((640, 480, 30.0), (1280, 720, 7.5))),
        FoundFormat(fourcc="H264", description="", is_used=False, sizes=((1920, 1080, 30.0),)),
    ),
    controls=(FoundControl(name="brightness", values="-64 to 64", value="3", default="0"),),
)
_PI = FoundCamera(kind="pi", source="picamera2", model="imx219", make="Raspberry Pi", driver="libcamera")


def _page(*cameras: FoundCamera, whole: bool = False, width: int = 120, notes: tuple[str, ...] = ()) -> str:
    return "\n".join(cameras_page(Found(cameras=cameras, notes=notes), width=width, ink=Ink(), whole=whole))


def test_camera_says_what_it_is_and_what_to_write() -> None:
    page = _page(_WEBCAM)
    assert page.startswith("C270, Logi (USB)\n")
    assert "resolution  1280x720, 640x480" in page
    assert "used by     capture.main (pid 12)" in page
    assert "controls    brightness\n" in page


def test_snippet_is_valid_for_all_cameras_that_can_be_used() -> None:
    broken = FoundCamera(kind="usb", source="/dev/video9", model="x", problem="the camera does not answer")
    page = _page(_PI, _WEBCAM, broken)
    snippet = page[page.index("cameras:") : page.index("A network camera")]
    assert YAML(typ="safe").load(io.StringIO(snippet)) == {
        "cameras": {
            "main": {"source": "picamera2"},
            "camera2": {"source": _WEBCAM.source, "resolution": "1280x720"},
        }
    }
    assert "problem     the camera does not answer" in page


def test_whole_page_has_every_size_and_every_range() -> None:
    page = _page(_WEBCAM, whole=True)
    assert "MJPG: 640x480 30 fps, 1280x720 7.5 fps" in page
    assert "H264 (can't be recorded): 1920x1080 30 fps" in page
    assert "brightness: 3 (-64 to 64; default 0)" in page


def test_nothing_found_says_what_to_do() -> None:
    page = _page(notes=("check the ribbon cable",))
    assert "No camera was found on this machine" in page
    assert "check the ribbon cable" in page
    assert "rtsp://ADDRESS" in page


def test_name_that_does_not_last_is_told() -> None:
    page = _page(FoundCamera(kind="usb", source="/dev/video0", node="/dev/video0", model="x", is_stable=False))
    assert "may be another camera's after the next start" in page


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_longer_than_the_width_but_those_to_paste(width: int) -> None:
    lines = [line for line in _page(_PI, _WEBCAM, whole=True, width=width).splitlines() if "source: /dev" not in line]
    assert max(map(len, lines)) <= width


def test_what_a_camera_says_of_itself_can_not_move_the_cursor() -> None:
    page = _page(FoundCamera(kind="usb", source="/dev/video0", model="\x1b[2Jx", problem="a\nb\x07"))
    assert "\x1b" not in page
    assert "\x07" not in page
