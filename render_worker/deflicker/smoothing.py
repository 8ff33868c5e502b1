"""A smooth curve through noted values: the straight line that fits a frame's surroundings best, frame after frame.

Owns: that fit, and how far single values that stand out count. Does not own: what the values are, nor where the curve
has to be cut (`steps`).
Invariant: pure. Values that lie on a straight line come out as they are, at the ends too; what lies behind a cut has no
influence. Nothing is ever NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[Any]
    """One value a frame."""

_SIGMAS = 3
_ROUNDS = 2
_FAR = 6.0
"""So many times the usual distance from the curve, a value does not count any more."""
_LEAST_USUAL = 0.015
"""The bend of a cloud's shadow that comes within a second of video is nothing that stands out."""
_FLAT = 1e-9


def smooth(values: Values, at: Values, piece: Values, counts: Values, sigma: float) -> Values:
    """The curve's values. `at` is where each value lies, in frames; `piece` the number of what it is a part of.

    `counts` is how much each value counts, 0 to 1. `sigma` is the width of the surroundings, in frames: a change that
    takes less than three times as long is smoothed away. 100,000 values take some 0.1 s with a sigma of 15.
    """
    import numpy as np  # noqa: PLC0415 - see the package: only who deflickers pays for it

    n = len(values)
    # Sums of weight, weight x distance, and so on: the normal equations of each frame's line.
    s0, s1, s2, t0, t1 = counts.astype(float), *(np.zeros(n) for _ in range(4))
    for apart in range(1, min(n, int(_SIGMAS * sigma) + 1)):
        here, there = slice(0, n - apart), slice(apart, n)
        weight = (piece[here] == piece[there]) * np.exp(-0.5 * (apart / sigma) ** 2)
        distance, rise = at[there] - at[here], values[there] - values[here]
        for one, other, sign in ((here, there, 1.0), (there, here, -1.0)):
            w = weight * counts[other]
            wd = w * distance
            s0[one] += w
            s1[one] += sign * wd
            s2[one] += wd * distance
            t0[one] += sign * (w * rise)
            t1[one] += wd * rise
    determinant = s0 * s2 - s1 * s1
    is_line = determinant > _FLAT * np.maximum(s0 * s2, _FLAT)
    line = (s2 * t0 - s1 * t1) / np.where(is_line, determinant, 1.0)
    mean = t0 / np.where(s0 > 0, s0, 1.0)
    return values + np.where(is_line, line, mean)


def robustly_smooth(values: Values, at: Values, piece: Values, counts: Values, sigma: float) -> Values:
    """As `smooth`, but values that stand out from their surroundings, a flash for one, do not bend the curve."""
    import numpy as np  # noqa: PLC0415

    curve, weight = smooth(values, at, piece, counts, sigma), counts
    for _ in range(_ROUNDS):
        off = np.abs(values - curve)
        usual = np.maximum(running_median(off, int(2 * sigma)), _LEAST_USUAL)
        weight = counts * np.square(np.clip(1 - np.square(off / (_FAR * usual)), 0, 1))
        curve = smooth(values, at, piece, weight, sigma)
    return curve


def running_median(values: Values, reach: int) -> Values:
    """Of each value and `reach` on either side of it; at the ends, of what there is when it is mirrored."""
    import numpy as np  # noqa: PLC0415

    reach = min(reach, len(values) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, reach, mode="reflect"), 2 * reach + 1)
    median: Values = np.median(windows, axis=1)
    return median
