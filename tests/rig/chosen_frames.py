"""Frames that were chosen, as files or in memory alone, for what is made of them.

Owns: their pixels and their slots. Does not own: an output directory with a ledger (`planted_frames`).
Invariant: a plain gray or colour comes back from a JPEG as it went in, off by one at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from render_worker.selection.chosen import Chosen

Pixels = NDArray[np.uint8]


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Pixels:
    """One colour (blue, green, red) all over, (width, height) large."""
    return np.full((size[1], size[0], 3), colour, np.uint8)


def jpeg_of(pixels: Pixels) -> bytes:
    """A JPEG without loss of colour resolution."""
    jpeg: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=97, colorspace="BGR", colorsubsampling="444", fastdct=False
    )
    return jpeg


def planted(
    directory: Path,
    pictures: Sequence[Pixels | bytes],
    *,
    first_ms: int = 1_780_000_000_000,
    step_ms: int = 60_000,
    offset_min: int = 120,
) -> list[Chosen]:
    """A file for each picture, pixels or bytes as they are, and what chose them."""
    frames = []
    for number, picture in enumerate(pictures):
        path = directory / f"{number:04d}.jpg"
        path.write_bytes(picture if isinstance(picture, bytes) else jpeg_of(picture))
        frames.append(Chosen(first_ms + number * step_ms, offset_min, str(path)))
    return frames
