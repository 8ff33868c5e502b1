"""When the sun rises and sets, where it does, and what counts where it does not.

Owns: the one use of astral. Does not own: windows.
Invariant: pure. Every event of every day has a time: a sun that is up all day counts as risen at its first midnight and
as setting at its last, and one that stays down the other way round. So `sunrise..sunset` is the whole of a polar day
and none of a polar night, and `sunset..sunrise` the reverse.
"""

from __future__ import annotations

import datetime as dt
import functools

from shared.clock import NS_PER_S
from shared.config.model import Location

_RISING = frozenset({"dawn", "sunrise"})
_HORIZON_DEG = {"dawn": -6.0, "dusk": -6.0, "sunrise": -0.833, "sunset": -0.833}


@functools.lru_cache(maxsize=64)
def event_ns(event: str, day: dt.date, offset_s: int, location: Location) -> int:
    """Wall nanoseconds of `event` (dawn, sunrise, noon, sunset, dusk) on a local day whose zone is `offset_s` from UTC.

    Algorithm: NOAA's, by astral; dawn and dusk are the civil ones (6 degrees). Some 0.1 ms, then remembered.
    """
    import astral.sun  # noqa: PLC0415 - 4 MB that only a window by the sun has to pay for

    observer = astral.Observer(location.latitude, location.longitude)
    zone = dt.timezone(dt.timedelta(seconds=offset_s))
    try:
        moment = getattr(astral.sun, event)(observer, day, tzinfo=zone)
    except ValueError:
        # It does not cross the horizon on this day, so that one look tells for all of it.
        noon = astral.sun.noon(observer, day, tzinfo=zone)
        up = astral.sun.elevation(observer, noon, with_refraction=False) > _HORIZON_DEG[event]
        first_midnight = up == (event in _RISING)
        midnight = dt.datetime.combine(day, dt.time(), zone)
        moment = midnight if first_midnight else midnight + dt.timedelta(days=1)
    return int(moment.timestamp()) * NS_PER_S
