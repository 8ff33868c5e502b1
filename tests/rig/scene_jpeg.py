"""JPEGs of the built-in scene with a mark of any time, made cheaply: some 0.3 ms each even at 1920x1080.

Owns: putting one JPEG together out of a picture that is encoded twice a second and a mark that is encoded anew each
time, and damaging a JPEG so that a strict decode notices.
Does not own: serving them.
Invariant: `read_mark` of what `at` returns is the time that was asked for, though the letters may be half a second old.

How: with a restart marker after each row of blocks, rows are independent of each other. Those of the mark, encoded
on their own with the same tables, take the place of the last ones.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import draw_mark, mark_height
from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg

_BLOCK = 16
"""Pixels in a row of blocks, with the colours at half resolution (4:2:0)."""
_REFRESH_S = 0.5
_DAMAGE_BYTES = 512


class SceneJpeg:
    """One camera's pictures. `size` is (width, height). Not for several threads at once."""

    def __init__(self, size: tuple[int, int], quality: int = 85, refresh_s: float = _REFRESH_S) -> None:
        self._width, self._height = size
        self._quality = quality
        self._top = (self._height - mark_height(self._height)) // _BLOCK * _BLOCK
        self._refresh_ns = round(refresh_s * 1e9)
        self._backdrop_ns = -self._refresh_ns
        self._head = b""
        self._rows: list[bytes] = []
        self._foot: Image = np.zeros((0, 0, 3), np.uint8)

    def at(self, wall_ns: int) -> bytes:
        """A whole JPEG whose mark is `wall_ns` in milliseconds."""
        if not 0 <= wall_ns - self._backdrop_ns < self._refresh_ns:
            self._refresh(wall_ns)
        draw_mark(self._foot, wall_ns // 1_000_000, self._height)
        _, foot_rows = self._encode(self._foot)
        return _join(self._head, self._rows + foot_rows)

    def _refresh(self, wall_ns: int) -> None:
        image = render(wall_ns, self._width, self._height)
        self._head, rows = self._encode(image)
        self._rows = rows[: self._top // _BLOCK]
        self._foot = image[self._top :].copy()
        self._backdrop_ns = wall_ns

    def _encode(self, image: Image) -> tuple[bytes, list[bytes]]:
        """Everything up to the picture's data, and its rows of blocks, without the markers between them."""
        per_row = -(-self._width // _BLOCK)
        options = [cv2.IMWRITE_JPEG_QUALITY, self._quality, cv2.IMWRITE_JPEG_RST_INTERVAL, per_row]
        jpeg = cv2.imencode(".jpg", image, options)[1].tobytes()
        scan = jpeg.index(b"\xff\xda")
        data = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")
        body = jpeg[data:-2]
        for number in range(8):
            body = body.replace(bytes((0xFF, 0xD0 + number)), b"\xff\xd0")
        return jpeg[:data], body.split(b"\xff\xd0")


def truncated(jpeg: bytes) -> bytes:
    """The first two thirds."""
    return jpeg[: len(jpeg) * 2 // 3]


def corrupted(jpeg: bytes, seed: int = 0) -> bytes:
    """Beginning, length and end as they were, and 512 bytes overwritten at a place where a strict decode notices."""
    noise = random.Random(seed)
    start = jpeg.index(b"\xff\xda") + 32
    for _ in range(50):
        place = noise.randrange(start, len(jpeg) - _DAMAGE_BYTES - 2)
        damaged = jpeg[:place] + noise.randbytes(_DAMAGE_BYTES) + jpeg[place + _DAMAGE_BYTES :]
        try:
            check_jpeg(damaged)
        except DamagedFrame:
            return damaged
    raise AssertionError("no place was found where the damage can be noticed")


def _join(head: bytes, rows: list[bytes]) -> bytes:
    """`head`, the rows with the restart markers 0 to 7 in turn between them, and the end of the image."""
    parts = [head]
    for number, row in enumerate(rows[:-1]):
        parts += (row, bytes((0xFF, 0xD0 + number % 8)))
    return b"".join([*parts, rows[-1], b"\xff\xd9"])
