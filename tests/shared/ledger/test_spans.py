"""Arithmetic on spans, against sets of milliseconds."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.spans import Span, cut, lengths, subtract, union

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def points(spans: list[Span]) -> set[int]:
    return {point for first, end in spans for point in range(first, end)}


def is_tidy(spans: list[Span]) -> bool:
    return all(first < end for first, end in spans) and all(
        earlier[1] < later[0] for earlier, later in itertools.pairwise(spans)
    )


@given(SPANS)
def test_union_has_every_point_once(spans: list[Span]) -> None:
    joined = union(spans)
    assert points(joined) == points(spans)
    assert is_tidy(joined)


@given(SPANS, SPANS)
def test_difference_has_what_the_others_have_not(spans: list[Span], others: list[Span]) -> None:
    left = subtract(union(spans), union(others))
    assert points(left) == points(spans) - points(others)
    assert is_tidy(left)


@given(SPANS, st.integers(0, 40), st.integers(0, 40))
def test_cut_has_what_lies_between(spans: list[Span], first: int, end: int) -> None:
    assert points(cut(spans, first, end)) == points(spans) & set(range(first, end))


@given(SPANS, st.lists(st.integers(0, 40), min_size=2, max_size=9, unique=True))
def test_lengths_count_the_points_between_bounds(spans: list[Span], bounds: list[int]) -> None:
    bounds.sort()
    joined = union(spans)
    wanted = [len(points(joined) & set(range(a, b))) for a, b in itertools.pairwise(bounds)]
    assert list(lengths(joined, bounds)) == wanted
