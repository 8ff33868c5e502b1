"""The output disk on the status page.

Owns: the bar, and the words beside it. Does not own: the thresholds, which are the configuration's.
Invariant: pure.
"""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.status import ForecastStatus, GrowthStatus, LedgerTrouble, StorageStatus
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import field

_LONGEST_BAR = 50
_DAY_S = 86_400
_STALE_S = 120
"""Storage looks at the disk more often than this; an older figure is said to be one."""


def disk_lines(storage: StorageStatus, now_wall_ns: int, *, width: int, ink: Ink) -> list[str]:
    """The block of the disk."""
    lines = [f"{ink.bold('disk')}  {words.plain(words.cut(storage.output_dir, width - 6))}"]
    if storage.used_percent is None:
        lines += field("used", "not known yet: the storage worker has not told", width, ink)
    else:
        lines += _used(storage, storage.used_percent, now_wall_ns, width, ink)
    lines += field("thresholds", _thresholds(storage), width, ink)
    # Told once a minute: of an archive that began since, there is nothing to say yet.
    if storage.growth is not None and storage.growth.archive_bytes:
        lines += field("whose", whose(storage.growth), width, ink)
    if storage.forecast is not None:
        lines += field("forecast", ahead(storage.forecast, now_wall_ns), width, ink)
    if storage.pruned_frames:
        pruned = f"{words.count(storage.pruned_frames, 'frame')} ({words.size(storage.pruned_bytes)}) since the start"
        if storage.pruned_though_kept:
            pruned += f", {words.count(storage.pruned_though_kept, 'frame')} of them though storage.keep keeps them"
        lines += field("deleted", pruned, width, ink)
    if storage.ledger is not None:
        lines += field("ledger", _ledger(storage.ledger, now_wall_ns), width, ink)
    if storage.detail:
        lines += field("detail", words.plain(storage.detail), width, ink)
    return lines


def whose(growth: GrowthStatus) -> str:
    """Who fills the disk, in one sentence."""
    said = f"the archive has {words.size(growth.archive_bytes)}, other files have {words.size(growth.others_bytes)}"
    if not growth.yielded_percent:
        return said
    grown = f"{words.size(growth.others_grown_bytes)} more than when there was room"
    gone = f"{growth.yielded_percent:g}% of the archive goes for them"
    limit = "no more may" if growth.exhausted else f"up to {growth.yield_percent:g}% may"
    return f"{said}: {grown}, for which {gone}; {limit} (storage.yield)"


def ahead(forecast: ForecastStatus, now_wall_ns: int) -> str:
    """What will come of the archive, in one sentence."""
    if forecast.bytes_a_day is None:
        return forecast.detail
    said = [f"{words.size(forecast.bytes_a_day)} a day"]
    if forecast.full_in_days is not None:
        said.append(f"recording stops {_when(forecast.full_in_days, now_wall_ns)}, with the disk full")
    if forecast.cleans_in_days is not None:
        said.append(f"the oldest frames go for room {_when(forecast.cleans_in_days, now_wall_ns)}")
    if forecast.reaches_back_days is not None:
        said.append(f"the archive then reaches back {_days(forecast.reaches_back_days)}")
    elif forecast.full_in_days is None and forecast.cleans_in_days is None:
        said.append("there is room for ten years")
    return "; ".join(said)


def bar(used_percent: float, marks_percent: list[float], length: int) -> str:
    """`[######....|.|...]`: filled up to `used_percent`, with a `|` at each mark that is not reached yet."""
    filled = round(min(max(used_percent, 0.0), 100.0) / 100 * length)
    cells = ["#"] * filled + ["."] * (length - filled)
    for mark in marks_percent:
        cell = min(int(mark / 100 * length), length - 1)
        if cell >= filled:
            cells[cell] = "|"
    return f"[{''.join(cells)}]"


def _used(storage: StorageStatus, used_percent: float, now_wall_ns: int, width: int, ink: Ink) -> list[str]:
    paint = {"high": ink.warn, "full": ink.bad}.get(storage.level or "", ink.good)
    marks = [storage.clean_above_percent, storage.stop_above_percent] if storage.clean else [storage.stop_above_percent]
    figures = f"{used_percent:.1f}% used"
    length = min(_LONGEST_BAR, width - len(figures) - 6)
    lines = [f"  {paint(bar(used_percent, marks, length))} {figures}"]
    free = "" if storage.free_bytes is None else f"{words.size(storage.free_bytes)} free"
    if storage.inodes_percent is not None and storage.inodes_percent >= storage.clean_above_percent:
        free += f", {storage.inodes_percent:.1f}% of the inodes used"
    lines += field("level", f"{storage.level or 'unknown'}{f', {free}' if free else ''}", width, ink)
    checked_s = (now_wall_ns - (storage.checked_wall_ns or now_wall_ns)) / NS_PER_S
    return lines + (field("checked", f"{words.duration(checked_s)} ago", width, ink) if checked_s > _STALE_S else [])


def _ledger(trouble: LedgerTrouble, now_wall_ns: int) -> str:
    since = words.duration((now_wall_ns - trouble.since_wall_ns) / NS_PER_S)
    return f"not written for {since}: {words.plain(trouble.detail)}"


def _when(days: float, now_wall_ns: int) -> str:
    if days < 1:
        return "now" if days == 0 else "within a day"
    return f"in {_days(days)} ({words.day(now_wall_ns + int(days * _DAY_S) * NS_PER_S)})"


def _days(days: float) -> str:
    if days < 1:
        return f"{days * 24:.0f} hours"
    return "1 day" if round(days) == 1 else f"{days:.0f} days"


def _thresholds(storage: StorageStatus) -> str:
    stop = f"stops recording above {storage.stop_above_percent:g}%"
    if not storage.clean:
        return f"never deletes, {stop}"
    return f"deletes the oldest above {storage.clean_above_percent:g}%, {stop}"
