"""Spans of time as people say them: `2026-06-01`, `2026-06-01..2026-06-03`, `yesterday`, `last 2h`, `last 7 days`.

Owns: the notation and what it means. Does not own: what is looked for in a span.
Invariant: pure but for the machine's time zone; `now` is an argument. A day is from midnight to midnight by the clock
on the wall, be it 23 or 25 hours long; of an hour that comes twice a span has both.
"""

from __future__ import annotations

import datetime as dt
import re

from msgspec import Struct

from shared.clock import NS_PER_MS, NS_PER_S
from shared.errors import UsageError

FORMS = """\
2026, 2026-06, 2026-06-01, '2026-06-01 12:00', today, yesterday, 'last 2h',
'last 7 days', or two of them: 2026-06-01..2026-06-03 (both included),
2026-06-01.., 06:00..08:00 (of today)"""

_CALENDAR = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", re.ASCII)
_TIME = re.compile(r"(?:(.+?)[ T])?\s*(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_LAST = re.compile(r"(?:the\s+)?last\s+(\d+(?:\.\d+)?)?\s*([a-z]+)", re.ASCII)
_EXACT_S = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600}
_DAYS = {"d": 1, "day": 1, "w": 7, "week": 7}
_MONTHS = {"mo": 1, "month": 1, "y": 12, "year": 12}
_FIRST = dt.datetime(1969, 12, 31)  # noqa: DTZ001 - without a zone it is the machine's, here and below
_LAST_YEAR = 9000


class TimeRange(Struct, frozen=True):
    """A span of wall time: `first_ms` included, `end_ms` not; milliseconds since the epoch (UTC)."""

    first_ms: int
    end_ms: int


def parse_range(text: str, now_ns: int) -> TimeRange:
    """The span that `text` means. Raises `UsageError`, with the forms there are."""
    words = " ".join(text.split())
    start, dots, end = words.partition("..")
    if not dots:
        return _single(words, now_ns)
    first_ms = _single(start.strip(), now_ns).first_ms if start.strip() else 0
    if not end.strip():
        end_ms = _ms(_LAST_YEAR)
    elif (point := _point(end.strip(), now_ns, last=True)) is not None:
        end_ms = point
    else:
        end_ms = _single(end.strip(), now_ns).end_ms
    if end_ms <= first_ms:
        raise UsageError(f"'{text}' ends before it begins")
    return TimeRange(first_ms, end_ms)


def parse_time(text: str, now_ns: int) -> int:
    """The instant that `text` means, in milliseconds since the epoch; of a day it is noon. Raises `UsageError`."""
    words = " ".join(text.split())
    if words == "now":
        return now_ns // NS_PER_MS
    point = _point(words, now_ns, last=False)
    if point is not None:
        return point
    span = _single(words, now_ns)
    return (span.first_ms + span.end_ms) // 2


def _single(words: str, now_ns: int) -> TimeRange:
    now = dt.datetime.fromtimestamp(now_ns // NS_PER_S)  # noqa: DTZ006
    today = dt.datetime.combine(now.date(), dt.time())
    if words in {"today", "yesterday"}:
        start = today - dt.timedelta(days=words == "yesterday")
        return TimeRange(_stamp(start), _stamp(start + dt.timedelta(days=1)))
    if (last := _LAST.fullmatch(words)) is not None:
        return TimeRange(_back(words, float(last[1] or 1), last[2], now, now_ns), now_ns // NS_PER_MS + 1)
    if (date := _CALENDAR.fullmatch(words)) is not None:
        return _calendar(words, int(date[1]), date[2], date[3])
    if (point := _point(words, now_ns, last=False)) is not None:
        # One second, or one minute where no seconds are given.
        return TimeRange(point, point + (1000 if words.count(":") > 1 else 60_000))
    raise UsageError(f"'{words}' is no time or span of time; write\n{FORMS}")


def _back(words: str, number: float, unit: str, now: dt.datetime, now_ns: int) -> int:
    one = unit if unit in {"s", "h", "m"} else unit.removesuffix("s")
    try:
        if one in _EXACT_S:
            return now_ns // NS_PER_MS - int(number * _EXACT_S[one] * 1000)
        if one in _DAYS:
            # By the clock on the wall: across a change of it a day has 23 or 25 hours.
            return _stamp(now - dt.timedelta(days=number * _DAYS[one]))
        if one in _MONTHS and number == int(number):
            return _stamp(_months_before(now, int(number) * _MONTHS[one]))
    except (OverflowError, ValueError):
        return 0
    raise UsageError(f"'{words}': write 'last 90s', '30min', '2h', '7 days', '2 weeks', '3 months' or '1 year'")


def _months_before(now: dt.datetime, months: int) -> dt.datetime:
    month = now.year * 12 + now.month - 1 - months
    first = dt.datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001
    following = dt.datetime((month + 1) // 12, (month + 1) % 12 + 1, 1)  # noqa: DTZ001
    return now.replace(year=first.year, month=first.month, day=min(now.day, (following - first).days))


def _calendar(words: str, year: int, month: str | None, day: str | None) -> TimeRange:
    try:
        start = dt.datetime(year, int(month or 1), int(day or 1))  # noqa: DTZ001
        if day is not None:
            end = start + dt.timedelta(days=1)
        elif month is not None:
            end = dt.datetime(year + start.month // 12, start.month % 12 + 1, 1)  # noqa: DTZ001
        else:
            end = dt.datetime(year + 1, 1, 1)  # noqa: DTZ001
        span = TimeRange(_stamp(start), _stamp(end))
    except (ValueError, OverflowError):
        raise UsageError(f"'{words}' is in no calendar") from None
    if span.end_ms <= span.first_ms:
        raise UsageError(f"'{words}' is before 1970, where the clock of computers begins")
    return span


def _point(words: str, now_ns: int, *, last: bool) -> int | None:
    """The instant of a time of day, with or without a date; None for anything else. `last`: of two the later one."""
    match = _TIME.fullmatch(words)
    if match is None:
        return None
    day = match[1] or "today"
    if day not in {"today", "yesterday"} and not (_CALENDAR.fullmatch(day) and day.count("-") == 2):
        return None
    midnight = dt.datetime.fromtimestamp(_single(day, now_ns).first_ms / 1000).date()  # noqa: DTZ006
    try:
        micro = int((match[5] or "0").ljust(3, "0")) * 1000
        time = dt.time(int(match[2]), int(match[3]), int(match[4] or 0), micro, fold=int(last))
    except ValueError:
        if (match[2], match[3]) == ("24", "00"):
            return _stamp(dt.datetime.combine(midnight, dt.time()) + dt.timedelta(days=1))
        raise UsageError(f"'{words}' is no time of day") from None
    moment = dt.datetime.combine(midnight, time)
    if match[6]:
        offset = "+0000" if match[6] == "Z" else match[6].replace(":", "")
        minutes = int(f"{offset[0]}1") * (int(offset[1:3]) * 60 + int(offset[3:5]))
        return round(moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes))).timestamp() * 1000)
    return _stamp(moment)


def _ms(year: int) -> int:
    return (year - 1970) * 31_556_952_000


def _stamp(moment: dt.datetime) -> int:
    """Never before the epoch: east of Greenwich the first day begins there, at some hour of its morning."""
    return max(0, round(max(moment, _FIRST.replace(fold=moment.fold)).timestamp() * 1000))
