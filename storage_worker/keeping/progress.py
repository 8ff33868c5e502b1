"""How far thinning has come, so that no day is looked at that can have nothing to go.

Owns: which days have to be looked at next. Does not own: looking at them, nor the file in which this is kept
(`storage_worker.keeping_file`).
Invariant: pure. What a pass costs depends on the rules and on the time since the last one, not on how many days there
are: each day is looked at when a rule's time passes over it, and never again once it has passed under all of them.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from shared import tree
from shared.clock import NS_PER_MS
from storage_worker.keeping.rules import Keep

_HOUR_MS = 3_600_000
_FURTHEST_EAST_MS = 14 * _HOUR_MS
_FURTHEST_WEST_MS = 12 * _HOUR_MS
_MOST_AGAIN = 400


class Progress(Struct, frozen=True):
    """One camera. Its days before `next_day` have been thinned as of `until_ms`; all of them where that is None.

    `next_day` itself may have been, too: looking twice does no harm. `again` are days that have to be looked at once
    more: a frame could not be deleted, or came late.
    """

    until_ms: int = 0
    next_day: str | None = ""
    again: tuple[str, ...] = ()


Days = tuple[str, str]
"""From one day to another, both included, as `YYYY/MM/DD`."""


def due_days(progress: Progress, keep: Keep, now_ms: int) -> list[Days]:
    """Of the days that were thinned before, those in which something may have become too old since; in order."""
    since_ms = min(progress.until_ms, now_ms)
    if progress.next_day == "" or keep.all_ms is None:
        return []
    spans = [_local_days(since_ms - keep.all_ms, now_ms - keep.all_ms)]
    for every in keep.every:
        if every.kept_ms is not None:
            # What belongs to a regular time comes up to its period before the time at which it is over.
            early_ms = every.period_ms + (2 * _HOUR_MS if every.period_ms <= _HOUR_MS else 28 * _HOUR_MS)
            spans.append(_local_days(since_ms - every.kept_ms - early_ms, now_ms - every.kept_ms))
    spans += [(day, day) for day in progress.again]
    return _joined(spans)


def undone_days(progress: Progress, keep: Keep, now_ms: int) -> Days | None:
    """The days that have not been thinned at all; None where there are none."""
    if progress.next_day is None or keep.all_ms is None:
        return None
    return progress.next_day, _local_days(0, max(0, now_ms - keep.all_ms))[1]


def caught_up(progress: Progress, now_ms: int, again: tuple[str, ...]) -> Progress:
    """The days that were thinned before are so as of now."""
    return replace(progress, until_ms=now_ms, again=again[-_MOST_AGAIN:])


def did(progress: Progress, day: str) -> Progress:
    """One more of those that had not been thinned was, as of `until_ms`."""
    return replace(progress, next_day=day)


def did_all(progress: Progress) -> Progress:
    """None is left that has not been thinned."""
    return replace(progress, next_day=None)


def look_again(progress: Progress, day: str) -> Progress:
    """Something may go of a day though its time is over."""
    if day in progress.again:
        return progress
    return replace(progress, again=(*progress.again, day)[-_MOST_AGAIN:])


def _local_days(first_ms: int, last_ms: int) -> Days:
    """The days in which the frames of these instants lie, whatever the zone."""
    return _day(first_ms - _FURTHEST_WEST_MS), _day(last_ms + _FURTHEST_EAST_MS)


def _day(wall_ms: int) -> str:
    return tree.day_around(wall_ms * NS_PER_MS, 0)


def _joined(spans: list[Days]) -> list[Days]:
    joined: list[Days] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
