"""An archive of flat gray JPEGs, and what a video that was made of it shows: which frame each picture is.

Owns: making the frames, asking ffprobe and ffmpeg about a result. Does not own: rendering.
Invariant: frames that follow each other differ by more than any encoder here changes, so `seen` can't mistake them.
"""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from shared.clock import NS_PER_S
from shared.frame_name import FrameName

LEVELS = (40, 88, 136, 184, 64, 112, 160, 208)
"""Of frames in turn; an encoder is off by two or three."""
SIZE = (320, 180)


@functools.cache
def jpeg_of(level: int, size: tuple[int, int] = SIZE) -> bytes:
    """A JPEG that is of this gray all over."""
    image = np.full((size[1], size[0], 3), level, np.uint8)
    return cv2.imencode(".jpg", image)[1].tobytes()


def level_of(number: int) -> int:
    """The gray of the frame of that number, from 0 on."""
    return LEVELS[number % len(LEVELS)]


def record(
    output_dir: Path,
    numbers: Iterable[int],
    *,
    start_ns: int,
    every_s: float = 10.0,
    camera: str = "main",
    size: tuple[int, int] = SIZE,
    levels: Sequence[int] = LEVELS,
) -> list[Path]:
    """Puts frames of these numbers into an archive, each at its slot; their paths."""
    paths = []
    for number in numbers:
        path = output_dir / camera / FrameName(start_ns + int(number * every_s * NS_PER_S)).path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg_of(levels[number % len(levels)], size))
        paths.append(path)
    return paths


def probed(path: Path) -> dict[str, Any]:
    """What ffprobe says of the only stream, with `frames` counted, and of the `format`."""
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)]
    told = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=60).stdout)
    (stream,) = told["streams"]
    return {**stream, "frames": int(stream["nb_read_frames"]), "format": told["format"]}


def grays(path: Path) -> list[float]:
    """The mean gray of each picture of a video, 0 to 255, by ffmpeg's own decoder."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-vf", "scale=16:16:out_range=full,format=gray"]
    words += ["-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"]
    raw = subprocess.run(words, check=True, capture_output=True, timeout=60).stdout
    return [float(level) for level in np.frombuffer(raw, np.uint8).reshape(-1, 256).mean(axis=1)]


def seen(path: Path) -> list[int]:
    """The level of each picture, rounded to the one of `LEVELS` that is nearest."""
    return [min(LEVELS, key=lambda level: abs(level - gray)) for gray in grays(path)]
