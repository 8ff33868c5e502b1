"""Gains in ffmpeg's words: the filter that multiplies a picture, and a command to it for each picture.

Owns: the filter, the texts of the files that `sendcmd` reads. Does not own: what the gains are (`curve`), nor the rest
of the chain: a `sendcmd=f=FILE` for each has to stand right before `FILTER`, and pictures must come in at k / fps.
Invariant: picture k of the video gets gain k, to the rounding of 8 bits, whatever frame rate it has. Luma and chroma
are multiplied alike, so hue and saturation stay.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

_NAME = "eq@gain"
_NOT_QUITE_ONE = "1.000001"
# With a gamma of exactly 1, eq computes in whole numbers and whole percent: up to 5 gray levels off. With any other it
# makes a table of 256 entries from floating point: half a level off at the most.
FILTER = f"format=yuv420p,{_NAME}=" + ":".join(f"{gamma}={_NOT_QUITE_ONE}" for gamma in ("gamma", "gamma_r", "gamma_b"))
"""What the commands steer. Its pictures are yuv420p of video range (16 to 235), which a filter before it has to bring
them to: from 7 on it takes those of JPEGs as they are. About 1 ms of processor time for a picture of 1920x1080."""

_BLACK = 16
"""The luma of black in video range: what a gain leaves where it is."""
_LINES = 5_000
"""Of one file."""
_STEPS = 10_000
"""Gains are told to this part of 1: a fortieth of a gray level."""


def commands(gains: Sequence[float], fps: float) -> list[str]:
    """The texts of the files for `sendcmd`, from the gain of each picture of the video, in order. None for no pictures.

    One line for pictures in a row that have one gain. Each line holds from half a picture before its first to half a
    picture before the next one's, so no rounding of times reaches it. No file is long: to read one, ffmpeg takes the
    more time a line, the more of them follow. 100,000 lines take 5 s so, and would take a minute in one file.
    """
    lines = [f"{_line(first, end, gain, fps)}\n" for first, end, gain in _runs(gains)]
    return ["".join(lines[first : first + _LINES]) for first in range(0, len(lines), _LINES)]


def _runs(gains: Sequence[float]) -> Iterator[tuple[int, int, float]]:
    """The pictures from `first` to before `end` that have one gain."""
    first = 0
    for step, alike in itertools.groupby(round(gain * _STEPS) for gain in gains):
        end = first + sum(1 for _ in alike)
        yield first, end, step / _STEPS
        first = end


def _line(first: int, end: int, gain: float, fps: float) -> str:
    # eq's table is 256 * (contrast * (value / 255 - 1/2) + 1/2 + brightness), rounded down; this makes it
    # black + gain * (value - black), rounded to the nearest.
    contrast = gain * 255 / 256
    brightness = (_BLACK * (1 - gain) + 0.5) / 256 - 0.5 + contrast / 2
    begin_s, end_s = max(0.0, (first - 0.5) / fps), (end - 0.5) / fps
    orders = (("contrast", contrast), ("brightness", brightness), ("saturation", gain))
    return f"{begin_s:.4f}-{end_s:.4f} " + ",".join(f"{_NAME} {what} {value:.5f}" for what, value in orders) + ";"
