"""A still as the bytes of its file, with a line about itself in it.

Owns: JPEG and PNG, and where in them the line stands. Does not own: the file's name, and moving it there.
Invariant: what is returned is a whole file; every failure is an error.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from shared.errors import TimelapseError, UsageError

if TYPE_CHECKING:
    from render_worker.stills.taking import Pixels

SUFFIXES = (".jpg", ".jpeg", ".png")
QUALITY = 92
_MOST_JPEG = 65_500
"""Pixels a side: what libjpeg takes."""
_COM = 0xFE
_MOST_COMMENT = 65_533
_PNG_HEAD = 33
"""The signature and the first chunk."""


def check_suffix(suffix: str) -> None:
    """Raises `UsageError` where a still can't be of that kind."""
    if suffix.lower() not in SUFFIXES:
        raise UsageError(f"a still is a .jpg or a .png; {suffix or 'a name without an ending'} can't be written")


def encoded(pixels: Pixels, suffix: str, comment: str) -> bytes:
    """The file: a JPEG of quality 92 or a PNG. `comment` is what programs show as its comment; empty: none.

    Raises `UsageError` for a JPEG that is too large.
    """
    if suffix.lower() == ".png":
        return _with_text(_png(pixels), comment) if comment else _png(pixels)
    if max(pixels.shape[:2]) > _MOST_JPEG:
        raise UsageError(f"a JPEG has at most {_MOST_JPEG} pixels a side: ask for a smaller one, or for a .png")
    jpeg = _jpeg(pixels)
    return _with_comment(jpeg, comment) if comment else jpeg


def _jpeg(pixels: Pixels) -> bytes:
    import numpy as np  # noqa: PLC0415 - 20 MB that a video does without
    import simplejpeg  # noqa: PLC0415 - likewise

    jpeg: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=QUALITY, colorspace="BGR", colorsubsampling="420", fastdct=False
    )
    return jpeg


def _png(pixels: Pixels) -> bytes:
    import cv2  # noqa: PLC0415 - as above

    done, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise TimelapseError(f"a picture of {pixels.shape[1]}x{pixels.shape[0]} can't be written as PNG; try .jpg")
    return png.tobytes()


def _with_comment(jpeg: bytes, comment: str) -> bytes:
    """Behind the first segment, which has to be JFIF's."""
    text = comment.encode()[:_MOST_COMMENT]
    at = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:at] + struct.pack(">BBH", 0xFF, _COM, len(text) + 2) + text + jpeg[at:]


def _with_text(png: bytes, comment: str) -> bytes:
    """As international text: UTF-8, not compressed."""
    body = b"iTXt" + b"Comment\x00\x00\x00\x00\x00" + comment.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_PNG_HEAD] + chunk + png[_PNG_HEAD:]
