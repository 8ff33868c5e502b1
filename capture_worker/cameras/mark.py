"""The machine-readable mark at the foot of the built-in camera's picture: which millisecond it shows.

Owns: writing a time into an image as black and white blocks, and reading it back from a decoded JPEG.
Does not own: the picture above it, nor the JPEG.
Invariant: what is read is what was drawn, or None; a damaged or foreign picture never yields a time.
"""

from __future__ import annotations

import numpy as np

from capture_worker.cameras.base import Image

TIME_BITS = 48
CHECK_BITS = 8
ROWS = 2
COLUMNS = (TIME_BITS + CHECK_BITS) // ROWS
CRC_POLYNOMIAL = 0x07
# A block's middle is darker or lighter than these after JPEG at quality 50, even with 5x4 pixels a block (160x120).
DARK, LIGHT = 96, 160


def mark_height(height: int) -> int:
    """The number of pixel rows at the foot of a picture of this height that belong to the mark."""
    return ROWS * max(4, height // 90)


def draw_mark(image: Image, time_ms: int, picture_height: int | None = None) -> None:
    """Write `time_ms` (milliseconds since the epoch, below 2**48) over the picture's last rows, in place.

    `picture_height` is the height of the whole picture, where `image` is only the lower part of it.
    """
    height, width = image.shape[:2]
    columns = np.arange(width) * COLUMNS // width
    tall = mark_height(picture_height or height)
    row_height = tall // ROWS
    for row, bits in enumerate(_bits(time_ms)):
        top = height - tall + row * row_height
        image[top : top + row_height] = bits[columns][None, :, None]


def read_mark(image: Image) -> int | None:
    """The time in milliseconds that `draw_mark` wrote, or None where there is no whole mark. Gray or BGR."""
    gray = image if image.ndim == 2 else image[:, :, 1]
    height, width = gray.shape
    row_height = mark_height(height) // ROWS
    middles = (np.arange(COLUMNS) * 2 + 1) * width // (2 * COLUMNS)
    tops = height - mark_height(height) + np.arange(ROWS) * row_height + (row_height - 1) // 2
    levels = (gray[tops][:, middles].astype(int) + gray[tops + 1][:, middles]) // 2
    if ((levels > DARK) & (levels < LIGHT)).any():
        return None
    word = 0
    for bit in (levels > 127).ravel().tolist():
        word = word << 1 | bit
    time_ms = word >> CHECK_BITS
    return time_ms if _with_check(time_ms) == word else None


def _bits(time_ms: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    word = _with_check(time_ms)
    total = TIME_BITS + CHECK_BITS
    levels = [255 if word >> (total - 1 - place) & 1 else 0 for place in range(total)]
    return np.array(levels, np.uint8).reshape(ROWS, COLUMNS)


def _with_check(time_ms: int) -> int:
    """The time followed by its CRC-8. The start value is not 0, so that an all-black strip is no mark."""
    crc = 0xFF
    for byte in time_ms.to_bytes(TIME_BITS // 8, "big"):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ CRC_POLYNOMIAL if crc & 0x80 else crc << 1) & 0xFF
    return time_ms << CHECK_BITS | crc
