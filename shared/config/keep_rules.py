"""`storage.keep`: which frames stay for how long, as a person writes it.

Owns: the notation of both sides of `every 1h: 1y`, and which times are regular enough to thin by.
Does not own: what the rules mean for a frame (`storage_worker.keeping`).
Invariant: every period divides a day evenly or is a number of whole days, so that regular times are the same each day.
No parser raises anything but ValueError.
"""

from __future__ import annotations

import re

from shared.config import units
from shared.config.redact import shown

DAY_S = 86_400
YEAR_S = 365 * DAY_S
"""What `1y` means: a count of days, like all the others."""
LONGEST_S = 100 * YEAR_S
LONGEST_PERIOD_S = 366 * DAY_S
ALL = "all"
FOREVER = "forever"
FORMS = "all, or every 1m, every 1h, every 1d ..."

_EVERY = re.compile(r"every ([0-9]+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": DAY_S}
_YEARS = re.compile(r"([0-9]{1,4})\s*y")
_MEANT = {
    "everything": ALL,
    "secondly": "every 1s",
    "minutely": "every 1m",
    "hourly": "every 1h",
    "daily": "every 1d",
    "weekly": "every 7d",
    "monthly": "every 30d",
    "yearly": "every 365d",
    "second": "every 1s",
    "minute": "every 1m",
    "hour": "every 1h",
    "day": "every 1d",
    "week": "every 7d",
    "month": "every 30d",
    "year": "every 365d",
}
_LOOSE = re.compile(r"(?:every)?[\s_-]*([0-9]*)\s*([a-z]+)")


def period_s(name: str) -> int:
    """The period of the key `every 1h`, in seconds; 0 of `all`. For a name that `keep_name_problem` is content with."""
    found = _EVERY.fullmatch(name)
    return int(found[1]) * _SECONDS[found[2]] if found else 0


def keep_name_problem(name: str) -> str | None:
    """What is wrong with a key of `storage.keep`; None if nothing."""
    if name == ALL:
        return None
    if _EVERY.fullmatch(name) is None or len(name) > units.LONGEST_NUMBER:
        return f"a rule is called {FORMS}{_meant(name)}"
    period = period_s(name)
    if not 1 <= period <= LONGEST_PERIOD_S:
        return f"the period is out of range: from 1s to {LONGEST_PERIOD_S // DAY_S}d"
    if period % DAY_S == 0 or (period < DAY_S and DAY_S % period == 0):
        return None
    near = min(_regular_periods(period), key=lambda regular: abs(regular - period))
    return f"the period has to divide a day evenly, or be whole days (did you mean {every(near)}?)"


def every(period: int) -> str:
    """The shortest name of the rule with this period in seconds: 3600 is `every 1h`."""
    unit, seconds = next((unit, s) for unit, s in reversed(_SECONDS.items()) if period % s == 0)
    return f"every {period // seconds}{unit}"


def parse_keep_s(text: str) -> float | None:
    """For how long, in seconds; None for `forever`. `1y` is 365 days. ValueError otherwise."""
    word = text.strip()
    if word == FOREVER:
        return None
    years = _YEARS.fullmatch(word)
    try:
        kept_s = int(years[1]) * float(YEAR_S) if years else units.parse_duration_s(text)
    except ValueError as error:
        if word.casefold().replace(" ", "") in {"forever", "always", "ever", "infinite", "inf", "never"}:
            raise ValueError(f"{shown(word)} is not known here (did you mean {FOREVER}?)") from None
        raise ValueError(f"{error} or {FOREVER}") from None
    if not 0 < kept_s <= LONGEST_S:
        raise ValueError(f"{shown(word)} is out of range: up to 100y, or {FOREVER}")
    return kept_s


def format_keep(kept_s: float | None) -> str:
    """The notation that `parse_keep_s` takes back to the same time."""
    if kept_s is None:
        return FOREVER
    return f"{int(kept_s // YEAR_S)}y" if kept_s % YEAR_S == 0 else units.format_duration(kept_s)


def _meant(name: str) -> str:
    word = name.strip().casefold().removeprefix("every ").strip()
    if word in _MEANT:
        return f" (did you mean {_MEANT[word]}?)"
    loose = _LOOSE.fullmatch(name.strip().casefold())
    if loose is None or len(loose[1]) > 6:
        return ""
    unit = units.LONG_UNITS.get(loose[2].removesuffix("s"), loose[2])
    days = {"w": 7, "week": 7, "weeks": 7, "y": 365, "year": 365, "years": 365}.get(unit)
    better = f"every {int(loose[1] or 1) * days}d" if days else f"every {loose[1] or 1}{unit}"
    right = _EVERY.fullmatch(better) and keep_name_problem(better) is None
    return f" (did you mean {better}?)" if right else ""


def _regular_periods(period: int) -> list[int]:
    if period > DAY_S:
        return [period // DAY_S * DAY_S, (period // DAY_S + 1) * DAY_S]
    return [regular for regular in range(1, DAY_S + 1) if DAY_S % regular == 0]
