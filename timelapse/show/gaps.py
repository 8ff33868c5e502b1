"""The page of `timelapse gaps`: days by hours, the gaps, and what they come to.

Owns: the map and the words. Does not own: which gaps there are (`shared.ledger.coverage`).
Invariant: pure but for the local time zone; an hour in which one slot is missing never looks like a whole one.
"""

from __future__ import annotations

import time
from collections import Counter

from msgspec import Struct

from shared.clock import NS_PER_MS
from shared.ledger.coverage import Coverage, Gap
from shared.ledger.spans import lengths, union
from timelapse.show import words
from timelapse.show.ink import Ink

_HOUR_MS = 3_600_000
_MOST_GAPS = 20
_WHOLE, _MOST, _SOME, _NONE, _CLOSED = "#", "+", "-", "0", "."
_MOST_SHARE = 0.9
_LEGEND = "#  all slots    +  nine in ten or more    -  fewer    0  none    .  no slot was due"


class DayOfHours(Struct, frozen=True):
    """A local day: for each hour by the clock on the wall, how many milliseconds were recorded and how many missed."""

    name: str
    recorded_ms: list[int]
    missed_ms: list[int]


def gaps_page(coverage: Coverage, *, width: int, ink: Ink, whole: bool) -> list[str]:
    """All of it for one camera. `whole`: every gap, however many."""
    days = by_hours(coverage)
    lines = [_heading(coverage, ink)]
    if coverage.guessed_before_ms:
        when = _moment(coverage.guessed_before_ms)
        lines.append(
            ink.dim(f"  before {when} nobody noted interval and window: judged by the frames, and what came later")
        )
    lines += ["", *_map(days, ink), "", ink.dim(f"  {_LEGEND}"[:width])]
    if not coverage.gaps:
        return [*lines, "", ink.good("  nothing is missing")]
    listed = coverage.gaps if whole else _longest(coverage.gaps)
    lines += ["", *(_line(gap, ink) for gap in listed)]
    if hidden := len(coverage.gaps) - len(listed):
        lines.append(ink.dim(f"  ... and {words.count(hidden, 'shorter gap')} (--all lists them)"))
    return [*lines, "", *_summary(coverage.gaps, ink)]


def by_hours(coverage: Coverage) -> list[DayOfHours]:
    """The time of the account, sorted into days and hours by the clock on the wall."""
    bounds = _hours(coverage.first_ms, coverage.end_ms)
    missed = union((gap.first_ms, gap.end_ms) for gap in coverage.gaps)
    days: dict[str, DayOfHours] = {}
    both = zip(bounds, lengths(coverage.recorded, bounds), lengths(missed, bounds), strict=False)
    for start_ms, recorded_ms, missed_ms in both:
        local = time.localtime(start_ms // 1000)
        name = time.strftime("%Y-%m-%d", local)
        day = days.setdefault(name, DayOfHours(name, [0] * 24, [0] * 24))
        day.recorded_ms[local.tm_hour] += recorded_ms
        day.missed_ms[local.tm_hour] += missed_ms
    return list(days.values())


def _hours(first_ms: int, end_ms: int) -> list[int]:
    """The times at which an hour begins by the clock on the wall, with both ends."""
    bounds = [first_ms]
    while bounds[-1] < end_ms:
        local = time.localtime(bounds[-1] // 1000)
        past_ms = (local.tm_min * 60 + local.tm_sec) * 1000 + bounds[-1] % 1000
        bounds.append(min(end_ms, bounds[-1] + _HOUR_MS - past_ms))
    return bounds


def _heading(coverage: Coverage, ink: Ink) -> str:
    return f"{ink.bold(coverage.camera)}  {_moment(coverage.first_ms)} to {_moment(coverage.end_ms)}"


def _map(days: list[DayOfHours], ink: Ink) -> list[str]:
    lines = [ink.dim(" " * 14 + "".join(f"{hour:<2}" if hour % 3 == 0 else "  " for hour in range(24)).rstrip())]
    for day in days:
        cells = [_cell(*both, ink) for both in zip(day.recorded_ms, day.missed_ms, strict=True)]
        recorded, missed = sum(day.recorded_ms), sum(day.missed_ms)
        share = f"{_percent(recorded, recorded + missed):>9}" if recorded + missed else ""
        lines.append(f"  {day.name}  {' '.join(cells)}{share}")
    return lines


def _cell(recorded_ms: int, missed_ms: int, ink: Ink) -> str:
    if not recorded_ms and not missed_ms:
        return ink.dim(_CLOSED)
    if not missed_ms:
        return ink.good(_WHOLE)
    if not recorded_ms:
        return ink.bad(_NONE)
    return ink.warn(_MOST) if recorded_ms >= _MOST_SHARE * (recorded_ms + missed_ms) else ink.bad(_SOME)


def _percent(part: int, of: int) -> str:
    """Rounded, but never up to all of it."""
    return "100%" if part == of else f"{min(99.99, part / of * 100):.2f}%"


def _longest(gaps: list[Gap]) -> list[Gap]:
    longest = sorted(gaps, key=lambda gap: gap.first_ms - gap.end_ms)[:_MOST_GAPS]
    return sorted(longest)


def _line(gap: Gap, ink: Ink) -> str:
    day = words.day(gap.first_ms * NS_PER_MS)
    first, last = (words.time_of_day(at_ms * NS_PER_MS) for at_ms in (gap.first_ms, gap.last_ms))
    last_day = words.day(gap.last_ms * NS_PER_MS)
    until = "" if gap.count == 1 else f" to {'' if last_day == day else f'{last_day} '}{last}"
    length = words.duration((gap.end_ms - gap.first_ms) / 1000)
    return f"  {day} {first}{until}  {length}, {words.count(gap.count, 'slot')}: {ink.warn(gap.cause)}"


def _summary(gaps: list[Gap], ink: Ink) -> list[str]:
    slots: Counter[str] = Counter()
    for gap in gaps:
        slots[gap.cause] += gap.count
    parts = ", ".join(f"{cause} {number:,}" for cause, number in slots.most_common())
    total = words.count(sum(slots.values()), "slot")
    return [f"  {ink.bad(f'{total} missing')} in {words.count(len(gaps), 'gap')}: {parts}"]


def _moment(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at_ms // 1000))
