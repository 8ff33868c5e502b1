"""A keogram: the middle column of every frame beside each other, so that a whole day is one picture.

Owns: its pixels. Does not own: which frame stands in which column (`axis`), and the file.
Invariant: a column shows one frame or is dark; no frame is smeared over a time in which nothing was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from render_worker.selection.chosen import Chosen
from render_worker.stills import paper
from render_worker.stills.axis import NO_FRAME, Axis, axis_of
from render_worker.stills.paper import Side
from render_worker.stills.taking import Size, Taking, scaled, wanted_size

if TYPE_CHECKING:
    from render_worker.stills.taking import Pixels

_MOST_HEIGHT = 1080
"""Of a keogram that nobody asked another size for: more lines cost memory and show no more of the sky."""
_BAND, _LEAST_BAND = 0.036, 18
_LEAST_SIZE = (240, 150)
"""Below this there are no words."""
_TRIES = 4
"""So many frames are tried for a column whose own is damaged."""


def make(
    frames: Sequence[Chosen], taking: Taking, size: Size | None, progress: Callable[[int, int], None], _title: str
) -> Pixels:
    """The keogram: by default as large as a frame, at most 1080 lines; the hours stand below, within the size."""
    own = taking.size(frames)
    shrink = min(1.0, _MOST_HEIGHT / own[1])
    width, height = wanted_size(size, (max(1, round(own[0] * shrink)), max(1, round(own[1] * shrink))))
    band = max(_LEAST_BAND, round(height * _BAND)) if width >= _LEAST_SIZE[0] and height >= _LEAST_SIZE[1] else 0
    line_px = round(band * 0.72)
    axis = axis_of(frames, width, max(1, 4 * line_px))
    result = paper.sheet((width, height))
    _fill(result[: height - band], frames, axis, taking, progress)
    if band:
        _mark(result, axis, height - band, line_px)
    return result


def _fill(
    picture: Pixels, frames: Sequence[Chosen], axis: Axis, taking: Taking, progress: Callable[[int, int], None]
) -> None:
    height = picture.shape[0]
    spans = _spans(axis.columns)
    progress(0, len(spans))
    for number, (index, first, end) in enumerate(spans, 1):
        following = spans[number][0] if number < len(spans) else len(frames)
        found = taking.first_whole(frames[index : max(index + 1, min(following, index + _TRIES))], (1, height))
        if found is not None:
            picture[:, first:end] = _middle(found[1], height)
        progress(number, len(spans))


def _spans(columns: list[int]) -> list[tuple[int, int, int]]:
    """Neighbouring columns of one frame: its index, the first column, and the one behind the last."""
    spans: list[tuple[int, int, int]] = []
    for column, index in enumerate(columns):
        if index == NO_FRAME:
            continue
        if spans and spans[-1][0] == index and spans[-1][2] == column:
            spans[-1] = index, spans[-1][1], column + 1
        else:
            spans.append((index, column, column + 1))
    return spans


def _middle(pixels: Pixels, height: int) -> Pixels:
    """The column in the middle of a frame, as wide as makes it one pixel at that height: (height, 1, 3)."""
    import numpy as np  # noqa: PLC0415 - 20 MB that a video does without

    wide = max(1, round(pixels.shape[0] / height))
    left = (pixels.shape[1] - wide) // 2
    return scaled(np.ascontiguousarray(pixels[:, left : left + wide]), (1, height))


def _mark(result: Pixels, axis: Axis, top: int, line_px: int) -> None:
    """A short line and a word for each mark; at the ends of the picture the word stands beside its line."""
    height, width = result.shape[:2]
    tick = max(3, (height - top) // 6)
    thick = max(1, height // 700)
    for column, word in axis.marks:
        result[top : top + tick, column : column + thick] = paper.INK
        half = 1.6 * line_px
        side: Side = "left" if column < half else "right" if column > width - half else "middle"
        paper.write(result, word, (column, top + tick), line_px, width, side)
