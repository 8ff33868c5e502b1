"""Which source becomes which camera."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from capture_worker.cameras.select import make_camera, video_path
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import ConfigError


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("test", "BuiltinCamera"),
        ("http://camera/video", "HttpCamera"),
        ("https://camera/video", "HttpCamera"),
        ("rtsp://user:secret@camera:8554/h264", "StreamCamera"),
        ("RTSP://camera/", "StreamCamera"),
        ("/srv/site.mp4", "FileCamera"),
        ("site.mp4", "FileCamera"),
        ("file:site", "FileCamera"),
        ("auto", "AutoCamera"),
        ("picamera2", "PiCamera"),
        ("picamera2:1", "PiCamera"),
        ("/dev/v4l/by-id/usb-cam", "UsbCamera"),
    ],
)
def test_make_camera_supported_source_gives_its_kind(source: str, kind: str) -> None:
    assert type(make_camera(CameraConfig(name="main", source=source), SystemClock())).__name__ == kind


@pytest.mark.parametrize("source", ["picamera2:one", "picamera3", "ftp://u:secret@host/x", "tset"])
def test_make_camera_unsupported_source_says_so_and_what_to_use(source: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_camera(CameraConfig(name="main", source=source), SystemClock())
    message = str(caught.value)
    assert "not supported by this version; use" in message
    assert "main" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("source", "path"),
    [("/a/b.mp4", "/a/b.mp4"), ("b.mp4", "b.mp4"), ("file:b.mp4", "b.mp4"), ("file:///a/b.mp4", "/a/b.mp4")],
)
def test_video_path_is_what_the_source_names(source: str, path: str) -> None:
    assert video_path(source) == Path(path)


def test_select_import_brings_no_backend() -> None:
    code = "import sys, capture_worker.cameras.select; print({'cv2', 'picamera2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"


def test_pi_camera_is_made_without_its_library() -> None:
    code = (
        "import sys; from capture_worker.cameras.select import make_camera; from shared.clock import SystemClock;"
        "from shared.config.model import CameraConfig; make_camera(CameraConfig('main', 'picamera2'), SystemClock());"
        "print({'cv2', 'picamera2', 'libcamera', 'PIL'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"
