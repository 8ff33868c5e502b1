"""Values with bounds of their own: thresholds, intervals, resolutions, windows.

Owns: what is sensible for each, and the hint where it is not. Does not own: the notation (`shared.config.units`).
Invariant: no parser raises anything but ValueError.
"""

from __future__ import annotations

from shared.config import scalars, units
from shared.config.redact import shown
from shared.config.window import parse_window

DAY_S = 86_400.0
SHORTEST_INTERVAL_MS = 20
LEAST_PIXELS, MOST_PIXELS = 16, 16_384


def parse_threshold(text: str) -> float:
    """Percent, from 1 to 100. ValueError otherwise."""
    percent = units.parse_percent(text)
    if 0 < percent < 1:
        hint = units.format_percent(round(percent * 100, 6))
        raise ValueError(f"{shown(text.strip())} is less than one percent (did you mean {hint}?)")
    return scalars.within(units.parse_percent, 1.0, 100.0, units.format_percent)(text)


def parse_interval_ms(text: str) -> int:
    """Milliseconds, from 20 ms to a day. ValueError otherwise."""
    interval_ms = units.parse_duration_ms(text)
    if not SHORTEST_INTERVAL_MS <= interval_ms <= int(DAY_S) * 1000:
        raise ValueError(f"{shown(text.strip())} is out of range: from {SHORTEST_INTERVAL_MS}ms to 24h")
    return interval_ms


def parse_resolution(text: str) -> tuple[int, int]:
    """(width, height) in pixels, each even and from 16 to 16384. ValueError otherwise."""
    resolution = units.parse_resolution(text)
    if not all(LEAST_PIXELS <= pixels <= MOST_PIXELS for pixels in resolution):
        raise ValueError(
            f"{shown(text.strip())} is out of range: each side from {LEAST_PIXELS} to {MOST_PIXELS} pixels"
        )
    even = (resolution[0] & ~1, resolution[1] & ~1)
    if even != resolution:
        hint = units.format_resolution(even)
        raise ValueError(
            f"{shown(text.strip())} has an odd side, which JPEG and video can't halve (did you mean {hint}?)"
        )
    return resolution


def parse_window_text(text: str) -> str:
    """The window in the user's own notation, checked: who needs its meaning parses it again. ValueError if wrong."""
    parse_window(text)
    return text.strip()
