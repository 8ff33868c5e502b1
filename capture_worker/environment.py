"""The environment variables that numpy, OpenCV, ffmpeg and libcamera read when they are loaded, and at no other time.

Owns: their values.
Does not own: anything else; the package imports this before any of its modules.
Invariant: what a person has set already is kept.
"""

from __future__ import annotations

import os

LIBRARIES = {
    # One thread each: there is a process a camera, and more would only take the cores from each other. Without
    # this OpenBLAS reserves 180 MB of address space on loading.
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # What OpenCV and ffmpeg print goes to stderr past every log, a line for each damaged frame.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # Over UDP a lost packet is a damaged picture, and an unplugged camera is hard to tell from a slow one. Without
    # fpsprobesize ffmpeg reads 20 frames before it calls a stream open: 5 s at 5 frames a second instead of 0.2 to 2.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fpsprobesize;0",
    # libcamera says ten lines each time a camera is opened, to stderr past every log: only what failed is kept.
    "LIBCAMERA_LOG_LEVELS": "*:ERROR",
    "LIBCAMERA_LOG_NO_COLOR": "1",
}


def prepare() -> None:
    """Set them, where they are not set. May be called twice."""
    for name, value in LIBRARIES.items():
        os.environ.setdefault(name, value)
