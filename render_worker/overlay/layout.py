"""Where the strips stand in a video, and how large they are.

Owns: sizes, margins and places. Does not own: how wide words are (`lettering`), nor what is drawn (`strips`).
Invariant: pure. Every strip lies within the video, and its numbers are even: the colours of a video have half its
resolution, and a strip that begins between two of theirs would have coloured edges.
"""

from __future__ import annotations

from render_worker.encoding.plan import StripPlace
from render_worker.request import Place

Size = tuple[int, int]
"""(width, height) in pixels."""

_MARGIN = 0.030
"""The distance of words from the edges, of the video's shorter side: what televisions and players leave visible."""
_BAR = 0.0055
_LEAST_LINE = 14
"""No line is asked for below this height in pixels: nobody could read it."""


def line_height(video: Size, percent: float) -> int:
    """How high a line of words is, in pixels."""
    return max(_LEAST_LINE, round(video[1] * percent / 100))


def margin(video: Size) -> int:
    """How far words stay away from the edges, in pixels; always further than the bar is high."""
    return max(4, round(min(video) * _MARGIN), bar_place(video).height + 2)


def room(video: Size) -> Size:
    """How large the block of words may be."""
    away = margin(video)
    return max(0, video[0] - 2 * away), max(0, video[1] - 2 * away)


def text_place(video: Size, place: Place, block: Size, pad: int) -> StripPlace:
    """The strip of a block of words of this size, which has `pad` pixels around it for its shadow."""
    away = margin(video)
    left = {"left": away, "right": video[0] - away - block[0]}.get(side(place), (video[0] - block[0]) // 2)
    top = away if place.startswith("top") else video[1] - away - block[1]
    x, width = _span(left - pad, block[0] + 2 * pad, video[0])
    y, height = _span(top - pad, block[1] + 2 * pad, video[1])
    return StripPlace(width, height, x, y)


def side(place: Place) -> str:
    """Which side lines are flush with: left, right, or the middle."""
    return "left" if place.endswith("left") else "right" if place.endswith("right") else "middle"


def bar_place(video: Size) -> StripPlace:
    """The strip of the bar of the day: all along the lower edge."""
    height = min(video[1], max(2, 2 * round(min(video) * _BAR / 2)))
    return StripPlace(video[0], height, 0, video[1] - height)


def _span(first: int, length: int, most: int) -> tuple[int, int]:
    """An even start and length that cover these, as far as there are pixels."""
    start = max(0, first - first % 2)
    end = min(most, first + length)
    return start, min(end - start + (end - start) % 2, most - start)
