"""Thinning out: how many, how evenly, and what becomes of holes."""

from __future__ import annotations

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from render_worker.selection.picking import (
    Hole,
    Taken,
    at_most_every,
    evenly,
    every_frame,
    most_held,
    one_a_day,
)
from shared.ledger.rows import DAY_MS

FPS = 25.0
START = 1_780_000_020_000
DISTANCES = st.lists(st.integers(1, 100_000), min_size=1, max_size=200)


def slots_of(distances: list[int]) -> list[int]:
    """The first frame, and one behind each distance."""
    return list(accumulate(distances, initial=START))


def with_holes(distances: list[int], holes: dict[int, int]) -> list[int]:
    """The same, where distances have so many slots of a second more in them."""
    return slots_of([length + holes.get(place, 0) * 1000 for place, length in enumerate(distances)])


def missing(holes: dict[int, int]) -> dict[int, Hole]:
    """These as holes of slots of a second."""
    return {place: Hole(count, count * 1000, count, "hang") for place, count in holes.items()}


@given(DISTANCES, st.integers(2, 150))
def test_evenly_without_holes_takes_exactly_so_many_from_the_first_to_the_last(distances: list[int], room: int) -> None:
    slots = slots_of(distances)
    taken = evenly(slots, every_frame(slots, {}, FPS), room, FPS, kept=True)
    places = list(taken.places)
    assert len(places) == min(room, len(slots))
    assert (places[0], places[-1]) == (0, len(slots) - 1)
    assert all(earlier < later for earlier, later in pairwise(places))
    assert taken.holes == {}


@given(st.lists(st.integers(1, 1000), min_size=60, max_size=100), st.integers(2, 12))
def test_evenly_where_frames_allow_is_within_half_a_step_of_even(distances: list[int], room: int) -> None:
    slots = slots_of(distances)
    step_ms = (slots[-1] - slots[0]) / (room - 1)
    if max(distances) > step_ms:
        return
    taken = evenly(slots, every_frame(slots, {}, FPS), room, FPS, kept=True)
    for number, place in enumerate(taken.places):
        assert abs(slots[place] - (slots[0] + number * step_ms)) <= step_ms / 2 + 1


@given(st.lists(st.integers(1, 20), min_size=2, max_size=20), st.integers(2, 100))
def test_evenly_with_pauses_takes_of_each_part_as_much_as_it_is_long(parts: list[int], room: int) -> None:
    """A camera that is closed for a day between the parts: that is one step, and no more."""
    distances = [length for part in parts for length in ([1000] * (part * 10) + [DAY_MS])][:-1]
    slots = slots_of(distances)
    taken = evenly(slots, every_frame(slots, {}, FPS), room, FPS, kept=True)
    assert len(taken.places) == min(room, len(slots))
    if room < 2 * len(parts):
        return
    bounds = list(accumulate((part * 10 + 1 for part in parts), initial=0))
    each = [sum(first <= place < end for place in taken.places) for first, end in pairwise(bounds)]
    per_slot = (room - len(parts)) / sum(part * 10 for part in parts)
    if per_slot < 1:
        assert all(abs(count - 1 - part * 10 * per_slot) <= 1.01 for count, part in zip(each, parts, strict=True))


@given(
    st.lists(st.just(1000), min_size=3, max_size=120),
    st.dictionaries(st.integers(0, 118), st.integers(1, 500), max_size=8),
    st.integers(2, 150),
)
def test_evenly_with_holes_kept_has_frames_and_held_pictures_as_many_as_there_is_room(
    distances: list[int], wanted: dict[int, int], room: int
) -> None:
    holes = {place: count for place, count in wanted.items() if place < len(distances)}
    slots = with_holes(distances, holes)
    whole = every_frame(slots, missing(holes), FPS)
    taken = evenly(slots, whole, room, FPS, kept=True)
    pictures = len(taken.places) + sum(taken.pictures.values())
    assert pictures <= room
    assert (taken.places[0], taken.places[-1]) == (0, len(slots) - 1)
    assert all(earlier < later for earlier, later in pairwise(taken.places))
    assert all(0 < count <= most_held(FPS) for count in taken.pictures.values())
    assert taken.pictures.keys() == taken.holes.keys()
    assert all(taken.pictures[place] <= taken.holes[place].steps for place in taken.holes)
    if len(slots) + sum(whole.pictures.values()) <= room:
        assert taken is whole
    elif all(count < most_held(FPS) for count in taken.pictures.values()):
        assert pictures == room


