"""Frames as pixels, one at a time, for a still.

Owns: decoding, at a reduced scale where that is enough, and counting what was damaged.
Does not own: reading a frame (`selection.reading`), nor what is made of it.
Invariant: at most one decoded frame is held. A damaged one is never a reason to fail, unless all are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from render_worker.selection.chosen import Chosen, DamagedFrame, NothingToRender
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
    """Takes frames as pixels. `used` and `damaged` are how many so far."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.used = 0
        self.damaged = 0
        self._first_reason = ""

    def size(self, frames: Iterable[Chosen]) -> Size:
        """The size of the first of the frames that is whole at its head. Raises `NothingToRender`. Blocks."""
        for chosen in frames:
            try:
                return size_of_jpeg(self._read(chosen))
            except DamagedFrame as error:
                self._first_reason = self._first_reason or str(error)
        raise self.nothing()

    def take(self, chosen: Chosen, least: Size) -> Pixels | None:
        """A frame at the smallest scale at which it is not smaller than `least`; None where it is damaged. Blocks."""
        try:
            pixels = _decoded(self._read(chosen), least)
        except DamagedFrame as error:
            self.damaged += 1
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


def _decoded(jpeg: bytes, least: Size) -> Pixels:
    import simplejpeg  # noqa: PLC0415 - as above

    width, height = size_of_jpeg(jpeg)
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
