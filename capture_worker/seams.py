"""Torn pictures: one picture above a seam, and below it another, a shifted or a smeared one, or nothing.

Owns: finding the seam. Does not own: when torn pictures are warned about (`inspection`, `warnings`).
Invariant: pure. What counts is what is usual for each row of this camera's own pictures: how like it is to the same row
of the last one, and to the row above it. A torn picture teaches nothing, unless the next one is as it is, or torn at
the same row: then it is the scene that has changed, since packets are not lost at the same place twice.

A picture is torn where the rows down to the seam are like the last picture's as ever, nearly all of those below it much
less than ever, and the seam itself is a break: the row below it is not like the row above it, or what is below it shows
nothing, or a single row again and again. Light, shadows and what moves change rows too, but make no such break. What is
torn off along a clear sky, or is as it was in the older picture, can't be seen; nor would anybody see it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from capture_worker.quality import Gray

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

_ACROSS, _DOWN = 120, 135
"""Columns and rows that are looked at, of a picture that has twice as many or more."""
_FAINT = 1.5
"""Gray levels: a row with a smaller standard deviation shows nothing."""
_STEADY = 0.5
"""Rows that are usually less like the last picture's say nothing: traffic, water, a clock."""
_AS_EVER, _BROKEN = 0.25, 0.4
"""How much less like than usual a row may be, and from where on it is broken."""
_MOST_ABOVE, _MOST_BELOW = 0.9, 0.8
"""The parts of the rows above and below the seam that must be as ever and broken."""
_LEAST_ROWS = 5
_BREAK = 0.3
"""How much less like the row above it than usual the row at the seam is."""
_SAME = 0.995
_LEARN = 0.1
_KNOWN_AFTER = 5


class _Rows(Struct, frozen=True):
    """The rows of a picture, each less its mean and then as long as 1, so that a product says how like two are.

    Those that do not show anything, and are like no other, are shorter. `like_above` begins with the second row's.
    """

    values: Floats
    shows: Flags
    like_above: Floats


class Seams:
    """The pictures of one camera, one after the other."""

    def __init__(self) -> None:
        self._last: _Rows | None = None
        self._odd: _Rows | None = None
        self._odd_seam = 0
        self._like_last: Floats = np.zeros(0)
        self._like_above: Floats = np.zeros(0)
        self._known = 0

    @property
    def could_tell(self) -> bool:
        """Whether enough is known of this camera for the next picture's seam to be found."""
        return self._known >= _KNOWN_AFTER

    def take(self, gray: Gray) -> float | None:
        """The next picture; how far down its seam is, in percent of the height, if it is torn. 50 us at 240x135."""
        rows = _rows(gray)
        if self._last is None or self._last.values.shape != rows.values.shape:
            self._begin(rows)
            return None
        like, tells = _like(rows, self._last)
        seam = self._seam(rows, like, tells) if self.could_tell else None
        if seam is not None and not self._is_as_the_odd_one(rows, seam):
            self._odd, self._odd_seam = rows, seam
            return seam / len(like) * 100
        self._learn(rows, like, tells)
        return None

    def _begin(self, rows: _Rows) -> None:
        self._last, self._odd, self._known = rows, None, 0
        self._like_last = np.zeros(len(rows.values))
        self._like_above = rows.like_above.copy()

    def _learn(self, rows: _Rows, like: Floats, tells: Flags) -> None:
        self._known += 1
        share = max(_LEARN, 1 / self._known)
        self._like_last += share * tells * (like - self._like_last)
        self._like_above += share * (rows.like_above - self._like_above)
        self._last, self._odd = rows, None

    def _seam(self, rows: _Rows, like: Floats, tells: Flags) -> int | None:
        """The row at which a picture is torn."""
        less = self._like_last - like
        steady = tells & (self._like_last > _STEADY)
        if np.count_nonzero(steady & (less > _BROKEN)) < _LEAST_ROWS:
            return None
        places = np.flatnonzero(steady)
        split = _split(less[places] < _AS_EVER, less[places] > _BROKEN)
        if split is None:
            return None
        seam = int(places[split])
        return seam if self._is_a_break(rows, seam) else None

    def _is_a_break(self, rows: _Rows, seam: int) -> bool:
        around = slice(max(0, seam - 3), seam + 2)
        if (self._like_above[around] - rows.like_above[around]).max() > _BREAK:
            return True
        if rows.shows[seam:].mean() < 1 - _MOST_BELOW:
            return True
        below, usual = rows.like_above[seam:], self._like_above[seam:]
        return len(below) > 0 and float(np.median(below)) > _SAME > float(np.median(usual))

    def _is_as_the_odd_one(self, rows: _Rows, seam: int) -> bool:
        """Whether the picture before was odd in the same way: then the scene has changed."""
        if self._odd is None:
            return False
        if abs(seam - self._odd_seam) <= 1:
            return True
        like, tells = _like(rows, self._odd)
        steady = tells & (self._like_last > _STEADY)
        return bool((self._like_last[steady] - like[steady] < _BROKEN).mean() > _MOST_ABOVE) if steady.any() else True


def _rows(gray: Gray) -> _Rows:
    height, width = gray.shape
    values = gray[:: max(1, height // _DOWN), :: max(1, width // _ACROSS)].astype(np.float32)
    across = values.shape[1]
    # Three times as fast as `mean`.
    values -= values @ np.full((across, 1), 1 / across, np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", values, values))
    faint = _FAINT * across**0.5
    values *= (1 / np.maximum(length, faint))[:, np.newaxis]
    return _Rows(values, length > faint, np.einsum("ij,ij->i", values[1:], values[:-1]))


def _like(rows: _Rows, others: _Rows) -> tuple[Floats, Flags]:
    """How like each row is to the other's, from -1 to 1; and where there is anything to compare."""
    return np.einsum("ij,ij->i", rows.values, others.values), rows.shows | others.shows


def _split(as_ever: Flags, broken: Flags) -> int | None:
    """Where a run of what is as ever ends and one of what is broken begins, if it is all such."""
    if len(broken) < 2 * _LEAST_ROWS:
        return None
    fits = np.concatenate(([0], np.cumsum(as_ever))) - np.concatenate(([0], np.cumsum(broken)))
    split = int(fits.argmax())
    if split < _LEAST_ROWS or len(broken) - split < _LEAST_ROWS:
        return None
    whole = as_ever[:split].mean() >= _MOST_ABOVE and broken[split:].mean() >= _MOST_BELOW
    return split if whole else None
