"""The one frame of each day that is nearest to the sun's noon.

Owns: when that is, and how near is near. Does not own: the sun (`shared.sun`), other ways of picking (`picking`).
Invariant: a frame belongs to one noon at most. A day without a frame within three hours of noon has none: one of dusk
among those of noon would be worse than a day that is left out.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from shared.clock import NS_PER_MS
from shared.config.model import Location
from shared.ledger.archive import Archive
from shared.ledger.rows import DAY_MS, FrameRow
from shared.ledger.spans import Span, cut
from shared.sun import event_time

_FARTHEST_MS = 3 * 3_600_000
_NEAR_MS = 600_000
"""Where most days have one: so much less is read."""
_S_PER_DEGREE = 240
_FIRST = dt.date(1970, 1, 1)


def noons(first_ms: int, end_ms: int, location: Location) -> Iterator[int]:
    """Each noon of which a frame may be in that time, in order; milliseconds since the epoch."""
    # By the mean sun of the place itself noon never is near midnight, whatever the zone and its changes are.
    offset_s = round(location.longitude * _S_PER_DEGREE)
    for day in range(max(0, first_ms // DAY_MS - 1), end_ms // DAY_MS + 2):
        noon_ms = event_time("noon", _FIRST + dt.timedelta(days=day), offset_s, location).ns // NS_PER_MS
        if first_ms - _FARTHEST_MS <= noon_ms < end_ms + _FARTHEST_MS:
            yield noon_ms


def nearest_to(noons_ms: Sequence[int], archive: Archive, camera: str, span: Span) -> list[FrameRow]:
    """The frame within `span` that is nearest to each noon, where there is one. Blocks for the disk."""
    found: dict[int, FrameRow] = {}
    for half_ms in (_NEAR_MS, _FARTHEST_MS):
        left = [noon_ms for noon_ms in noons_ms if noon_ms not in found]
        around = cut([(noon_ms - half_ms, noon_ms + half_ms + 1) for noon_ms in left], *span)
        for row in archive.frames_within(camera, around):
            noon_ms = left[max(0, bisect_right(left, row.slot_ms + DAY_MS // 2) - 1)]
            if noon_ms not in found or _nearer(row, found[noon_ms], noon_ms):
                found[noon_ms] = row
    return sorted(found.values())


def _nearer(row: FrameRow, other: FrameRow, noon_ms: int) -> bool:
    """Of two as near the earlier one is, and of two takes of a slot the later one."""
    far, other_far = abs(row.slot_ms - noon_ms), abs(other.slot_ms - noon_ms)
    return far < other_far or row.slot_ms == other.slot_ms
