"""The programs that record a stream: a picture a second (`CONTENDERS`), or every frame (`EVERY_FRAME`).

Owns: how each is asked for that. Does not own: starting, measuring and stopping them (`trial`).
Invariant: as in `contender`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.contender import OURS, Contender

_MOTION = """
daemon off
log_level 4
netcam_url {url}
width 1920
height 1080
framerate {framerate}
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
    time.sleep(float(sys.argv[3]))
"""


def _ffmpeg(url: str, directory: Path, *filters: str) -> list[str]:
    begin = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "mpjpeg", "-i", url, "-c", "copy"]
    return [*begin, *filters, "-f", "image2", str(directory / "frame%06d.jpg")]


def _ffmpeg_each_thirtieth(url: str, directory: Path) -> list[str]:
    return _ffmpeg(url, directory, "-bsf:v", "noise=drop=mod(n\\,30)")


def _gstreamer(url: str, directory: Path, *filters: str) -> list[str]:
    source = f"souphttpsrc location={url} is-live=true do-timestamp=true ! multipartdemux"
    sink = f"multifilesink location={directory}/frame%06d.jpg"
    return ["gst-launch-1.0", "-q", *" ! ".join([source, *filters, sink]).split()]


def _gstreamer_each_second(url: str, directory: Path) -> list[str]:
    camera_s, wanted = "image/jpeg,framerate=30/1", "image/jpeg,framerate=1/1"
    return _gstreamer(url, directory, camera_s, "videorate drop-only=true", wanted)


def motion(url: str, directory: Path, framerate: int = 30) -> list[str]:
    """motion, a picture a second, with its marks left out of the pictures. `framerate` is the camera's."""
    (directory / "motion.conf").write_text(_MOTION.format(url=url, directory=directory, framerate=framerate))
    return ["motion", "-c", str(directory / "motion.conf")]


def _opencv(url: str, directory: Path) -> list[str]:
    return [sys.executable, "-c", _OPENCV, url, str(directory), "1"]


def _opencv_without_sleep(url: str, directory: Path) -> list[str]:
    return [sys.executable, "-c", _OPENCV, url, str(directory), "0"]


CONTENDERS = (
    OURS,
    Contender("GStreamer copy", "gst-launch-1.0", _gstreamer_each_second, keeps_bytes=True),
    Contender("ffmpeg -c copy", "ffmpeg", _ffmpeg_each_thirtieth, keeps_bytes=True),
    Contender("OpenCV and sleep", "python3", _opencv, keeps_bytes=False),
    Contender("motion", "motion", motion, keeps_bytes=False),
)
EVERY_FRAME = (
    Contender("GStreamer copy", "gst-launch-1.0", _gstreamer, keeps_bytes=True),
    Contender("ffmpeg -c copy", "ffmpeg", _ffmpeg, keeps_bytes=True),
    Contender("OpenCV loop", "python3", _opencv_without_sleep, keeps_bytes=False),
)
