"""Days by the clock on the wall, as `YYYY-MM-DD`: which one it is, when each begins.

Owns: the arithmetic, over changes of the zone's offset. Does not own: which days are rendered (`schedule`).
Invariant: pure but for the local time zone. A day ends where the next one begins, and is 23 or 25 hours long where the
clock is changed; one that no clock has had is not made up.
"""

from __future__ import annotations

import time

_DAY_S = 86_400
_STEP_S = 900
"""What every change of a zone is a multiple of."""
_MOST_STEPS = 12


def day_of(wall_s: float) -> str:
    """The day of an instant (seconds since the epoch)."""
    return time.strftime("%Y-%m-%d", time.localtime(wall_s))


def days_before(wall_s: float, most: int) -> list[str]:
    """The `most` days before that of an instant, the oldest first."""
    noon = _noon_s(day_of(wall_s))
    return list(dict.fromkeys(day_of(noon - back * _DAY_S) for back in range(most, 0, -1)))


def begin_s(day: str, days_later: int = 0, minute: int = 0) -> int:
    """When the day (or one so many days later) has that minute of its clock: the first instant at or after it.

    A minute that the clock skips is the first one after the gap; of one that it has twice it is either.
    """
    target = (*time.localtime(_noon_s(day) + days_later * _DAY_S)[:3], minute // 60, minute % 60)
    found = int(time.mktime((*target, 0, 0, 0, -1)))
    # Within a change mktime may be off to either side.
    for _ in range(_MOST_STEPS):
        if time.localtime(found)[:5] >= target:
            break
        found += _STEP_S
    for _ in range(_MOST_STEPS):
        if time.localtime(found - _STEP_S)[:5] < target:
            break
        found -= _STEP_S
    return found


def span_ms(day: str) -> tuple[int, int]:
    """From the first millisecond of a day to the first of the next one."""
    return begin_s(day) * 1000, begin_s(day, 1) * 1000


def _noon_s(day: str) -> int:
    """The middle of a day that there is: so far from any change that a day's seconds lead to the next one's."""
    year, month, day_of_month = (int(part) for part in day.split("-"))
    return int(time.mktime((year, month, day_of_month, 12, 0, 0, 0, 0, -1)))
