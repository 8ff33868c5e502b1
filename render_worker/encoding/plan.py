"""What one video is made of, as ffmpeg has to know it.

Owns: the types, and the arithmetic of sizes. Does not own: ffmpeg's words for it (`command`), the process (`process`).
Invariant: pure. A video's width and height are even. A picture is never distorted: where the size that is wanted has
other proportions than the frame, cropped and turned, black is added on two sides.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Literal

from msgspec import Struct

from render_worker.request import Encoding, Look

Container = Literal["mp4", "mkv"]
Size = tuple[int, int]


class StripPlace(Struct, frozen=True):
    """A rectangle of the video that is drawn over, in pixels: its size, and where its left upper corner is."""

    width: int
    height: int
    x: int
    y: int


class Plan(Struct, frozen=True):
    """One video. `source` is (width, height) of its first frame; `output` the temporary path that ffmpeg writes to.

    `strips` are fed with each picture, in this order. `commands_files` are what steers `deflicker_filter`, a chain of
    filters; None and empty for no deflicker. `pictures` is how many will be fed, None where nobody knows. `encoder` is
    ffmpeg's name of a hardware encoder that passed its trial; empty is the codec's encoder in software.
    """

    fps: float
    source: Size
    look: Look
    encoding: Encoding
    output: Path
    container: Container = "mp4"
    strips: tuple[StripPlace, ...] = ()
    commands_files: tuple[Path, ...] = ()
    deflicker_filter: str = ""
    metadata: dict[str, str] = {}
    pictures: int | None = None
    encoder: str = ""

    @property
    def size(self) -> Size:
        """(width, height) of the video, in pixels. A copy keeps the first frame's, whatever the look says."""
        return self.source if self.encoding.codec == "copy" else video_size(self.source, self.look)

    @property
    def rate(self) -> Fraction:
        """`fps` as ffmpeg takes it: 29.97 and 23.976 stay what they are."""
        return Fraction(self.fps).limit_denominator(1001)


class CropBox(Struct, frozen=True):
    """What is left of a frame of one size: width, height, and its left upper corner, in that frame's pixels; even."""

    width: int
    height: int
    x: int
    y: int


def even_size(size: Size) -> Size:
    """The nearest size that 4:2:0 can have."""
    return _even(size[0]), _even(size[1])


def crop_box(source: Size, look: Look) -> CropBox:
    """What `look.crop` leaves of `even_size(source)`: all of it where there is none; never less than 2 x 2."""
    width, height = even_size(source)
    if look.crop is None:
        return CropBox(width, height, 0, 0)
    left, top, across, down = look.crop
    kept = min(width, _even(width * across)), min(height, _even(height * down))
    x, y = _down(min(width * left, width - kept[0])), _down(min(height * top, height - kept[1]))
    return CropBox(*kept, x, y)


def turned_size(source: Size, look: Look) -> Size:
    """The size of a frame that was cropped and turned."""
    box = crop_box(source, look)
    return (box.height, box.width) if look.rotation in {90, 270} else (box.width, box.height)


def video_size(source: Size, look: Look) -> Size:
    """(width, height) of the video in pixels: even, at least 2. A 0 in `look.size` keeps the proportions."""
    width, height = turned_size(source, look)
    wanted = look.size or (0, 0)
    if wanted[0] and wanted[1]:
        return even_size(wanted)
    if wanted[0]:
        return _even(wanted[0]), _even(wanted[0] * height / width)
    if wanted[1]:
        return _even(wanted[1] * width / height), _even(wanted[1])
    return width, height


def fitted_size(source: Size, look: Look) -> Size:
    """How large the picture is within the video: all of it, but where the proportions differ by more than 1 %."""
    width, height = turned_size(source, look)
    size = video_size(source, look)
    scale = min(size[0] / width, size[1] / height)
    fitted = width * scale, height * scale
    # Nobody sees 1 %, but everybody sees a black line along an edge.
    if all(kept > 0.99 * all_of_it for kept, all_of_it in zip(fitted, size, strict=True)):
        return size
    return min(size[0], _even(fitted[0])), min(size[1], _even(fitted[1]))


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)


def _down(pixels: float) -> int:
    return int(pixels) // 2 * 2
