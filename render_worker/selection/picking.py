"""Which of the frames that were found are taken: all, one each so often, or so many evenly in time.

Owns: the rules of thinning, and what becomes of missing slots by it. Does not own: finding frames (`finding`), knowing
what is missing (`missing`), the sun (`shared.sun`).
Invariant: pure. What is taken is in order, without duplicates, and begins with the first frame. A hole counts only
where it is larger than the distance of the frames that are taken.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from shared.ledger.rows import DAY_MS, usual_interval_ms

LONGEST_HOLD_S = 2.0
"""So much of a video stands for a gap at most, however long it was."""
_HALF = 0.5 + 1e-6


class Hole(Struct, frozen=True, gc=False):
    """What is missing behind a frame. `steps` is how many frames there would be in it, of those that are taken."""

    missing: int
    missing_ms: int
    steps: int
    cause: str = "unknown"


Holes = Mapping[int, Hole]
"""By the place of the frame before it."""


class Taken(Struct, frozen=True):
    """The frames that are taken, by their places among those found; `spacing_ms` is their usual distance.

    `holes` are by places in `places`. `pictures` is how many pictures stand for each of them, where they are kept.
    """

    places: Sequence[int]
    spacing_ms: int
    holes: Holes
    pictures: Mapping[int, int]


def most_held(fps: float) -> int:
    """How many pictures stand for a gap at most."""
    return max(1, int(LONGEST_HOLD_S * fps))


def every_frame(slots: Sequence[int], holes: Holes, fps: float) -> Taken:
    """All of them. `slots` are milliseconds since the epoch, in order."""
    return _all_held(range(len(slots)), usual_interval_ms(slots) or 0, holes, fps)


def one_a_day(slots: Sequence[int], fps: float) -> Taken:
    """All of them, which are one of a day at most; days without one are holes."""
    days = [round((later - earlier) / DAY_MS) - 1 for earlier, later in pairwise(slots)]
    holes = {place: Hole(count, count * DAY_MS, count) for place, count in enumerate(days) if count > 0}
    return _all_held(range(len(slots)), DAY_MS, holes, fps)


def at_most_every(slots: Sequence[int], every_ms: int, holes: Holes, fps: float) -> Taken:
    """The first frame at or after each whole multiple of `every_ms`, which is rounded up to one of the usual interval.

    So a frame that is missing makes one distance longer and the next one shorter, by less than half, and moves none
    that come later.
    """
    interval_ms = usual_interval_ms(slots) or every_ms
    each_ms = max(1, math.ceil(every_ms / interval_ms)) * interval_ms
    places, due_ms = [], 0
    for place, slot_ms in enumerate(slots):
        if slot_ms >= due_ms:
            places.append(place)
            due_ms = -(-(slot_ms + (each_ms + 1) // 2) // each_ms) * each_ms
    seen = {}
    for place, hole in _merged(places, holes).items():
        distance_ms = slots[places[place + 1]] - slots[places[place]]
        steps = min(_rounded(hole.missing_ms / each_ms), _rounded(distance_ms / each_ms) - 1)
        if steps > 0:
            seen[place] = Hole(hole.missing, hole.missing_ms, steps, hole.cause)
    return _all_held(places, each_ms, seen, fps)


def evenly(slots: Sequence[int], taken: Taken, room: int, fps: float, *, kept: bool) -> Taken:
    """So many of those taken that the video has `room` pictures, evenly in time; all where it has not more.

    Time is that in which frames are: a pause counts as one step, a hole that is `kept` in time for as many as it is
    long, but for `most_held` at most. Every frame is within half a step of where it should be.
    """
    count = len(taken.places)
    if count + (sum(taken.pictures.values()) if kept else 0) <= room:
        return taken
    if room < 2:
        return Taken(taken.places[:room], taken.spacing_ms, {}, {})
    bound = 1 + most_held(fps) if kept else 1
    spacing_ms = _spacing_ms(Counter(_steps(slots, taken, bound)), room - 1)
    picks = _picks(_positions(_steps(slots, taken, bound), spacing_ms), room)
    return _after_picks(taken, picks, spacing_ms, fps, kept=kept)


def _all_held(places: Sequence[int], spacing_ms: int, holes: Holes, fps: float) -> Taken:
    most = most_held(fps)
    return Taken(places, spacing_ms, holes, {place: min(hole.steps, most) for place, hole in holes.items()})


def _steps(slots: Sequence[int], taken: Taken, bound: int) -> Iterator[tuple[int, int]]:
    """From each one that was taken to the next: milliseconds, and the most pictures. Of a year there are millions."""
    for place in range(len(taken.places) - 1):
        yield _length_ms(slots, taken, place), bound if place in taken.holes else 1


def _length_ms(slots: Sequence[int], taken: Taken, place: int) -> int:
    """The time from one that was taken to the next, in which a pause beside a hole does not count."""
    distance_ms = slots[taken.places[place + 1]] - slots[taken.places[place]]
    hole = taken.holes.get(place)
    return distance_ms if hole is None else min(distance_ms, hole.steps * taken.spacing_ms + taken.spacing_ms)


def _spacing_ms(steps: Counter[tuple[int, int]], room: int) -> float:
    """The time that a picture stands for, where steps of (milliseconds, most pictures) have to be `room` in all.

    As water fills a vessel: the steps that would be more pictures than they may be are taken out, the longest first.
    """
    left_ms, left = sum(length * count for (length, _), count in steps.items()), room
    for length, bound in sorted(steps, key=lambda step: step[0] / step[1], reverse=True):
        count = steps[length, bound]
        if length * left <= bound * left_ms or left <= bound * count:
            break
        left_ms, left = left_ms - length * count, left - bound * count
    return max(1e-3, left_ms / left)


def _positions(steps: Iterable[tuple[int, int]], spacing_ms: float) -> array[float]:
    """Where each frame stands, counted in pictures."""
    positions = array("d", [0.0])
    at = 0.0
    for length, bound in steps:
        at += min(length / spacing_ms, bound)
        positions.append(at)
    return positions


def _picks(positions: Sequence[float], room: int) -> list[tuple[int, int]]:
    """The frame that is nearest to each picture, with the picture's number; a picture in a hole has none."""
    picks: list[tuple[int, int]] = []
    at, last = 0, len(positions) - 1
    for number in range(room):
        while at < last and abs(positions[at + 1] - number) <= abs(positions[at] - number):
            at += 1
        if abs(positions[at] - number) <= _HALF:
            picks.append((at, number))
            at += 1
            if at > last:
                break
    return picks


