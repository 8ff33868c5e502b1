"""Loading ahead, for each kind of camera: what is loaded, and that nothing is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PROGRAM = """
import os, sys
from capture_worker.preload import preload
from shared.config.model import CameraConfig, Location
before = sorted(os.listdir("/proc/self/fd"))
preload(CameraConfig("main", sys.argv[1], (320, 240), window=sys.argv[2]), Location(59.9, 10.7))
print(sorted(os.listdir("/proc/self/fd")) == before, len(os.listdir("/proc/self/task")))
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.parametrize(
    ("source", "window", "loaded", "not_loaded"),
    [
        ("test", "always", {"cv2", "numpy", "simplejpeg"}, {"astral", "picamera2"}),
        ("test", "sunrise..sunset", {"astral"}, set()),
        ("http://192.168.1.20/stream", "always", {"simplejpeg"}, {"cv2", "picamera2"}),
        ("rtsp://192.168.1.20/stream", "always", {"cv2"}, {"picamera2"}),
        ("/no/such/film.mp4", "always", {"cv2"}, {"picamera2"}),
        ("/dev/video99", "always", {"simplejpeg"}, {"picamera2"}),
    ],
)
def test_camera_is_loaded_ahead_with_what_its_kind_needs_and_nothing_is_opened(
    source: str, window: str, loaded: set[str], not_loaded: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, source, window], cwd=ROOT, capture_output=True, text=True, check=True
    )
    untouched, names = done.stdout.splitlines()
    assert untouched == "True 1"
    assert loaded <= set(names.split())
    assert not_loaded & set(names.split()) == set()
