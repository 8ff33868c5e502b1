"""Short words for a still: the time under a picture, an hour of the day, a title.

Owns: finding a font that has the letters, and keeping the letters that were drawn. Does not own: where words stand.
Invariant: a label never fails for its letters: what no font has is drawn as a question mark.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from render_worker.overlay.lettering import Face, Lettering, face_for
from shared.errors import UsageError

_LEAST_LINE_PX = 8


class Label(Struct, frozen=True):
    """Words as RGBA, not premultiplied, row by row. `pad` is how much of each side is only their dark edge."""

    width: int
    height: int
    pad: int
    rgba: bytes


def label(text: str, line_px: int, room_px: int) -> Label:
    """`text` in white, in a line of so many pixels, or a lower one where it would be wider than `room_px`.

    Not to be called by two threads at once.
    """
    text, face = _drawable(text)
    lettering = _lettering(face, line_px)
    while lettering.width(text) > room_px and line_px > _LEAST_LINE_PX:
        line_px = max(_LEAST_LINE_PX, min(line_px - 1, line_px * room_px // lettering.width(text)))
        lettering = _lettering(face, line_px)
    size = lettering.width(text) + 2 * lettering.pad, line_px + 2 * lettering.pad
    return Label(*size, lettering.pad, lettering.draw((text,), "left", size))


@lru_cache(maxsize=8)
def _lettering(face: Face, line_px: int) -> Lettering:
    return Lettering(face, line_px)


@lru_cache(maxsize=256)
def _drawable(text: str) -> tuple[str, Face]:
    try:
        return text, face_for("", text)
    except UsageError:
        built_in = Face()
        lacking = built_in.missing(text)
        return "".join("?" if letter in lacking else letter for letter in text), built_in
