"""Whether something grew: medians of the thirds of a run, the slope with its range, and the verdict.

Owns: that arithmetic. Does not own: where the values come from (`held`).
Invariant: pure. The first third never counts for a verdict: everything that runs has to get warm and its disk full.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

_MOST_POINTS = 300
"""Of a slope, which costs by their square."""
_Z_95 = 1.96


class Thirds(NamedTuple):
    """The medians of the first, middle and last third of the values, in their unit."""

    first: float
    middle: float
    last: float

    @property
    def grew(self) -> float:
        """From the middle to the last third."""
        return self.last - self.middle

    def __str__(self) -> str:
        return f"{self.first:9.1f} {self.middle:9.1f} {self.last:9.1f}"


class Slope(NamedTuple):
    """The median of the slopes between all two points (Theil and Sen), and between what it lies with 95 %."""

    median: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.median:+9.2f} ({self.lowest:+.2f} to {self.highest:+.2f})"


def thirds(values: Sequence[float]) -> Thirds:
    """Of at least three values, in the order of their times."""
    third = len(values) // 3
    middle = values[third : len(values) - third]
    return Thirds(statistics.median(values[:third]), statistics.median(middle), statistics.median(values[-third:]))


def behind_first_third(values: Sequence[float]) -> Sequence[float]:
    """What counts."""
    return values[len(values) // 3 :]


def slope(times: Sequence[float], values: Sequence[float]) -> Slope:
    """How much the values rise for each unit of time; of two points at least.

    Points that depend on each other, such as those of one process, make the range too narrow rather than too wide.
    """
    every = math.ceil(len(times) / _MOST_POINTS)
    points = list(zip(times[::every], values[::every], strict=True))
    slopes = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for index, earlier in enumerate(points)
        for later in points[index + 1 :]
        if later[0] > earlier[0]
    )
    count = len(points)
    spread = _Z_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    lowest = max(0, int((len(slopes) - spread) / 2))
    return Slope(statistics.median(slopes), slopes[lowest], slopes[len(slopes) - 1 - lowest])
