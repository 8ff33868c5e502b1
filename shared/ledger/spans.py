"""Arithmetic on spans of time: half-open, in whole milliseconds.

Owns: union, difference, cutting. Does not own: what a span means.
Invariant: pure. What comes out is in order, and no two of its spans overlap or touch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""From the first millisecond to the one behind the last."""


def union(spans: Iterable[Span]) -> list[Span]:
    """All time that is in any of them."""
    joined: list[Span] = []
    for first, end in sorted(spans):
        if end <= first:
            continue
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined


def subtract(spans: list[Span], others: list[Span]) -> list[Span]:
    """What of `spans` is in none of `others`; both as `union` gives them."""
    left: list[Span] = []
    at = 0
    for first, end in spans:
        cursor = first
        while at < len(others) and others[at][1] <= first:
            at += 1
        inner = at
        while inner < len(others) and others[inner][0] < end:
            if others[inner][0] > cursor:
                left.append((cursor, others[inner][0]))
            cursor = max(cursor, others[inner][1])
            inner += 1
        if cursor < end:
            left.append((cursor, end))
    return left


def cut(spans: Iterable[Span], first: int, end: int) -> list[Span]:
    """What of them lies between two times."""
    return [(max(a, first), min(b, end)) for a, b in spans if max(a, first) < min(b, end)]


def lengths(spans: list[Span], bounds: list[int]) -> Iterator[int]:
    """How much of `spans`, which are in order, lies between each two neighbouring bounds, which are too."""
    at = 0
    for first, end in itertools.pairwise(bounds):
        while at < len(spans) and spans[at][1] <= first:
            at += 1
        inner, total = at, 0
        while inner < len(spans) and spans[inner][0] < end:
            total += min(spans[inner][1], end) - max(spans[inner][0], first)
            inner += 1
        yield total
