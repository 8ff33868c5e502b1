"""When the sun rises and sets, where it does, and what counts where it does not.

Owns: the one use of astral. Does not own: windows.
Invariant: pure. Every event of every day has a time: a sun that is up all day counts as risen at its first midnight and
as setting at its last, and one that stays down the other way round. So `sunrise..sunset` is the whole of a polar day
and none of a polar night, and `sunset..sunrise` the reverse; `comes` is False of a time that only counts as one.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.config.model import Location

if TYPE_CHECKING:
    import astral

_RISING = frozenset({"dawn", "sunrise"})
_HORIZON_DEG = {"dawn": -6.0, "dusk": -6.0, "sunrise": -0.833, "sunset": -0.833}


class SunTime(Struct, frozen=True):
    """Wall nanoseconds of an event, and whether the sun really does so then."""

    ns: int
    comes: bool


@functools.lru_cache(maxsize=64)
def event_time(event: str, day: dt.date, offset_s: int, location: Location) -> SunTime:
    """The time of `event` (dawn, sunrise, noon, sunset, dusk) on a local day whose zone is `offset_s` from UTC.

    Algorithm: NOAA's, by astral; dawn and dusk are the civil ones (6 degrees). Some 0.1 ms, then remembered.
    """
    import astral.sun  # noqa: PLC0415 - 4 MB that only a window by the sun has to pay for

    observer = astral.Observer(location.latitude, location.longitude)
    zone = dt.timezone(dt.timedelta(seconds=offset_s))
    try:
        moment = getattr(astral.sun, event)(observer, day, tzinfo=zone)
    except ValueError:
        return SunTime(_midnight_ns(event, day, zone, observer), comes=False)
    return SunTime(int(moment.timestamp()) * NS_PER_S, comes=True)


def _midnight_ns(event: str, day: dt.date, zone: dt.timezone, observer: astral.Observer) -> int:
    """The first or the last midnight of a day on which the sun does not cross the horizon.

    On the first and the last of such days it just touches it at noon, or at midnight: the mean of both heights tells.
    """
    import astral.sun  # noqa: PLC0415 - see `event_time`

    noon = astral.sun.noon(observer, day, tzinfo=zone)
    heights = [astral.sun.elevation(observer, noon + dt.timedelta(hours=hours), False) for hours in (0, 12)]
    up = sum(heights) / 2 > _HORIZON_DEG[event]
    midnight = dt.datetime.combine(day, dt.time(), zone)
    if up != (event in _RISING):
        midnight += dt.timedelta(days=1)
    return int(midnight.timestamp()) * NS_PER_S
