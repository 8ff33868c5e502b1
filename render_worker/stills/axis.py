"""What stands where along a keogram: which frame in which column, and which words below.

Owns: both. Does not own: pixels.
Invariant: pure. Columns are in order of time. Where they are by time, every hour is as wide as any other, and one in
which nothing was recorded has no frame.
"""

from __future__ import annotations

import bisect
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from render_worker.selection.chosen import Chosen

NO_FRAME = -1
_MINUTE_MS = 60_000
_DAY_MS = 1440 * _MINUTE_MS
_QUARTER = 15
_REACH = 0.75
"""How far a frame stands for what is around it, in distances to its nearer neighbour."""
_MOST_REACHES = 10
"""No frame reaches further than so many of the usual distances."""
_ALWAYS_BY_TIME_MS = 36 * 60 * _MINUTE_MS
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440, 28 * 1440, 91 * 1440)


class Axis(Struct, frozen=True):
    """The columns of a keogram: for each the index of its frame, or NO_FRAME. `marks` are columns with words below."""

    columns: list[int]
    marks: list[tuple[int, str]]


def axis_of(frames: Sequence[Chosen], width: int, word_px: int) -> Axis:
    """Columns by time; or by frame, where in a longer range more than half of the time has none.

    That is so where a window leaves most of each day out. A word is at most `word_px` wide.
    """
    slots = [chosen.slot_ms for chosen in frames]
    reaches = _reaches(slots)
    first_ms, end_ms = slots[0] - reaches[0], slots[-1] + reaches[-1]
    span_ms = max(1, end_ms - first_ms)
    covered_ms = sum(
        min(later - earlier, 2 * reach) for earlier, later, reach in zip(slots, slots[1:], reaches, strict=False)
    )
    if span_ms > _ALWAYS_BY_TIME_MS and covered_ms < span_ms / 2:
        return Axis([column * len(slots) // width for column in range(width)], list(_dates(frames, width, word_px)))
    columns = _by_time(slots, reaches, (first_ms, span_ms), width)
    return Axis(columns, list(_times(frames, (first_ms, span_ms), width, word_px)))


def _reaches(slots: list[int]) -> list[int]:
    """How far before and behind itself each frame is shown, in milliseconds."""
    if len(slots) == 1:
        return [_MINUTE_MS]
    apart = [later - earlier for earlier, later in itertools.pairwise(slots)]
    most = statistics.median_low(apart) * _MOST_REACHES
    nearer = [apart[0], *map(min, apart, apart[1:]), apart[-1]]
    return [max(1, int(min(distance, most) * _REACH)) for distance in nearer]


def _by_time(slots: list[int], reaches: list[int], span: tuple[int, int], width: int) -> list[int]:
    columns = []
    for column in range(width):
        at_ms = span[0] + span[1] * (column + 0.5) / width
        place = bisect.bisect(slots, at_ms)
        near = min(
            (place - 1, place), key=lambda index: abs(slots[index] - at_ms) if 0 <= index < len(slots) else span[1] * 2
        )
        reach = max(reaches[near], span[1] / width / 2)
        columns.append(near if abs(slots[near] - at_ms) <= reach else NO_FRAME)
    return columns


def _times(frames: Sequence[Chosen], span: tuple[int, int], width: int, word_px: int) -> Iterator[tuple[int, str]]:
    """Round local times, as near to each other as their words allow; midnight is told by its date in longer ranges."""
    fits = (step for step in _STEPS_MIN if step * _MINUTE_MS * width / span[1] >= word_px)
    step_min = next(fits, _STEPS_MIN[-1])
    unit_ms = min(step_min, _QUARTER) * _MINUTE_MS
    slots = [chosen.slot_ms for chosen in frames]
    for at_ms in range(-(-span[0] // unit_ms) * unit_ms, span[0] + span[1], unit_ms):
        offset_min = frames[max(0, bisect.bisect(slots, at_ms) - 1)].offset_min
        local_min = at_ms // _MINUTE_MS + offset_min
        if local_min % step_min == 0:
            is_date = local_min % 1440 == 0 and span[1] > _DAY_MS * 1.1
            yield (at_ms - span[0]) * width // span[1], _word(local_min, "%m-%d" if is_date else "%H:%M")


def _dates(frames: Sequence[Chosen], width: int, word_px: int) -> Iterator[tuple[int, str]]:
    """The first frames of days."""
    before, last = None, -word_px
    for index, chosen in enumerate(frames):
        local_min = chosen.slot_ms // _MINUTE_MS + chosen.offset_min
        column = index * width // len(frames)
        if local_min // 1440 != before and column - last >= word_px:
            last = column
            yield column, _word(local_min, "%m-%d")
        before = local_min // 1440


def _word(local_min: int, form: str) -> str:
    return time.strftime(form, time.gmtime(local_min * 60))
