"""The strips that are laid over a video: one of words, one of the bar of the day.

Owns: choosing the size of the letters once for a whole video, and the pixels of each picture's strips.
Does not own: the words (`fields`), places (`layout`), letters (`lettering`), and the pipe to ffmpeg.
Invariant: a strip's size never changes within a video; words that don't fit are made smaller, never cut. A strip that
shows the same as before is the very same object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from render_worker.encoding.plan import StripPlace
from render_worker.overlay import fields, layout
from render_worker.overlay.day import part_of_day
from render_worker.overlay.layout import Size
from render_worker.overlay.lettering import Face, Lettering, face_for
from render_worker.request import Overlay
from shared.errors import UsageError

if TYPE_CHECKING:
    from render_worker.selection.chosen import Chosen

_LEAST_LINE_PX = 8
_BAR_STEPS = 4
"""The bar grows by so many parts of a pixel."""
_OVER, _AHEAD = bytes((255, 255, 255, 224)), bytes((0, 0, 0, 112))
"""One pixel of the bar: what is over of the day, and what is ahead."""
_EDGE = bytes((0, 0, 0, 80))
"""One of the line above it, that sets it off from snow."""


class Strips:
    """The strips of one video of `count` frames, `size` pixels large. Not to be shared between threads.

    Raises `UsageError` for words that can't be understood or have no room, and for a font that can't be used.
    """

    def __init__(self, overlay: Overlay, size: Size, camera: str, count: int) -> None:
        fields.check_overlay(overlay)
        self._overlay, self._camera, self._count = overlay, camera, count
        self._words = _Words(overlay, size, camera, count) if overlay.text or overlay.timestamp else None
        self._bar = _Bar(size) if overlay.day_bar else None

    @property
    def places(self) -> tuple[StripPlace, ...]:
        """Where each strip stands: none, one or two, in the order of `draw`."""
        return tuple(part.place for part in (self._words, self._bar) if part is not None)

    def draw(self, chosen: Chosen, number: int) -> list[bytes]:
        """Each strip as RGBA, not premultiplied, row by row, for the frame `number` (from 1 on)."""
        strips = []
        if self._words is not None:
            local = fields.local_time(chosen.slot_ms, chosen.offset_min)
            facts = fields.Facts(self._camera, local, number, self._count, chosen.exposure_us)
            strips.append(self._words.draw(fields.lines(self._overlay, facts)))
        if self._bar is not None:
            strips.append(self._bar.draw(part_of_day(chosen.slot_ms, chosen.offset_min)))
        return strips


class _Words:
    """The strip of words."""

    def __init__(self, overlay: Overlay, size: Size, camera: str, count: int) -> None:
        samples = fields.samples(overlay, camera, count)
        letters = "".join(
            sorted({letter for words in samples for line in words for letter in line} | set("0123456789"))
        )
        face = face_for(overlay.font, letters)
        self._lettering, block = _fitting(face, samples, layout.line_height(size, overlay.height_percent), size)
        self._side = layout.side(overlay.place)
        self.place = layout.text_place(size, overlay.place, block, self._lettering.pad)
        self._shown: tuple[str, ...] | None = None
        self._strip = b""

    def draw(self, words: tuple[str, ...]) -> bytes:
        if words != self._shown:
            self._strip = self._lettering.draw(words, self._side, (self.place.width, self.place.height))
            self._shown = words
        return self._strip


class _Bar:
    """The strip of the day."""

    def __init__(self, size: Size) -> None:
        self.place = layout.bar_place(size)
        self._shown = -1
        self._strip = b""

    def draw(self, part: float) -> bytes:
        steps = int(part * self.place.width * _BAR_STEPS)
        if steps != self._shown:
            full, rest = divmod(steps, _BAR_STEPS)
            tip = _mixed(rest / _BAR_STEPS) if full < self.place.width else b""
            row = _OVER * full + tip + _AHEAD * (self.place.width - full - 1)
            edge = _EDGE * self.place.width if self.place.height > 2 else b""
            self._strip = edge + row * (self.place.height - len(edge) // len(row))
            self._shown = steps
        return self._strip


def _mixed(part: float) -> bytes:
    """The pixel at the tip of the bar."""
    return bytes(round(ahead + (over - ahead) * part) for over, ahead in zip(_OVER, _AHEAD, strict=True))


def _fitting(face: Face, samples: set[tuple[str, ...]], line_px: int, video: Size) -> tuple[Lettering, Size]:
    """The largest letters, up to lines of `line_px`, with which all samples have room; and the size of the block."""
    most = layout.room(video)
    while line_px >= _LEAST_LINE_PX:
        lettering = Lettering(face, line_px)
        width = max(lettering.width(line) for words in samples for line in words)
        height = max(len(words) for words in samples) * line_px
        if width <= most[0] and height <= most[1]:
            return lettering, (width, height)
        line_px = min(line_px - 1, int(line_px * most[0] / max(1, width)) + 1)
    longest = max((line for words in samples for line in words), key=len)
    raise UsageError(
        f"overlay: a line of {len(longest)} letters has no room in a picture of {video[0]}x{video[1]}: shorten it"
    )
