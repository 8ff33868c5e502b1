"""Which slots between the frames have none.

Owns: putting what the ledger tells on the frames, and guessing where there is no ledger. Does not own: what the ledger
tells (`shared.ledger.coverage`), what becomes of it when frames are thinned out (`picking`).
Invariant: pure. What lies outside the times that are asked for is not missing; nothing before the first and behind the
last frame is.

Without a ledger a distance is a hole where it is half as long again as is usual on both sides of it (the median of the
15 distances there): a frame that was deleted looks the same as one that was never taken. It is taken for a time in
which the camera's window was closed, and so for no hole, where it is from one hour to a day long and another such one
begins and ends within 70 minutes of the same times a day before or after, or where it is four hours or more and over
midnight.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median_low

from render_worker.selection.picking import Hole, joined
from shared.ledger.coverage import Gap
from shared.ledger.rows import DAY_MS
from shared.ledger.spans import Span, cut

_AROUND = 15
_HOUR_MS = 3_600_000
_LIKE_MS = 70 * 60_000
"""How far a window moves from one day to the next: with the sun, or with the clocks."""
_OVER_MIDNIGHT_MS = 4 * _HOUR_MS


def told(slots: Sequence[int], gaps: Iterable[Gap], open_times: Sequence[Span]) -> dict[int, Hole]:
    """The holes, by the place of the frame before, of what the ledger tells. All in milliseconds and in order."""
    found: dict[int, list[Hole]] = {}
    for gap in gaps:
        place = bisect_right(slots, gap.first_ms) - 1
        if 0 <= place < len(slots) - 1:
            parts = _opened((gap.first_ms, gap.end_ms), open_times)
            count = sum(_count(part, gap.interval_ms, 0) for part in parts)
            if count:
                found.setdefault(place, []).append(Hole(count, count * gap.interval_ms, count, gap.cause))
    return {place: joined(holes) for place, holes in found.items()}


def guessed(slots: Sequence[int], open_times: Sequence[Span]) -> dict[int, Hole]:
    """The holes, by the place of the frame before, where there is no ledger."""
    pieces: list[tuple[Span, int, int]] = []
    for place, usual_ms in _wide(slots):
        # Half a step before the next frame: whatever the grid is, that one's own slot is not missing.
        behind = (slots[place] + usual_ms, slots[place + 1] - usual_ms // 2)
        pieces += [(piece, place, usual_ms) for piece in _opened(behind, open_times)]
    closed = _closed([(piece, place) for piece, place, _ in pieces])
    found: dict[int, list[Hole]] = {}
    for piece, place, usual_ms in pieces:
        count = 0 if piece in closed else _count(piece, usual_ms, slots[place])
        if count:
            found.setdefault(place, []).append(Hole(count, count * usual_ms, count))
    return {place: joined(holes) for place, holes in found.items()}


def _opened(span: Span, open_times: Sequence[Span]) -> list[Span]:
    """The parts of a span that lie within the times that are asked for, of which there may be thousands."""
    first = max(0, bisect_right(open_times, (span[0], 1 << 62)) - 1)
    return cut(open_times[first : bisect_left(open_times, (span[1], 0))], *span)


def _count(span: Span, interval_ms: int, grid_ms: int) -> int:
    """How many slots of a grid, of which one is at `grid_ms`, lie within a span."""
    return (span[1] - 1 - grid_ms) // interval_ms - (span[0] - 1 - grid_ms) // interval_ms


def _wide(slots: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each distance that is wider than is usual around it: the place before it, and what is usual."""
    least_ms = min((later - earlier for earlier, later in pairwise(slots)), default=0)
    for place, (earlier, later) in enumerate(pairwise(slots)):
        if (later - earlier) * 2 < 3 * least_ms:
            continue
        usual_ms = max(
            _usual_ms(slots[max(0, place - _AROUND) : place + 1]), _usual_ms(slots[place + 1 : place + 2 + _AROUND])
        )
        if usual_ms and (later - earlier) * 2 >= 3 * usual_ms:
            yield place, usual_ms


def _usual_ms(slots: Sequence[int]) -> int:
    return median_low([later - earlier for earlier, later in pairwise(slots)]) if len(slots) > 1 else 0


def _closed(pieces: Sequence[tuple[Span, int]]) -> set[Span]:
    """Those, with the place of the frame before, that look as if the camera's window had been closed."""
    long = [(piece, place) for piece, place in pieces if _HOUR_MS <= piece[1] - piece[0] < DAY_MS]
    closed = {piece for piece, _ in long if piece[1] - piece[0] >= _OVER_MIDNIGHT_MS and _over_midnight(piece)}
    for number, (piece, place) in enumerate(long):
        for other, its_place in long[number + 1 :]:
            apart_ms = other[0] - piece[0] - DAY_MS
            if apart_ms > _LIKE_MS:
                break
            # With no frame between them they are one absence, of days.
            if place != its_place and max(abs(apart_ms), abs(other[1] - piece[1] - DAY_MS)) <= _LIKE_MS:
                closed |= {piece, other}
    return closed


def _over_midnight(span: Span) -> bool:
    return time.localtime(span[0] // 1000).tm_yday != time.localtime(span[1] // 1000).tm_yday
