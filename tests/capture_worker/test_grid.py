"""Arithmetic on the grid: where slots are, and what is left of a range when some of it is taken away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capture_worker.grid import Grid, SlotRange, subtract
from shared.clock import NS_PER_MS, NS_PER_S

_GRIDS = st.builds(Grid, st.one_of(st.sampled_from([100, 1000, 10_000, 86_400_000]), st.integers(1, 10**8)))
_TIMES = st.integers(-(10**18), 4 * 10**18)


def test_grid_is_the_multiples_of_the_interval_since_the_epoch() -> None:
    grid = Grid(10_000)
    assert grid.at_or_before(25 * NS_PER_S) == 20 * NS_PER_S
    assert grid.at_or_before(20 * NS_PER_S) == 20 * NS_PER_S
    assert grid.after(20 * NS_PER_S) == 30 * NS_PER_S
    assert grid.after(20 * NS_PER_S - 1) == 20 * NS_PER_S
    assert grid.at_or_before(-1) == -10 * NS_PER_S


@given(_GRIDS, _TIMES)
def test_slots_are_whole_milliseconds_around_any_time(grid: Grid, wall_ns: int) -> None:
    before_ns, after_ns = grid.at_or_before(wall_ns), grid.after(wall_ns)
    assert before_ns <= wall_ns < after_ns
    assert after_ns - before_ns == grid.interval_ns
    assert before_ns % grid.interval_ns == before_ns % NS_PER_MS == 0


@given(_GRIDS, _TIMES, st.integers(-(10**13), 10**13))
def test_between_is_strictly_between(grid: Grid, after_ns: int, span_ns: int) -> None:
    slots = grid.between(after_ns, after_ns + span_ns)
    expected_first = grid.after(after_ns)
    if expected_first >= after_ns + span_ns:
        assert slots is None
        return
    assert slots is not None
    assert slots.first_ns == expected_first
    assert slots.last_ns < after_ns + span_ns <= slots.last_ns + grid.interval_ns
    assert slots.count == (slots.last_ns - slots.first_ns) // grid.interval_ns + 1


def test_between_two_neighbours_is_nothing() -> None:
    grid = Grid(1000)
    assert grid.between(NS_PER_S, 2 * NS_PER_S) is None
    assert grid.between(NS_PER_S - 1, 2 * NS_PER_S) == SlotRange(NS_PER_S, NS_PER_S, NS_PER_S)
    assert grid.between(NS_PER_S, 2 * NS_PER_S + 1) == SlotRange(2 * NS_PER_S, 2 * NS_PER_S, NS_PER_S)


@given(st.integers(1, 40), st.data())
def test_subtract_leaves_every_slot_once_in_order(count: int, data: st.DataObject) -> None:
    slots = SlotRange(70, 70 + (count - 1) * 10, 10)
    every = list(range(slots.first_ns, slots.last_ns + 1, 10))
    taken = sorted(data.draw(st.sets(st.one_of(st.sampled_from(every), st.integers(every[0], every[-1])))))
    parts = list(subtract(slots, taken))
    assert [part for part in parts if isinstance(part, int)] == taken
    told: list[int] = []
    for part in parts:
        told += [part] if isinstance(part, int) else range(part.first_ns, part.last_ns + 1, part.interval_ns)
    assert told == sorted({*every, *taken})
