"""How bright each picture is made, for a video that does not flicker.

Owns: whom to ask how bright a frame is (the ledger, else the frame), and from frames to pictures; the files of
commands. Does not own: measuring, the curve, the commands' words (`render_worker.deflicker`).
Invariant: every picture has a gain, that of the frame that it shows. The files have no names, and go with this
process.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from render_worker.course import Course
from render_worker.deflicker import curve
from render_worker.deflicker.commands import commands
from render_worker.deflicker.measure import measure
from render_worker.selection.chosen import Chosen, DamagedFrame, Picture
from render_worker.selection.reading import read_frame

_THREADS = 2
_FEWEST = 3
"""Of fewer frames nobody can say what flicker is."""


class Levels(Struct, frozen=True):
    """The gain of each frame, 1.0 to leave it; and what is wrong with which of those that were looked at."""

    gains: list[float]
    damaged: dict[int, str]


def levels_of(frames: Sequence[Chosen], course: Course) -> Levels:
    """Blocks: for the disk and some milliseconds for each frame of which nobody has noted how bright it is."""
    if len(frames) < _FEWEST:
        return Levels([1.0] * len(frames), {})
    found, damaged = _brightness(frames, course)
    brightness = [found.get(index, math.nan) for index in range(len(frames))]
    slots, exposures = [chosen.slot_ms for chosen in frames], [chosen.exposure_us for chosen in frames]
    return Levels(_as_shown(curve.gains(slots, brightness, exposures), damaged), damaged)


def _as_shown(gains: list[float], damaged: Mapping[int, str]) -> list[float]:
    """Each frame's gain; a damaged one's is that of the frame that stands for it: the one before, else the first."""
    shown = next((gain for index, gain in enumerate(gains) if index not in damaged), 1.0)
    return [shown := shown if index in damaged else gain for index, gain in enumerate(gains)]


def per_picture(gains: Sequence[float], pictures: Sequence[Picture]) -> list[float]:
    """The gain of each picture of the video; of one between two frames it is between theirs."""
    return [
        gains[picture.frame]
        if picture.towards is None
        else gains[picture.frame] * (1 - picture.weight) + gains[picture.towards] * picture.weight
        for picture in pictures
    ]


class CommandsFiles:
    """What steers ffmpeg's filter, as files in memory; `paths` are for whoever runs as the same user. Close it."""

    def __init__(self, gains: Sequence[float], fps: float) -> None:
        self._fds = [_in_memory(text) for text in commands(gains, fps)]
        self.paths = tuple(Path(f"/proc/{os.getpid()}/fd/{fd}") for fd in self._fds)

    def close(self) -> None:
        """Let go of them. May be called twice."""
        while self._fds:
            os.close(self._fds.pop())


def _in_memory(text: str) -> int:
    fd = os.memfd_create("timelapse-deflicker", os.MFD_CLOEXEC)
    with open(fd, "wb", closefd=False) as file:
        file.write(text.encode())
    return fd


def _brightness(frames: Sequence[Chosen], course: Course) -> tuple[dict[int, float], dict[int, str]]:
    """By frame: how bright it is from 0 to 1, or what is wrong with it."""
    unknown = [index for index, chosen in enumerate(frames) if not _is_known(chosen.brightness_percent)]
    found = {index: (chosen.brightness_percent or 0.0) / 100 for index, chosen in enumerate(frames)}
    damaged: dict[int, str] = {}
    course.at("measuring", 0, len(unknown))

    def look(index: int) -> float | str:
        course.check()
        try:
            return measure(read_frame(frames[index]))
        except DamagedFrame as error:
            return error.reason
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        for done, (index, seen) in enumerate(zip(unknown, pool.map(look, unknown), strict=True), 1):
            course.at("measuring", done, len(unknown))
            if isinstance(seen, str):
                damaged[index] = seen
                del found[index]
            else:
                found[index] = seen
    return found, damaged


def _is_known(brightness_percent: float | None) -> bool:
    """Finely enough: what older ledgers have, in whole percent, has steps that would be seen."""
    return isinstance(brightness_percent, float)
