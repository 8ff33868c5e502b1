"""Numbers as a person reads them: durations, sizes, times of day.

Owns: rounding and units on the screen. Does not own: the notation of the configuration (`shared.config.units`).
Invariant: pure but for the local time zone; what comes back is printable and stands on one line.
"""

from __future__ import annotations

import time

from shared.clock import NS_PER_MS, NS_PER_S

_DURATIONS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def duration(seconds: float) -> str:
    """The two largest units: `12 s`, `3 min 20 s`, `2 h 5 min`, `41 d 3 h`. Below nothing is `0 s`."""
    whole = max(0, int(seconds))
    for index, (unit_s, unit) in enumerate(_DURATIONS):
        if whole >= unit_s:
            count, rest = divmod(whole, unit_s)
            if index + 1 == len(_DURATIONS):
                return f"{count} {unit}"
            smaller_s, smaller = _DURATIONS[index + 1]
            return f"{count} {unit} {rest // smaller_s} {smaller}" if rest >= smaller_s else f"{count} {unit}"
    return "0 s"


def interval(seconds: float) -> str:
    """An exact length: `0.5 s`, `10 s`, `90 s`, `5 min`, `1 h`."""
    for unit_s, unit in ((3600, "h"), (60, "min")):
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{int(seconds / unit_s)} {unit}"
    return f"{seconds:g} s"


def size(count_bytes: int) -> str:
    """`512 B`, `301 kB`, `1.2 MB`, `12.3 GB`: decimal units, as disks are sold."""
    for unit_bytes, unit in _SIZES:
        # From 999.5 on, the next unit is what would be printed.
        if count_bytes >= unit_bytes * 0.9995:
            scaled = count_bytes / unit_bytes
            return f"{scaled:.0f} {unit}" if unit == "kB" or scaled >= 99.95 else f"{scaled:.1f} {unit}"
    return f"{count_bytes} B"


def count(number: int, noun: str) -> str:
    """`1 frame`, `1,234 frames`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def lateness(lateness_us: int) -> str:
    """How far a frame is off its slot: `0.4 ms late`, `1.20 s late`."""
    off_us = abs(lateness_us)
    length = f"{off_us / 1e3:.1f} ms" if off_us < 1_000_000 else f"{off_us / 1e6:.2f} s"
    return f"{length} {'early' if lateness_us < 0 else 'late'}"


def time_of_day(wall_ns: int) -> str:
    """Local time with milliseconds: `08:15:30.100`."""
    return f"{time.strftime('%H:%M:%S', time.localtime(wall_ns // NS_PER_S))}.{wall_ns % NS_PER_S // NS_PER_MS:03d}"


def day(wall_ns: int) -> str:
    """The local date: `2026-11-23`."""
    return time.strftime("%Y-%m-%d", time.localtime(wall_ns // NS_PER_S))


def plain(text: str) -> str:
    """Foreign text (a camera's own words, a path) made safe for a terminal: printable, and on one line."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split()) if printable != text else text


def cut(text: str, width: int) -> str:
    """At most `width` characters; what was cut off is marked by `...`."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[:width]
