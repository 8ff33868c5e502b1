"""How much of its local day is over at a slot.

Owns: when that day begins and ends, with the days of 23 and 25 hours. Does not own: the bar that shows it (`strips`).
Invariant: from 0 to just below 1, and never less at a later slot of the same day, as long as the frames were taken in
the machine's zone. Elsewhere nobody knows when the clock was changed: the day has 24 hours of the frame's own offset.
"""

from __future__ import annotations

import datetime as dt
import time

_DAY = dt.timedelta(days=1)
_DAY_S = 86_400


def part_of_day(slot_ms: int, offset_min: int) -> float:
    """The part of the local day that has passed at a slot, whose frame was taken so many minutes east of UTC."""
    slot_s = slot_ms / 1000
    if time.localtime(slot_ms // 1000).tm_gmtoff != offset_min * 60:
        return (slot_s + offset_min * 60) % _DAY_S / _DAY_S
    midnight = dt.datetime.combine(dt.datetime.fromtimestamp(slot_ms // 1000), dt.time())  # noqa: DTZ006 - the machine's
    first_s, end_s = midnight.timestamp(), (midnight + _DAY).timestamp()
    return min(max((slot_s - first_s) / (end_s - first_s), 0.0), 1.0)
