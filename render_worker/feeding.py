"""The JPEGs of a video, one for each of its pictures, read as they are needed.

Owns: what stands for a frame that can't be used, and holding a frame that stands for several pictures.
Does not own: which pictures there are (`render_worker.selection.timeline`), nor reading one (`.reading`).
Invariant: as many come out as there are pictures, whatever is damaged: the last one that could be used stands for it.
Two frames are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from render_worker.preparing import First
from render_worker.selection.chosen import GONE, Chosen, DamagedFrame, Picture
from render_worker.selection.fade import faded
from render_worker.selection.reading import read_frame, size_of_jpeg


class Shown(Struct, frozen=True):
    """One picture of the video: its JPEG, and the place of the frame that it shows, or mostly shows."""

    jpeg: bytes
    index: int


class Feed:
    """The pictures, in order. `damaged` is what was wrong with which frame, as far as they were read.

    `only` is the one size, in pixels, that a frame may have, None where any will do.
    """

    def __init__(
        self,
        frames: Sequence[Chosen],
        pictures: Sequence[Picture],
        first: First,
        only: tuple[int, int] | None = None,
    ) -> None:
        self.damaged = dict(first.damaged)
        self._frames = frames
        self._pictures = pictures
        self._only = only
        self._held: dict[int, bytes] = {first.index: first.jpeg}
        self._last = Shown(first.jpeg, first.index)

    @property
    def gone(self) -> int:
        """How many of the `damaged` are so because they were deleted meanwhile."""
        return list(self.damaged.values()).count(GONE)

    def __iter__(self) -> Iterator[Shown]:
        """Reads a frame for each picture that needs another one. Blocks for the disk."""
        for picture in self._pictures:
            wanted = {picture.frame, picture.towards}
            self._held = {index: jpeg for index, jpeg in self._held.items() if index in wanted}
            yield self._shown(picture)

    def _shown(self, picture: Picture) -> Shown:
        one = self._jpeg(picture.frame)
        if one is not None:
            self._last = Shown(one, picture.frame)
        if picture.towards is None:
            return self._last
        other = self._jpeg(picture.towards)
        if one is None or other is None:
            return self._last
        try:
            jpeg = faded(one, other, picture.weight)
        except DamagedFrame:
            return self._last
        return Shown(jpeg, picture.frame if picture.weight < 0.5 else picture.towards)

    def _jpeg(self, index: int) -> bytes | None:
        """A frame's bytes; None where it can't be used, which is found out once."""
        if index in self.damaged:
            return None
        if (jpeg := self._held.get(index)) is None:
            try:
                jpeg = read_frame(self._frames[index])
                self._check_size(jpeg)
            except DamagedFrame as error:
                self.damaged[index] = error.reason
                return None
            self._held[index] = jpeg
        return jpeg

    def _check_size(self, jpeg: bytes) -> None:
        """Raises `DamagedFrame`."""
        size = size_of_jpeg(jpeg)
        if self._only is not None and size != self._only:
            width, height = size
            raise DamagedFrame(f"it is of another size ({width}x{height}), which a copy can't have")
