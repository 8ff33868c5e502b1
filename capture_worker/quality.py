"""What a picture is like, in figures: measured on the small gray picture that the check of every frame yields.

Owns: the measures of one picture, and of one beside the last.
Does not own: what is usual for a camera (`seams`, `own_best`), nor what is bad (`inspection`).
Invariant: pure. A gray value here is the mean of 8x8 pixels, from 0 to 255: the noise of a sensor is hardly left in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
"""uint8, (height, width)."""

_WHITE = 255
_CLIPPED = 2
"""So near to the end of the scale a gray value counts as clipped."""
_ACROSS, _DOWN = 120, 60
"""Columns and rows whose gray values are counted, of a picture that has twice as many or more."""
_TEXT_ROWS = 10
"""The uppermost and the lowest tenth of the rows, where cameras write their name and the time."""
_PARTS = (0.001, 0.05, 0.25, 0.75, 0.95, 0.999)
_NARROW = 32
"""Gray levels. A picture of one shade has fewer between a quarter and three quarters of it."""
_NEAREST, _FAR = 1, 4
_LEAST_CONTRAST = 1.0
"""Mean square, in gray levels, below which there is nothing in a picture whose sharpness could be told."""


class Measures(Struct, frozen=True, kw_only=True):
    """One picture. Shares are of its area; None is what could not, or not this time, be measured.

    `brightness_percent`: the mean gray value, of white. `contrast_percent`: between the gray values that 5 and 95 % of
    it are darker than. `dark_percent`, `bright_percent`: clipped. `sharpness_percent`: how much detail there is beside
    coarser structure, see `sharpness`. `changed_percent`: the box that holds whatever is not as in the last picture.
    `seam_percent`: how far down the seam of a torn picture runs, None where there is none.
    """

    brightness_percent: float
    contrast_percent: float
    dark_percent: float
    bright_percent: float
    changed_percent: float | None = None
    sharpness_percent: float | None = None
    seam_percent: float | None = None


class Shades(Struct, frozen=True):
    """The gray values of a picture: what `Measures` has of them, and the ends of the scale that it uses.

    `darkest` and `lightest` leave out the rows where cameras write, and the outermost thousandth: hot pixels.
    """

    brightness_percent: float
    contrast_percent: float
    dark_percent: float
    bright_percent: float
    darkest: int
    lightest: int


def shades(gray: Gray) -> Shades:
    """Of a picture of any size. Some 30 us at 240x135."""
    height, width = gray.shape
    values = gray[:: max(1, height // _DOWN), :: max(1, width // _ACROSS)]
    counts = _counts(values)
    up_to, of = counts.cumsum(), values.size
    darkest, low, lower, upper, high, lightest = up_to.searchsorted([part * of for part in _PARTS])
    if upper - lower < _NARROW:
        # Else there is more than one shade within the rows that count, whatever is written in the others.
        edge = len(values) // _TEXT_ROWS
        inner = _counts(values[edge : len(values) - edge]).cumsum()
        darkest, lightest = inner.searchsorted((_PARTS[0] * inner[-1], _PARTS[-1] * inner[-1]))
    return Shades(
        brightness_percent=float(counts @ _LEVELS) / of / _WHITE * 100,
        contrast_percent=float(high - low) / _WHITE * 100,
        dark_percent=float(up_to[_CLIPPED]) / of * 100,
        bright_percent=float(of - up_to[_WHITE - _CLIPPED - 1]) / of * 100,
        darkest=int(darkest),
        lightest=int(lightest),
    )


def changed_percent(gray: Gray, last: Gray) -> float:
    """How large a part of the picture the box is that holds every change, in percent. Some 15 us at 240x135.

    A live picture changes everywhere: noise of a fifth of a gray level is enough. One that is frozen changes nowhere,
    or only where a recorder writes the time over it.
    """
    differs = gray != last
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0.0
    return float((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)) / gray.size * 100


def sharpness(gray: Gray) -> float | None:
    """How much detail there is, 0 to 100, or None where there is nothing to see. For pictures some 500 pixels wide.

    It is the energy of the differences between neighbours, as a part of that between pixels four apart, less the
    sixteenth that is left of a smooth slope. So it does not depend on light or contrast, haze or night, and only a
    little on noise: a sharp picture has some 15 to 30, noise 100.
    """
    values = gray.astype(np.float32)
    far = _energy(values, _FAR)
    if far < _LEAST_CONTRAST:
        return None
    smooth = (_NEAREST / _FAR) ** 2
    return max(0.0, (_energy(values, _NEAREST) / far - smooth) / (1 - smooth)) * 100


_LEVELS = np.arange(_WHITE + 1)


def _counts(gray: Gray) -> NDArray[Any]:
    """How often each gray value is there."""
    return np.bincount(gray.ravel(), minlength=_WHITE + 1)


def _energy(values: NDArray[np.float32], apart: int) -> float:
    """The mean square of the differences between pixels so far apart, both ways. 0 for a picture no larger."""
    total = 0.0
    for shifted in (values[:, apart:] - values[:, :-apart], values[apart:] - values[:-apart]):
        if shifted.size:
            total += float(np.square(shifted, out=shifted).mean())
    return total
