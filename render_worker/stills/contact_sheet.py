"""A contact sheet: some frames of a range on one sheet, with the time below each.

Owns: how many, which ones, and where they go. Does not own: the file.
Invariant: frames are chosen evenly from the first to the last, none twice, and keep their proportions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from render_worker.overlay.fields import local_time, stamped
from render_worker.selection.chosen import Chosen
from render_worker.stills import paper
from render_worker.stills.taking import Size, Taking, scaled

if TYPE_CHECKING:
    from render_worker.stills.taking import Pixels

_WIDTH = 1920
_USUAL, _ASPECT = 24, 16 / 9
"""Of a sheet that nobody asked another size for: about so many frames, about of this shape."""
_MOST_COLUMNS = 12
_TRIES = 4
"""So many frames are tried for a place whose own is damaged."""


class Grid(Struct, frozen=True):
    """A sheet: its size, the places of the frames on it, the size of each, and the lines of words.

    `title_px` is how high the title's line is, 0 for none; `line_px` how high the line below a frame is.
    """

    size: Size
    tile: Size
    corners: list[tuple[int, int]]
    line_px: int
    title_px: int
    margin: int


def make(
    frames: Sequence[Chosen], taking: Taking, size: Size | None, progress: Callable[[int, int], None], title: str
) -> Pixels:
    """The sheet: by default 1920 pixels wide, less where the frames are small."""
    grid = grid_of(len(frames), taking.size(frames), size, titled=bool(title))
    result = paper.sheet(grid.size)
    if title:
        paper.write(result, title, (grid.margin, (grid.margin + 1) // 2), grid.title_px, grid.size[0] - 2 * grid.margin)
    spans_days = frames[-1].slot_ms - frames[0].slot_ms > 86_400_000
    picks = evenly(len(frames), len(grid.corners))
    progress(0, len(picks))
    for number, (index, corner) in enumerate(zip(picks, grid.corners, strict=True), 1):
        following = picks[number] if number < len(picks) else len(frames)
        found = taking.first_whole(frames[index : max(index + 1, min(following, index + _TRIES))], grid.tile)
        if found is not None:
            _lay(result, grid, corner, *found, "%m-%d %H:%M" if spans_days else "%H:%M")
        progress(number, len(picks))
    return result


def evenly(count: int, wanted: int) -> list[int]:
    """Indices of `wanted` of `count` (at least as many), evenly from the first to the last."""
    if wanted == 1:
        return [count // 2]
    return [round(number * (count - 1) / (wanted - 1)) for number in range(wanted)]


def grid_of(count: int, frame: Size, asked: Size | None, *, titled: bool) -> Grid:
    """The sheet for so many frames of this size."""
    width, height = asked or (0, 0)
    columns, rows = _shape(count, frame, width / height if width and height else _ASPECT)
    if not width and not height:
        width = min(_WIDTH, columns * frame[0])
    if not width:
        width = round(height * _ASPECT)
    gap = max(2, width // 160)
    tile_width = max(1, (width - (columns + 1) * gap) // columns)
    line_px = max(11, round(min(tile_width, tile_width * frame[1] / frame[0] * 1.6) * 0.075))
    title_px = round(line_px * 1.5) if titled else 0
    above = gap + title_px + (gap if titled else 0)
    if height:
        most = (height - above - rows * (line_px + gap)) // rows
        tile_width = max(1, min(tile_width, int(most * frame[0] / frame[1])))
    tile = tile_width, max(1, round(tile_width * frame[1] / frame[0]))
    step = tile[0] + gap, tile[1] + line_px + gap
    full = width, height or above + rows * step[1]
    left = (full[0] - columns * step[0] + gap) // 2
    top = max(above, (full[1] + above - rows * step[1]) // 2)
    corners = [(left + column * step[0], top + row * step[1]) for row in range(rows) for column in range(columns)]
    return Grid(full, tile, corners, line_px, title_px, gap)


def _shape(count: int, frame: Size, aspect: float) -> tuple[int, int]:
    """Columns and rows: near the shape of the sheet and the usual number, every place taken."""

    def badness(shape: tuple[int, int]) -> float:
        columns, rows = shape
        own = columns * frame[0] / (rows * frame[1] * 1.12)
        return abs(math.log(own / aspect)) + 1.2 * abs(math.log(columns * rows / min(count, _USUAL)))

    most = range(1, _MOST_COLUMNS + 1)
    return min(((columns, rows) for columns in most for rows in most if columns * rows <= count), key=badness)


def _lay(result: Pixels, grid: Grid, corner: tuple[int, int], chosen: Chosen, pixels: Pixels, form: str) -> None:
    """A frame in the middle of its place, and its time below."""
    shrink = min(grid.tile[0] / pixels.shape[1], grid.tile[1] / pixels.shape[0])
    size = max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink))
    x, y = corner
    paper.lay(result, scaled(pixels, size), (x + (grid.tile[0] - size[0]) // 2, y + (grid.tile[1] - size[1]) // 2))
    time = stamped(form, local_time(chosen.slot_ms, chosen.offset_min))
    below = x + grid.tile[0] // 2, y + grid.tile[1] + grid.line_px // 10
    paper.write(result, time, below, grid.line_px, grid.tile[0], "middle")
