"""What a test reads from the rig's pictures beside the time: the scene's number, and the patches.

Owns: the readers' side of `kernel/mark.c` and `kernel/scene.c`. The time is read by capture_worker/cameras/mark.py.
"""

from __future__ import annotations

import numpy as np

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import COLUMNS, ROWS, mark_height

NUMBER_BITS = 12
GREYS = (0.02, 0.05, 0.10, 0.18, 0.30, 0.45, 0.70, 1.00)
"""Reflectance of the grey patches from left to right, in scene 0."""

_GREYS_AT, _COLOURS_AT = 0.32, 0.09


def read_scene(image: Image) -> int | None:
    """The scene's number, or None where there is no whole mark of it. BGR."""
    height, width = image.shape[:2]
    row_height = mark_height(height) // ROWS
    row = height - mark_height(height) - row_height // 2 - 1
    middles = (np.arange(COLUMNS) * 2 + 1) * width // (2 * COLUMNS)
    bits = (image[row, middles, 1] > 127).tolist()
    number, inverted = (int("".join("01"[bit] for bit in part), 2) for part in (bits[:12], bits[12:24]))
    is_whole = number ^ inverted == 2**NUMBER_BITS - 1 and bits[24:] == [False, True, False, True]
    return number if is_whole else None


def greys(image: Image) -> list[float]:
    """The mean level of each of the eight grey patches, from left to right. A picture of the whole scene."""
    return [float(patch.mean()) for patch in _patches(image, _GREYS_AT)]


def colours(image: Image) -> list[tuple[float, float, float]]:
    """The mean blue, green and red of each of the eight coloured patches: red, green, blue, yellow, cyan, ..."""
    means = [patch.mean(axis=(0, 1)) for patch in _patches(image, _COLOURS_AT)]
    return [(float(mean[0]), float(mean[1]), float(mean[2])) for mean in means]


def _patches(image: Image, at: float) -> list[Image]:
    """The middle of each patch of the band that lies there (part of the height)."""
    height, width = image.shape[:2]
    top, tall, wide = round(height * at), max(2, height // 40), max(2, width // 40)
    lefts = [(2 * i + 1) * width // 16 - wide // 2 for i in range(8)]
    return [image[top : top + tall, left : left + wide] for left in lefts]
