"""The regular times that thinning goes by, and which of them a frame is near to.

Owns: the arithmetic of local times. Does not own: which frame is the nearest (`day_names`), how long it stays
(`rules`).
Invariant: pure, from a frame's name alone. Every frame belongs to one regular time of each period. Regular times of up
to an hour apart follow one another in real time, through any change of the clock; those further apart go by the clock
on the wall, so that a day is a day though it may have 23 or 25 hours.
"""

from __future__ import annotations

from msgspec import Struct

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_FIRST_MONDAY_NOON_MS = 4 * _DAY_MS + _DAY_MS // 2
"""Whole days count from a Monday's noon: weeks from Monday noon, and a picture a day is one by daylight."""
_LATEST_ZONE_MS = 12 * _HOUR_MS
"""Where a local time comes last, of all zones of today."""


class RegularTime(Struct, frozen=True):
    """One of the times that are `period_ms` apart.

    `at_ms` is milliseconds since 1970: UTC for periods of up to an hour, else local, whatever the zone.
    """

    period_ms: int
    at_ms: int

    @property
    def is_instant(self) -> bool:
        """Whether it is a moment, and not a time on the clock."""
        return self.period_ms <= _HOUR_MS

    def local_ms(self, offset_ms: int) -> int:
        """What the clock shows then in a zone that is `offset_ms` east of UTC."""
        return self.at_ms + offset_ms if self.is_instant else self.at_ms

    def over_ms(self) -> int:
        """UTC milliseconds from which on no frame that belongs to it can come any more, wherever it is."""
        return self.at_ms + self.period_ms // 2 + (0 if self.is_instant else _LATEST_ZONE_MS)


def regular_time(local_ms: int, offset_ms: int, period_ms: int) -> RegularTime:
    """The regular time nearest to a local time; half-way between two it is the later."""
    phase_ms = 0 if period_ms < _DAY_MS else _FIRST_MONDAY_NOON_MS
    at_ms = phase_ms + (local_ms - phase_ms + period_ms // 2) // period_ms * period_ms
    return RegularTime(period_ms, at_ms - offset_ms if period_ms <= _HOUR_MS else at_ms)
