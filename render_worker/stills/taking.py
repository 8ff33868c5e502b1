"""Frames as pixels, one at a time, for a still.

Owns: decoding, at a reduced scale where that is enough, cropping and turning as videos do, and counting what was
damaged. Does not own: reading a frame (`selection.reading`), nor what is made of it.
Invariant: at most one decoded frame is held. A damaged one is never a reason to fail, unless all are. As in videos, how
a frame's EXIF says that it is to be turned is not heeded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from render_worker.encoding.plan import crop_box, even_size, turned_size
from render_worker.request import Look
from render_worker.selection.chosen import GONE, Chosen, DamagedFrame, NothingToRender
from render_worker.selection.reading import size_of_jpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    """(height, width, 3): blue, green, red."""

Size = tuple[int, int]
"""(width, height) in pixels."""
Read = Callable[[Chosen], bytes]


class Taking:
    """Takes frames as pixels, cropped and turned as `look` says.

    `used`, `damaged` and `gone` (deleted before they were read) are how many so far.
    """

    def __init__(self, read: Read, look: Look = Look()) -> None:  # noqa: B008 - it can't be changed
        self._read = read
        self._look = look
        self.used = 0
        self.damaged = 0
        self.gone = 0
        self._first_reason = ""

    def size(self, frames: Iterable[Chosen]) -> Size:
        """The size of the first of the frames that is whole at its head, when it is cropped and turned.

        Raises `NothingToRender`. Blocks.
        """
        for chosen in frames:
            try:
                own = size_of_jpeg(self._read(chosen))
                return turned_size(own, self._look) if _changes(self._look) else own
            except DamagedFrame as error:
                self._first_reason = self._first_reason or str(error)
        raise self.nothing()

    def take(self, chosen: Chosen, least: Size) -> Pixels | None:
        """A frame at the smallest scale at which it is not smaller than `least`; None where it is damaged. Blocks."""
        try:
            pixels = _seen(self._read(chosen), self._look, least)
        except DamagedFrame as error:
            self.gone += error.reason == GONE
            self.damaged += error.reason != GONE
            self._first_reason = self._first_reason or str(error)
            return None
        self.used += 1
        return pixels

    def first_whole(self, candidates: Iterable[Chosen], least: Size) -> tuple[Chosen, Pixels] | None:
        """The first of some frames that is not damaged."""
        for chosen in candidates:
            if (pixels := self.take(chosen, least)) is not None:
                return chosen, pixels
        return None

    def nothing(self) -> NothingToRender:
        """What to raise where no frame could be used."""
        reason = f"; the first: {self._first_reason}" if self._first_reason else ""
        return NothingToRender(f"not one of the frames can be used{reason}")


def scaled(pixels: Pixels, size: Size) -> Pixels:
    """`pixels` at exactly this size; the same object where it is that already."""
    import cv2  # noqa: PLC0415 - 20 MB that a video does without
    import numpy as np  # noqa: PLC0415 - likewise

    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8)


def wanted_size(asked: Size | None, own: Size) -> Size:
    """The size that was asked for; a 0 in it keeps the proportions of `own`, which also stands for None."""
    width, height = asked or (0, 0)
    if width and height:
        return width, height
    if width:
        return width, max(1, round(width * own[1] / own[0]))
    return (max(1, round(height * own[0] / own[1])), height) if height else own


def _changes(look: Look) -> bool:
    return look.crop is not None or look.rotation != 0


def _seen(jpeg: bytes, look: Look, least: Size) -> Pixels:
    """What is left of a frame, the right way up, at a scale at which that is not smaller than `least`."""
    size = size_of_jpeg(jpeg)
    if not _changes(look):
        return _decoded(jpeg, size, least)
    import numpy as np  # noqa: PLC0415 - as above

    full, box = even_size(size), crop_box(size, look)
    across, down = reversed(least) if look.rotation in {90, 270} else least
    pixels = _decoded(jpeg, size, (math.ceil(across * full[0] / box.width), math.ceil(down * full[1] / box.height)))
    (height, width), (x, y) = pixels.shape[:2], (pixels.shape[1] / full[0], pixels.shape[0] / full[1])
    left, top = min(width - 1, round(box.x * x)), min(height - 1, round(box.y * y))
    kept = pixels[top : top + max(1, round(box.height * y)), left : left + max(1, round(box.width * x))]
    return np.ascontiguousarray(np.rot90(kept, -look.rotation // 90))


def _decoded(jpeg: bytes, size: Size, least: Size) -> Pixels:
    import simplejpeg  # noqa: PLC0415 - as above

    width, height = size
    # Halves alone: libjpeg has slow code for the scales between them.
    factor = next((each for each in (8, 4, 2) if width // each >= least[0] and height // each >= least[1]), 1)
    try:
        # Strict is the default: whatever libjpeg warns about is damage.
        pixels: Pixels = simplejpeg.decode_jpeg(
            jpeg, colorspace="BGR", min_width=width // factor, min_height=height // factor, min_factor=factor
        )
    except (ValueError, KeyError) as error:
        # simplejpeg 1.6 looks up the colours of a JPEG that has no picture in it.
        raise DamagedFrame(str(error) or "it can't be decoded") from error
    return pixels
