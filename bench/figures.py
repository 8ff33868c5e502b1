"""Figures out of many values: the spread that every bench prints.

Owns: percentiles and how they are printed. Does not own: units.
Invariant: pure.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """Median, 99th percentile and worst, in the unit of the values."""

    p50: float
    p99: float
    worst: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.3f}  p99 {self.p99:.3f}  worst {self.worst:.3f}"


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return Spread(statistics.median(ordered), p99, ordered[-1])


def ratios(ours: Spread, other: Spread, least: float = 0.0) -> str:
    """Ours to the other, figure by figure. What lies below `least` can't be told from it, and counts as it."""
    pairs = [(max(mine, least), max(theirs, least)) for mine, theirs in zip(ours, other, strict=True)]
    parts = [f"{mine / theirs:.2f}" if theirs else "-" for mine, theirs in pairs]
    return f"p50 {parts[0]}, p99 {parts[1]}, worst {parts[2]}"