def test_evenly_with_a_hole_kept_is_even_in_time_on_both_sides() -> None:
    slots = with_holes([1000] * 200, {99: 100})
    taken = evenly(slots, every_frame(slots, missing({99: 100}), FPS), 31, FPS, kept=True)
    [(place, held)] = taken.pictures.items()
    assert held == 9
    assert place == 10
    assert taken.spacing_ms == 10_000
    assert [slots[at] - START for at in taken.places][:3] == [0, 10_000, 20_000]
    assert taken.holes[place].missing == 100


def test_evenly_with_a_hole_skipped_takes_as_many_frames_as_there_is_room() -> None:
    slots = with_holes([1000] * 200, {99: 100})
    taken = evenly(slots, every_frame(slots, missing({99: 100}), FPS), 31, FPS, kept=False)
    assert len(taken.places) == 31
    [hole] = taken.holes.values()
    assert (hole.missing, hole.steps) == (100, 15)


def test_evenly_with_a_hole_smaller_than_a_step_has_none() -> None:
    slots = with_holes([1000] * 1000, {500: 3})
    taken = evenly(slots, every_frame(slots, missing({500: 3}), FPS), 11, FPS, kept=True)
    assert (len(taken.places), taken.holes) == (11, {})


def test_evenly_with_room_for_one_takes_the_first() -> None:
    slots = slots_of([1000] * 10)
    assert list(evenly(slots, every_frame(slots, {}, FPS), 1, FPS, kept=True).places) == [0]


@given(st.sets(st.integers(0, 600), min_size=1), st.integers(1, 40))
def test_at_most_every_on_a_grid_with_holes_keeps_the_first_and_never_drifts(kept: set[int], each: int) -> None:
    # The first two and last two are there, so that the interval is a second.
    slots = [START + at * 1000 for at in sorted(kept | set(range(601, 1300)))]
    taken = at_most_every(slots, each * 1000, {}, FPS)
    times = [slots[place] for place in taken.places]
    assert taken.places[0] == 0
    assert taken.spacing_ms == each * 1000
    assert all((later - earlier) * 2 >= each * 1000 for earlier, later in pairwise(times))
    # From two steps behind the last hole on each one is a whole multiple.
    settled = [at for at in times if at >= START + (601 + 2 * each) * 1000]
    assert all(at % (each * 1000) == 0 for at in settled)
    assert all(later - earlier == each * 1000 for earlier, later in pairwise(settled))


def test_at_most_every_rounds_up_to_what_the_frames_can_give() -> None:
    slots = [START + at * 10_000 for at in range(100)]
    taken = at_most_every(slots, 25_000, {}, FPS)
    assert taken.spacing_ms == 30_000
    assert {slots[b] - slots[a] for a, b in pairwise(taken.places[1:])} == {30_000}


def test_at_most_every_counts_a_hole_only_where_a_frame_is_missing_by_it() -> None:
    lost = {*range(61, 65), *range(121, 301)}
    slots = [START + at * 1000 for at in range(600) if at not in lost]
    holes = {60: Hole(4, 4000, 4, "hang"), 116: Hole(180, 180_000, 180, "down")}
    taken = at_most_every(slots, 60_000, holes, FPS)
    [(place, hole)] = taken.holes.items()
    assert (hole.missing, hole.missing_ms, hole.steps, hole.cause) == (180, 180_000, 2, "down")
    assert slots[taken.places[place]] - START == 120_000
    assert taken.pictures == {place: 2}


def test_every_frame_holds_a_gap_for_two_seconds_at_most() -> None:
    slots = with_holes([1000] * 10, {3: 400, 5: 2})
    taken = every_frame(slots, missing({3: 400, 5: 2}), FPS)
    assert taken.pictures == {3: 50, 5: 2}


def test_one_a_day_has_a_hole_where_days_are_missing() -> None:
    day = 86_400_000
    slots = [START, START + day - 20_000, START + 4 * day + 10_000]
    taken = one_a_day(slots, FPS)
    assert taken.holes == {1: Hole(2, 2 * day, 2)}
    assert isinstance(taken, Taken)
    assert taken.spacing_ms == day


def test_at_most_every_behind_a_frame_that_is_missing_goes_on_where_it_would_have() -> None:
    slots = [START + at * 10_000 for at in range(60) if at != 12]
    assert START % 60_000 == 0
    taken = at_most_every(slots, 60_000, {}, FPS)
    assert [(slots[place] - START) // 1000 for place in taken.places][:5] == [0, 60, 130, 180, 240]


def test_evenly_with_a_hole_beside_a_pause_holds_for_the_hole_alone() -> None:
    slots = [START + at * 1000 for at in range(100)] + [START + DAY_MS + at * 1000 for at in range(100)]
    hole = Hole(20, 20_000, 20, "down")
    taken = evenly(slots, every_frame(slots, {99: hole}, FPS), 45, FPS, kept=True)
    assert list(taken.pictures.values()) == [3]
    assert taken.spacing_ms == 4977
