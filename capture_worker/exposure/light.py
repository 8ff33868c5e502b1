"""The light of the last frames: how much there is, and where it is going.

Owns: telling light that changes for good from a flash, and dawn from a cloud.
Does not own: what the exposure does about it.
Invariant: pure. A single frame never moves the answer, whatever it shows; a step in the light is never taken for a
trend, so that nothing is expected beyond where the light already is.
"""

from __future__ import annotations

import itertools
import statistics

from msgspec import Struct

MOST_TREND_EV_S = 0.45 / 60
"""Twilight in the tropics brings 0.36 stops a minute, the fastest that daylight changes; 0.25 in middle latitudes."""
_NOISE_EV = 0.01
"""What a trend must be above, a frame: between two frames of one light measurements differ by so much."""
_DENSE_S = 60.0
_MANY, _FEW = 5, 3
_TREND_OF = 3


class Reading(Struct, frozen=True):
    """The light of one frame, in stops of any zero, and when (seconds, monotonic)."""

    at_s: float
    light_ev: float


def looked_back(interval_s: float) -> int:
    """How many frames are looked at: 5 where they come each minute or sooner, else 3.

    More than half of them must agree: a car that passes is in two frames at most, and the light of 15 minutes
    ago says nothing.
    """
    return _MANY if interval_s <= _DENSE_S else _FEW


def with_reading(readings: tuple[Reading, ...], new: Reading) -> tuple[Reading, ...]:
    """`readings` and a new one, as many as are ever looked at. One that is not newer than the last changes nothing."""
    if readings and new.at_s <= readings[-1].at_s:
        return readings
    return (*readings, new)[-_MANY:]


def trend_ev_s(readings: tuple[Reading, ...], of_last: int) -> float:
    """Stops a second at which the light changes steadily, 0 where it does not.

    The least of the last two changes and of the change over the last `of_last` frames, and only where all of them go
    the same way: neither a step nor a flash does, and what comes and goes does not for long.
    """
    last = readings[-of_last:]
    if len(last) < _TREND_OF:
        return 0.0
    pairs = [*itertools.pairwise(last[-_TREND_OF:]), (last[0], last[-1])]
    rates = [(b.light_ev - a.light_ev) / (b.at_s - a.at_s) for a, b in pairs]
    if max(rates) > 0 > min(rates):
        return 0.0
    rate = min(rates, key=abs)
    sure = max(0.0, abs(rate) - _NOISE_EV / max(b.at_s - a.at_s for a, b in pairs[:-1]))
    return min(sure, MOST_TREND_EV_S) * (1 if rate > 0 else -1)


def light_at(readings: tuple[Reading, ...], at_s: float, trend: float, of_last: int) -> float | None:
    """The light at a moment: the median of the last readings, each carried on by the trend.

    None while there are too few for a majority of `of_last` that could outvote a flash. Up to the newest reading it is
    no more and no less than was ever seen; only beyond it the trend is believed.
    """
    last = readings[-of_last:]
    if len(last) <= of_last // 2:
        return None
    now_s = last[-1].at_s
    now_ev = statistics.median(each.light_ev + trend * (now_s - each.at_s) for each in last)
    seen = [each.light_ev for each in last]
    return min(max(now_ev, min(seen)), max(seen)) + trend * (at_s - now_s)
