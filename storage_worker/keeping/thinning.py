"""Which frames of one camera's day go because no rule of `storage.keep` keeps them any more.

Owns: that decision, for a whole day, and which days beside it have to be known for it. Does not own: listing days, nor
which days have to be looked at (`progress`).
Invariant: a frame goes only when every day that could hold one nearer to its regular times could be listed. At most
`_MOST_DAYS` days are held at a time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator

from msgspec import Struct

from shared import tree
from shared.clock import NS_PER_MS
from shared.frame_name import FrameName, frame_beside, is_raw, parse
from storage_worker.keeping.day_names import DayNames, Near, local_ms_of
from storage_worker.keeping.protection import midnight_of
from storage_worker.keeping.regular import RegularTime, regular_time
from storage_worker.keeping.rules import Keep

_DAY_MS = 86_400_000
_SHIFT_MS = 3 * 3_600_000
"""More than any change of a zone's clock: so far apart two local times of one moment may stand."""
_MOST_DAYS = 4
_SLICE = 256
"""Frames that are judged before others may have their turn."""


class Thinned(Struct, frozen=True):
    """A frame that no rule keeps. `name` is the file's own, without directories."""

    frame: FrameName
    name: str


class Thinner:
    """One camera. `names_of(day)` lists a day, newest first, and raises OSError; it is called once for a day or so.

    `unsure` is whether frames stayed only because a day beside theirs could not be listed.
    """

    def __init__(self, keep: Keep, names_of: Callable[[str], list[str]]) -> None:
        self.unsure = False
        self._keep = keep
        self._names_of = names_of
        self._days: OrderedDict[str, DayNames | None] = OrderedDict()
        self._nearest: dict[int, tuple[RegularTime, Near | None]] = {}

    def thin(self, day: str, now_ms: int) -> Iterator[list[Thinned]]:
        """What goes of a day, oldest first, a part at a time. Raises OSError where the day itself can't be listed."""
        midnight_ms = midnight_of(day)
        if midnight_ms is None:
            return
        # Anew: what was listed for the day before it may have been deleted since.
        self._days.pop(day, None)
        names = [*reversed(self._names_of(day))]
        self._days[day] = DayNames(midnight_ms, names)
        for first in range(0, len(names), _SLICE):
            yield [thinned for name in names[first : first + _SLICE] if (thinned := self._judged(name, now_ms))]

    def _judged(self, name: str, now_ms: int) -> Thinned | None:
        own_name = frame_beside(name)
        frame = parse(own_name)
        if frame is None or self._keep.keeps_all_of(frame.slot_ns // NS_PER_MS, now_ms):
            return None
        # A raw file whose frame is gone is nothing to look at: it stays as long as all do.
        if not is_raw(name) and self._is_kept(frame, local_ms_of(frame, own_name), now_ms):
            return None
        return Thinned(frame, name)

    def _is_kept(self, frame: FrameName, local_ms: int, now_ms: int) -> bool:
        offset_ms = local_ms - frame.slot_ns // NS_PER_MS
        for every in self._keep.every:
            at = regular_time(local_ms, offset_ms, every.period_ms)
            if every.in_force(at, now_ms):
                try:
                    near = self._nearest_to(at, offset_ms)
                except OSError:
                    self.unsure = True
                    return True
                if near is not None and near.frame == frame:
                    return True
        return False

    def _nearest_to(self, at: RegularTime, offset_ms: int) -> Near | None:
        before, best = self._nearest.get(at.period_ms, (None, None))
        if before == at:
            return best
        best = None
        for least_ms, day in days_of(at, offset_ms):
            if best is not None and least_ms > best.distance_ms:
                break
            names = self._names(day)
            near = names.nearest(at) if names else None
            best = min((found for found in (best, near) if found), default=None)
        self._nearest[at.period_ms] = (at, best)
        return best

    def _names(self, day: str) -> DayNames | None:
        if day in self._days:
            self._days.move_to_end(day)
            return self._days[day]
        midnight_ms = midnight_of(day)
        names = self._names_of(day) if midnight_ms is not None else []
        self._days[day] = DayNames(midnight_ms or 0, names) if names else None
        if len(self._days) > _MOST_DAYS:
            self._days.popitem(last=False)
        return self._days[day]


def days_of(at: RegularTime, offset_ms: int) -> Iterator[tuple[int, str]]:
    """The days that may hold frames which belong to a regular time, each behind the least distance, nearest first.

    Where it is a moment, frames from both sides of a change of the clock belong to it.
    """
    local_ms = at.local_ms(offset_ms)
    slack_ms = _SHIFT_MS if at.is_instant else 0
    first = (local_ms - at.period_ms // 2 - slack_ms) // _DAY_MS
    last = (local_ms + at.period_ms // 2 + slack_ms - 1) // _DAY_MS
    middle = local_ms // _DAY_MS
    for away in range(max(middle - first, last - middle) + 1):
        for number in sorted({middle - away, middle + away}):
            if first <= number <= last:
                least_ms = max(number * _DAY_MS - local_ms, local_ms - (number + 1) * _DAY_MS + 1, 0)
                yield (0 if slack_ms else least_ms), tree.day_around(number * _DAY_MS * NS_PER_MS, 0)
