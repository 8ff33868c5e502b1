"""The programs that fetch a picture a second from a snapshot address (one JPEG for each request).

Owns: how each is asked for that. Does not own: starting, measuring and stopping them (`trial`).
Invariant: as in `contender`. Programs that take one picture are started by a shell at each full second, as cron and
its like would, if they went by seconds.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from bench.contender import OURS, Contender
from bench.contenders import motion

_EACH_SECOND = """
n=0
while :; do
  now=${EPOCHREALTIME/[.,]/}
  left=$((1000000 - 10#${now: -6}))
  printf -v wait '%d.%06d' $((left / 1000000)) $((left % 1000000))
  sleep $wait
  printf -v picture 'frame%06d.jpg' $((n += 1))
"""
_OPENCV = """
import sys, time, cv2
number = 0
while True:
    capture = cv2.VideoCapture(sys.argv[1])
    done, picture = capture.read()
    capture.release()
    if done:
        cv2.imwrite(f"{sys.argv[2]}/frame{number:06}.jpg", picture)
        number += 1
    time.sleep(1)
"""


def _each_second(command: str) -> list[str]:
    return ["bash", "-c", f"{_EACH_SECOND}  {command}\ndone"]


def _curl(url: str, directory: Path) -> list[str]:
    del directory  # it runs there
    return _each_second(f'curl --silent --output "$picture" {shlex.quote(url)}')


def _ffmpeg(url: str, directory: Path) -> list[str]:
    del directory
    return _each_second(f'ffmpeg -nostdin -loglevel error -y -i {shlex.quote(url)} -frames:v 1 "$picture"')


def _gstreamer(url: str, directory: Path) -> list[str]:
    del directory
    return _each_second(f'gst-launch-1.0 -q souphttpsrc location={shlex.quote(url)} ! filesink location="$picture"')


def _motion(url: str, directory: Path) -> list[str]:
    return motion(url, directory, framerate=2)


def _opencv(url: str, directory: Path) -> list[str]:
    return [sys.executable, "-c", _OPENCV, url, str(directory)]


SNAPSHOT_CONTENDERS = (
    OURS,
    Contender("curl each second", "curl", _curl, keeps_bytes=True),
    Contender("GStreamer each s", "gst-launch-1.0", _gstreamer, keeps_bytes=True),
    Contender("ffmpeg each s", "ffmpeg", _ffmpeg, keeps_bytes=False),
    Contender("OpenCV and sleep", "python3", _opencv, keeps_bytes=False),
    Contender("motion", "motion", _motion, keeps_bytes=False),
)
