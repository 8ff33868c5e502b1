"""Which times of the day a camera takes pictures in.

Owns: the window of each local day as an interval of wall time. Does not own: the notation (`shared.config.window`),
the sun (`shared.sun`), or slots (`capture_worker.plan`).
Invariant: pure, but for the machine's time zone. Intervals come in order of their day; an end that is not after the
start is the next day's.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

from msgspec import Struct

from shared import sun
from shared.clock import NS_PER_S
from shared.config.model import Location
from shared.config.window import ALWAYS, Edge, FixedEdge, SunEdge, Window
from shared.sun import SunTime

_DAY = dt.timedelta(days=1)


class Interval(Struct, frozen=True):
    """A time in which the window is open: `start_ns` included, `end_ns` excluded."""

    start_ns: int
    end_ns: int


def open_intervals(window: Window, location: Location | None, first_ns: int, last_ns: int) -> Iterator[Interval]:
    """When the window is open between two times (wall nanoseconds), cut off at both. Lazy."""
    if window == ALWAYS:
        yield Interval(first_ns, last_ns)
        return
    day, last_day = _local_day(first_ns) - 2 * _DAY, _local_day(last_ns) + _DAY
    covered_ns = first_ns
    while day <= last_day:
        interval = _on_day(window, location, day)
        start_ns, end_ns = max(interval.start_ns, covered_ns), min(interval.end_ns, last_ns)
        if start_ns < end_ns:
            yield Interval(start_ns, end_ns)
            covered_ns = end_ns
        day += _DAY


def _on_day(window: Window, location: Location | None, day: dt.date) -> Interval:
    """The window that opens on a day; one that is closed again at once where none does."""
    start, end = _time(window.start, location, day), _time(window.end, location, day)
    following = _time(window.end, location, day + _DAY)
    if _is_overnight(window, start, end):
        both_by_the_sun = isinstance(window.start, SunEdge) and isinstance(window.end, SunEdge)
        opens = start.comes or not both_by_the_sun
        return Interval(start.ns, following.ns if opens else start.ns)
    if not end.comes and following.ns <= _time(window.start, location, day + _DAY).ns:
        # The last of the days on which the sun did not rise: it is dark until it does.
        return Interval(start.ns, following.ns)
    return Interval(start.ns, end.ns)


def _is_overnight(window: Window, start: SunTime, end: SunTime) -> bool:
    if isinstance(window.start, FixedEdge) and isinstance(window.end, FixedEdge):
        # As it is written: on the day without an hour from two to three, 02:00 and 03:00 are the same instant.
        return window.end.minute <= window.start.minute
    return end.ns <= start.ns


def _time(edge: Edge, location: Location | None, day: dt.date) -> SunTime:
    midnight = dt.datetime.combine(day, dt.time())
    if isinstance(edge, FixedEdge):
        # Without a zone it is the machine's: of two the first, and one that is left out is as much later.
        moment = midnight + dt.timedelta(minutes=edge.minute)
        return SunTime(int(moment.timestamp()) * NS_PER_S, comes=True)
    assert location is not None, "the reader asks for a location wherever a window needs one"
    noon = (midnight + dt.timedelta(hours=12)).timestamp()
    there = sun.event_time(edge.event, day, time.localtime(noon).tm_gmtoff, location)
    return SunTime(there.ns + int(edge.offset_s * NS_PER_S), there.comes)


def _local_day(wall_ns: int) -> dt.date:
    local = time.localtime(wall_ns // NS_PER_S)
    return dt.date(local.tm_year, local.tm_mon, local.tm_mday)
