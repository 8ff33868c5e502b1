"""Which times of the day a camera takes pictures in.

Owns: the window of each local day as an interval of wall time. Does not own: the notation (`shared.config.window`),
the sun (`capture_worker.sun`), or slots (`capture_worker.plan`).
Invariant: pure, but for the machine's time zone. Intervals come in order of their day; an end that is not after the
start is the next day's.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

from msgspec import Struct

from capture_worker import sun
from shared.clock import NS_PER_S
from shared.config.model import Location
from shared.config.window import ALWAYS, Edge, FixedEdge, Window

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
    start_ns = _edge_ns(window.start, location, day)
    end_ns = _edge_ns(window.end, location, day)
    return Interval(start_ns, end_ns if end_ns > start_ns else _edge_ns(window.end, location, day + _DAY))


def _edge_ns(edge: Edge, location: Location | None, day: dt.date) -> int:
    if isinstance(edge, FixedEdge):
        # mktime takes minutes beyond the hour, and finds the zone's offset of that very time.
        return int(time.mktime((day.year, day.month, day.day, 0, edge.minute, 0, 0, 0, -1))) * NS_PER_S
    assert location is not None, "the reader asks for a location wherever a window needs one"
    noon = time.mktime((day.year, day.month, day.day, 12, 0, 0, 0, 0, -1))
    offset_s = time.localtime(noon).tm_gmtoff
    return sun.event_ns(edge.event, day, offset_s, location) + int(edge.offset_s * NS_PER_S)


def _local_day(wall_ns: int) -> dt.date:
    local = time.localtime(wall_ns // NS_PER_S)
    return dt.date(local.tm_year, local.tm_mon, local.tm_mday)
