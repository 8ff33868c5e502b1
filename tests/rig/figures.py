"""Figures that a proof measures on its way: printed, never judged. Judging times belongs to `bench/`.

Invariant: what is printed was measured in this run.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def say_spread(what: str, values: Sequence[float]) -> None:
    """Print the number of values, their median and their range (pytest -s, or the report of `scripts/prove`)."""
    print(
        f"FIGURE {what}: n {len(values)}, median {statistics.median(values):.3f}, "
        f"from {min(values):.3f} to {max(values):.3f}"
    )


def say(what: str, value: object) -> None:
    """Print one figure."""
    print(f"FIGURE {what}: {value}")
