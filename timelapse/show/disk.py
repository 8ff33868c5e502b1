"""The output disk on the status page.

Owns: the bar, and the words beside it. Does not own: the thresholds, which are the configuration's.
Invariant: pure.
"""

from __future__ import annotations

from shared.clock import NS_PER_S
from shared.status import StorageStatus
from timelapse.show import words
from timelapse.show.ink import Ink
from timelapse.show.layout import field

_LONGEST_BAR = 50
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
    if storage.pruned_frames:
        pruned = f"{words.count(storage.pruned_frames, 'frame')} ({words.size(storage.pruned_bytes)}) since the start"
        lines += field("deleted", pruned, width, ink)
    if storage.detail:
        lines += field("detail", words.plain(storage.detail), width, ink)
    return lines


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


def _thresholds(storage: StorageStatus) -> str:
    stop = f"stops recording above {storage.stop_above_percent:g}%"
    if not storage.clean:
        return f"never deletes, {stop}"
    return f"deletes the oldest above {storage.clean_above_percent:g}%, {stop}"
