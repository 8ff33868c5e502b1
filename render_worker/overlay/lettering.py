"""Words as pixels: white, with a soft dark edge that keeps them legible over anything.

Owns: opening fonts, and drawing lines of words. Does not own: which words, and where they stand.
Invariant: digits have cells of one width, so that a clock does not tremble. What was drawn once (a digit, the words
between two digits) is kept and pasted, so that a new line costs no new drawing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

_NO_LETTER = "\uffff"
_FALLBACKS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "FreeSans.ttf",
    "Roboto-Regular.ttf",
)
"""For letters that the built-in font lacks; Pillow looks for them where the system keeps its fonts."""
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_RUNS = re.compile("[0-9]|[^0-9]+")
_DIGITS = "0123456789"
_LEAST_SIZE = 6
_EDGE, _BLUR = 0.055, 0.075
"""The dark edge: how far it reaches around a letter and how soft it is, of the font's size."""
_EDGE_STRENGTH = 1.6
_DRAWN_SIZE = 40
"""Small letters are drawn at least so large and then reduced: hinted to whole pixels they would stand unevenly."""
_SMALL_STRENGTH = 1.35
"""By how much the ink of reduced letters is strengthened: their lines are thinner than a pixel."""
_MOST_SPRITES = 128


class Face(NamedTuple):
    """A font of any size. `path` is empty for the one that is built into Pillow."""

    path: str = ""

    def at(self, size: int) -> FreeTypeFont:
        """The font, `size` pixels large. Raises `UsageError` where the file is not there, or no font."""
        from PIL import ImageFont  # noqa: PLC0415 - 10 MB that only overlays and labels need

        try:
            font = ImageFont.truetype(self.path, size) if self.path else ImageFont.load_default(size)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"overlay font {self.path!r} can't be used ({error}): give the path of a TrueType or OpenType font, "
                "or none for the built-in one"
            ) from error
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise UsageError("this Pillow was built without FreeType and can't draw words: install another one")
        return font

    def missing(self, text: str) -> str:
        """Those letters of a text that the font has no picture of."""
        font = self.at(32)
        empty = _outline(font, _NO_LETTER)
        return "".join(
            letter for letter in sorted(set(text)) if not _is_blank(letter) and _outline(font, letter) == empty
        )


def face_for(path: str, text: str) -> Face:
    """The font of that path; for an empty path the built-in one, or one of the system's where that lacks letters.

    Raises `UsageError` where the font can't be opened, or no font has all letters of the text.
    """
    chosen = Face(path)
    lacking = chosen.missing(text)
    if not lacking:
        return chosen
    for name in () if path else _FALLBACKS:
        try:
            if not Face(name).missing(text):
                return Face(name)
        except UsageError:
            continue
    which = f"the font {path!r}" if path else "the built-in font"
    raise UsageError(f"overlay: {which} has no {' '.join(lacking)}; name one that has as the overlay's font")


class Lettering:
    """Lines of words of one font and height. Not to be shared between threads."""

    def __init__(self, face: Face, line_px: int) -> None:
        self.line_px = line_px
        size = max(_LEAST_SIZE, math.floor(line_px * 100 / sum(face.at(100).getmetrics())))
        self._scale = math.ceil(_DRAWN_SIZE / size)
        self._font = face.at(size * self._scale)
        self._digit_px = round(max(self._length(digit) for digit in _DIGITS))
        self._edge = max(1.0, size * _EDGE)
        self._blur = max(0.6, size * _BLUR)
        self.pad = math.ceil(self._edge + 2 * self._blur)
        self._sprite = lru_cache(maxsize=_MOST_SPRITES)(self._drawn)
        self._advance = lru_cache(maxsize=_MOST_SPRITES)(self._measured)

    def width(self, line: str) -> int:
        """How many pixels a line is wide, without its edge."""
        return sum(self._advance(run) for run in _runs(line))

    def draw(self, words: tuple[str, ...], side: str, size: tuple[int, int]) -> bytes:
        """RGBA of (width, height) = `size` with lines below each other, flush with a side; not premultiplied."""
        from PIL import Image as images  # noqa: N813, PLC0415 - as above

        edge, ink = images.new("L", size), images.new("L", size)
        room = size[0] - 2 * self.pad
        for number, line in enumerate(words):
            runs = _runs(line)
            spare = room - sum(map(self._advance, runs))
            left = {"left": 0, "right": spare}.get(side, spare // 2)
            for run in runs:
                shadow, letters, shift = self._sprite(run)
                corner = (left + shift, number * self.line_px)
                edge.paste(255, corner, shadow)
                ink.paste(255, corner, letters)
                left += self._advance(run)
        dark = edge.point(_curve(_EDGE_STRENGTH))
        nothing, full = images.new("L", size), images.new("L", size, 255)
        below = images.merge("RGBA", (nothing, nothing, nothing, dark))
        return images.alpha_composite(below, images.merge("RGBA", (full, full, full, ink))).tobytes()

    def _length(self, run: str) -> float:
        return self._font.getlength(run) / self._scale

    def _measured(self, run: str) -> int:
        return self._digit_px if run in _DIGITS else round(self._length(run))

    def _drawn(self, run: str) -> tuple[Image, Image, int]:
        """The edge and the letters of a run, and how far left of it they begin (negative where letters overhang)."""
        from PIL import ImageFilter  # noqa: PLC0415 - as above

        left, _, right, _ = self._font.getbbox(run)
        overhang = max(0, math.ceil(-left / self._scale))
        inset = (self._digit_px - self._length(run)) / 2 if run in _DIGITS else 0
        width = overhang + max(math.ceil(right / self._scale), self._advance(run)) + 2 * self.pad
        size = width, self.line_px + 2 * self.pad
        corner = (overhang + self.pad + inset) * self._scale, self.pad * self._scale
        edge, ink = (self._written(run, size, corner, stroke) for stroke in (round(self._edge * self._scale), 0))
        return edge.filter(ImageFilter.GaussianBlur(self._blur)), ink, -overhang

    def _written(self, run: str, size: tuple[int, int], corner: tuple[float, float], stroke: int) -> Image:
        from PIL import Image as images  # noqa: N813, PLC0415 - as above
        from PIL import ImageDraw  # noqa: PLC0415 - as above

        large = images.new("L", (size[0] * self._scale, size[1] * self._scale))
        ImageDraw.Draw(large).text((round(corner[0]), corner[1]), run, font=self._font, fill=255, stroke_width=stroke)
        return large.reduce(self._scale).point(_curve(_SMALL_STRENGTH)) if self._scale > 1 else large


def _runs(line: str) -> list[str]:
    """Digits one by one, and what is between them; the whole line where some of it is written from right to left."""
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in line):
        return [line]
    return _RUNS.findall(line)


@lru_cache(maxsize=2)
def _curve(strength: float) -> list[int]:
    return [min(255, round(level * strength)) for level in range(256)]


def _outline(font: FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


def _is_blank(letter: str) -> bool:
    """Whether no font needs a picture of it: a space, a mark on another letter, a control of the direction."""
    category = unicodedata.category(letter)
    return category[0] in "ZM" or category == "Cf"
