"""How fast the archive grows, when that fills the disk, and how far back the archive will reach then.

Owns: that arithmetic, and the rule for too little history. Does not own: counting (`totals`), showing it.
Invariant: pure; today is an argument. The rate is the mean of the last seven days that were whole, had frames, and are
no longer ago than that: neither today, which is not over, nor the first day ever, which may have begun at noon. Others'
use of the disk is taken to stay as it is (`yielding` is about that).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from shared.config.keep_rules import ALL, period_s
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.status import ForecastStatus
from storage_worker.keeping.protection import midnight_of
from storage_worker.pressure import used_bytes

MOST_WHOLE_DAYS = 7
HORIZON_DAYS = 3650
"""Beyond that nobody has the same disk."""
_DAY_S = 86_400.0
_DAY_MS = 86_400_000
_TOO_LITTLE = "not known before one day has been recorded from midnight to midnight"
_NOTHING = "nothing was recorded in the last 7 days"


class Came(Struct, frozen=True):
    """What was written on a day, whether it is still there or not."""

    files: int
    bytes: int


class Counts(Struct, frozen=True):
    """What the forecast goes by. Days are `YYYY/MM/DD`; `there` is what the frames of each occupy now."""

    came: Mapping[str, Came]
    there: Mapping[str, int]
    cameras: int
    today: str


def forecast(counts: Counts, usage: DiskUsage, storage: StorageConfig) -> ForecastStatus:
    """What will come of the archive at the present rate."""
    today = _number(counts.today)
    days = [] if today is None else _whole_days(counts.came, today)
    if today is None or not days:
        return ForecastStatus(detail=_NOTHING if len(counts.came) > 2 else _TOO_LITTLE)
    a_day = Came(sum(day.files for day in days) // len(days), sum(day.bytes for day in days) // len(days))
    shares = _Shares(storage, a_day.files, counts.cameras)
    there = {number: size for day, size in counts.there.items() if (number := _number(day)) is not None}
    archive_bytes = sum(there.values())
    others_bytes = max(0, used_bytes(usage) - archive_bytes)
    growing = list(_growing(there, today, a_day.bytes, shares))
    room = _Room(storage, usage, others_bytes)
    return ForecastStatus(
        bytes_a_day=a_day.bytes,
        whole_days=len(days),
        cleans_in_days=_passes(archive_bytes, growing, room.clean_above) if room.goes else None,
        full_in_days=None if room.is_relieved else _passes(archive_bytes, growing, room.stop_above),
        reaches_back_days=_reach(a_day.bytes, shares, room.clean_to if room.goes else math.inf),
    )


class _Room:
    """Of the archive, in bytes. `goes` is whether frames go for room, `is_relieved` whether they do for the disk's."""

    def __init__(self, storage: StorageConfig, usage: DiskUsage, others_bytes: int) -> None:
        def up_to(percent: float) -> float:
            return usage.usable_bytes * percent / 100 - others_bytes

        self.is_relieved = storage.clean and storage.when_full == "delete_oldest"
        self.goes = self.is_relieved
        largest = storage.max_size_bytes or math.inf
        self.stop_above = up_to(storage.stop_above_percent)
        self.clean_above = min(up_to(storage.clean_above_percent), largest)
        self.clean_to = max(0.0, min(up_to(storage.clean_to_percent), largest))


class _Shares:
    """How much of a day is left at what age, by `keep_days` and `keep`; 1 is all of it."""

    def __init__(self, storage: StorageConfig, files_a_day: int, cameras: int) -> None:
        self._storage = storage
        self._files_a_day = max(1, files_a_day)
        self._cameras = max(1, cameras)
        spans_s = [span for span in storage.keep.values() if span is not None] if storage.clean else []
        days_s = [storage.keep_days * _DAY_S] if storage.clean and storage.keep_days else []
        self.steps = sorted({math.ceil(span / _DAY_S) for span in spans_s + days_s})
        """The ages, in days, at which it becomes less."""

    def at(self, age: int) -> float:
        """Of the day that was so many days ago, at its end. It never grows with the age."""
        storage = self._storage
        if not storage.clean or (not storage.keep and not storage.keep_days):
            return 1.0
        if storage.keep_days and age >= storage.keep_days:
            return 0.0
        if not storage.keep:
            return 1.0
        in_force = [name for name, span in storage.keep.items() if span is None or age * _DAY_S < span]
        if ALL in in_force:
            return 1.0
        a_day = max((_DAY_S / period_s(name) for name in in_force), default=0.0) * self._cameras
        return min(1.0, a_day / self._files_a_day)


def _growing(there: dict[int, int], today: int, a_day_bytes: int, shares: _Shares) -> Iterator[float]:
    """By how much the archive becomes larger in each of the days to come, or smaller."""
    left: dict[int, float] = dict(there)
    for later in range(1, HORIZON_DAYS + 1):
        change = float(a_day_bytes)
        for age in shares.steps:
            before, after = shares.at(age - 1), shares.at(age)
            if before <= after:
                continue
            number = today + later - age
            if number >= today:
                change -= a_day_bytes * (before - after)
            elif number in left:
                gone = left[number] * (1 - after / before)
                left[number] -= gone
                change -= gone
        yield change


def _passes(archive_bytes: int, growing: list[float], limit_bytes: float) -> float | None:
    """In how many days the archive is larger than that; None where it never is."""
    size = float(archive_bytes)
    if size > limit_bytes:
        return 0.0
    for day, change in enumerate(growing):
        if size + change > limit_bytes:
            return round(day + (limit_bytes - size) / change, 1)
        size += change
    return None


def _reach(a_day_bytes: int, shares: _Shares, room_bytes: float) -> float | None:
    """How many days of it find room; None where it is as many as anybody could want."""
    size = 0.0
    for age in range(HORIZON_DAYS):
        day = a_day_bytes * shares.at(age)
        if not day and a_day_bytes:
            return float(age)
        if size + day >= room_bytes:
            return round(age + (room_bytes - size) / day, 1) if day else float(age)
        size += day
    return None


def _whole_days(came: Mapping[str, Came], today: int) -> list[Came]:
    numbered = sorted((number, day) for name, day in came.items() if (number := _number(name)) is not None)
    past = [(number, day) for number, day in numbered[1:] if number < today and day.bytes]
    return [day for number, day in past if number >= today - MOST_WHOLE_DAYS]


def _number(day: str) -> int | None:
    midnight_ms = midnight_of(day)
    return None if midnight_ms is None else midnight_ms // _DAY_MS
