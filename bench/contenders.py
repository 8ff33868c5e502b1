"""The programs that record a network camera, each as one command that takes a picture a second.

Owns: how each is asked for that. Does not own: starting, measuring and stopping them (`bench/recorders.py`).
Invariant: each writes JPEG files of its own into one directory, and nothing but what stands here is asked of it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

_TIMELAPSE = """
output_dir: {directory}/frames
cameras:
  main: {{source: "{url}", interval: 1s}}
"""
_MOTION = """
daemon off
log_level 4
netcam_url {url}
width 1920
height 1080
framerate 30
movie_output off
picture_output off
text_left
text_right
snapshot_interval 1
snapshot_filename frame-%Y%m%d%H%M%S-%q
target_dir {directory}
webcontrol_port 0
stream_port 0
"""
_OPENCV = """
import sys, time, cv2
capture = cv2.VideoCapture(sys.argv[1])
number = 0
while True:
    done, picture = capture.read()
    if done:
        cv2.imwrite(f"{sys.argv[2]}/frame{number:06}.jpg", picture)
        number += 1
    time.sleep(1)
"""


class Contender(NamedTuple):
    """`command(url, directory)` makes what it needs in the directory and gives the command line.

    `needs` is the program that must be installed. `keeps_bytes` says that the camera's own JPEG is stored.
    """

    name: str
    needs: str
    command: Callable[[str, Path], list[str]]
    keeps_bytes: bool

    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return shutil.which(self.needs) is not None


def _timelapse(url: str, directory: Path) -> list[str]:
    (directory / "timelapse.yml").write_text(_TIMELAPSE.format(url=url, directory=directory))
    config, runtime = directory / "timelapse.yml", directory / "run"
    return [sys.executable, "-m", "timelapse", "--config", str(config), "--runtime-dir", str(runtime)]


def _ffmpeg(url: str, directory: Path) -> list[str]:
    each_thirtieth = "noise=drop=mod(n\\,30)"
    pictures = str(directory / "frame%06d.jpg")
    quiet = ["-nostdin", "-loglevel", "error"]
    return [
        "ffmpeg",
        *quiet,
        "-f",
        "mpjpeg",
        "-i",
        url,
        "-c",
        "copy",
        "-bsf:v",
        each_thirtieth,
        "-f",
        "image2",
        pictures,
    ]


def _gstreamer(url: str, directory: Path) -> list[str]:
    source = f"souphttpsrc location={url} is-live=true do-timestamp=true"
    sink = f"multifilesink location={directory}/frame%06d.jpg"
    pipeline = (
        f"{source} ! multipartdemux ! image/jpeg,framerate=30/1 ! videorate drop-only=true ! image/jpeg,framerate=1/1"
    )
    return ["gst-launch-1.0", "-q", *f"{pipeline} ! {sink}".split()]


def _motion(url: str, directory: Path) -> list[str]:
    (directory / "motion.conf").write_text(_MOTION.format(url=url, directory=directory))
    return ["motion", "-c", str(directory / "motion.conf")]


def _opencv(url: str, directory: Path) -> list[str]:
    return [sys.executable, "-c", _OPENCV, url, str(directory)]


CONTENDERS = (
    Contender("timelapse", "python3", _timelapse, keeps_bytes=True),
    Contender("GStreamer copy", "gst-launch-1.0", _gstreamer, keeps_bytes=True),
    Contender("ffmpeg -c copy", "ffmpeg", _ffmpeg, keeps_bytes=True),
    Contender("OpenCV and sleep", "python3", _opencv, keeps_bytes=False),
    Contender("motion", "motion", _motion, keeps_bytes=False),
)