def _after_picks(taken: Taken, picks: list[tuple[int, int]], spacing_ms: float, fps: float, *, kept: bool) -> Taken:
    holes, pictures = {}, {}
    most = most_held(fps)
    for place, hole in _merged([at for at, _ in picks], taken.holes).items():
        steps = _rounded(hole.steps * taken.spacing_ms / spacing_ms)
        held = min(most, picks[place + 1][1] - picks[place][1] - 1 if kept else steps)
        if held > 0:
            holes[place] = Hole(hole.missing, hole.missing_ms, max(steps, held), hole.cause)
            pictures[place] = held
    return Taken([taken.places[at] for at, _ in picks], max(1, round(spacing_ms)), holes, pictures)


def _merged(places: Sequence[int], holes: Holes) -> dict[int, Hole]:
    """The holes between those that are left, by the place of the one before: several become one."""
    merged: dict[int, list[Hole]] = {}
    before = 0
    for at in sorted(holes):
        while before + 1 < len(places) and places[before + 1] <= at:
            before += 1
        if before + 1 < len(places):
            merged.setdefault(before, []).append(holes[at])
    return {place: joined(several) for place, several in merged.items()}


def joined(holes: Sequence[Hole]) -> Hole:
    """Several as one, with the cause of most of what is missing."""
    by_cause: Counter[str] = Counter()
    for hole in holes:
        by_cause[hole.cause] += hole.missing
    missing = sum(hole.missing for hole in holes)
    length_ms, steps = sum(hole.missing_ms for hole in holes), sum(hole.steps for hole in holes)
    return Hole(missing, length_ms, steps, by_cause.most_common(1)[0][0])


def _rounded(value: float) -> int:
    """Halves upwards."""
    return math.floor(value + 0.5)
