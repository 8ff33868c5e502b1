"""When a camera takes pictures, as its configuration says it: `always`, `06:00-20:00`, `sunrise-30m..sunset+30m`.

Owns: the notation and what it means, without a date or a place.
Does not own: when the sun rises (`shared.sun`), nor whether a time falls into the window (`shared.window`).
Invariant: a `Window` never starts and ends at one and the same edge, and both of its offsets are within a day.
"""

from __future__ import annotations

import re

from msgspec import Struct

from shared.config.redact import shown
from shared.config.suggest import did_you_mean
from shared.config.units import format_duration, parse_duration_s

SUN_EVENTS = ("dawn", "sunrise", "noon", "sunset", "dusk")
MINUTES_A_DAY = 24 * 60
LONGEST_OFFSET_S = 12 * 3600.0
FORMS = "always, 06:00-20:00 or sunrise-30m..sunset+30m"

_FIXED = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_FIXED_PAIR = re.compile(r"([0-9:]+)\s*-\s*([0-9:]+)")
_EVENT = re.compile(r"([A-Za-z]+)\s*(?:([+-])\s*([0-9.]+\s*[a-z]*))?")


class FixedEdge(Struct, frozen=True):
    """A time of day by the clock on the wall. `minute` counts from local midnight; 1440, an end only, is the next."""

    minute: int


class SunEdge(Struct, frozen=True):
    """A time of day by the sun. `offset_s` is added to the event: negative is before it."""

    event: str
    offset_s: float = 0.0


Edge = FixedEdge | SunEdge


class Window(Struct, frozen=True):
    """From `start`, included, to the next `end`, excluded: an end that is not after the start is on the next day."""

    start: Edge
    end: Edge

    @property
    def needs_location(self) -> bool:
        """Whether the window can be worked out only where latitude and longitude are known."""
        return isinstance(self.start, SunEdge) or isinstance(self.end, SunEdge)


ALWAYS = Window(FixedEdge(0), FixedEdge(MINUTES_A_DAY))


def parse_window(text: str) -> Window:
    """The window that `text` describes; `always` is `ALWAYS`, and so is `00:00-24:00`. ValueError otherwise."""
    stripped = text.strip()
    if stripped == "always":
        return ALWAYS
    start_text, end_text = _edges(stripped)
    window = Window(_edge(start_text, stripped), _edge(end_text, stripped))
    if window.start == FixedEdge(MINUTES_A_DAY):
        raise ValueError(f"{shown(stripped)} starts at 24:00, which is only an end (write 00:00)")
    if window.start == window.end:
        raise ValueError(f"{shown(stripped)} starts and ends at the same time (did you mean always?)")
    return window


def format_window(window: Window) -> str:
    """The notation that `parse_window` takes back to the same window."""
    if window == ALWAYS:
        return "always"
    between = ".." if window.needs_location else "-"
    return f"{_format_edge(window.start)}{between}{_format_edge(window.end)}"


def _edges(text: str) -> tuple[str, str]:
    """The texts of both edges. A minus sign parts them between two fixed times only: elsewhere it is an offset."""
    start, dots, end = text.partition("..")
    if dots:
        return start.strip(), end.strip()
    fixed = _FIXED_PAIR.fullmatch(text)
    if fixed is None:
        hint = did_you_mean(text, ["always"]) or _dots_hint(text) or f" (write {FORMS})"
        raise ValueError(f"{shown(text)} is not a window{hint}")
    return fixed[1], fixed[2]


def _dots_hint(text: str) -> str:
    """`sunrise-sunset` was meant to be `sunrise..sunset`."""
    start, minus, end = text.partition("-")
    words = (start.strip(), end.strip())
    if minus and all(word in SUN_EVENTS or _FIXED.fullmatch(word) for word in words):
        return f" (did you mean {words[0]}..{words[1]}?)"
    return ""


def _edge(text: str, window: str) -> Edge:
    fixed = _FIXED.fullmatch(text)
    if fixed:
        return FixedEdge(_minute(int(fixed[1]), int(fixed[2]), text))
    event = _EVENT.fullmatch(text)
    if event is None:
        what = f"{shown(text)} in {shown(window)}" if text else f"one side of {shown(window)}"
        raise ValueError(f"{what} is neither a time of day nor a sun event (write {FORMS})")
    if event[1] not in SUN_EVENTS:
        hint = did_you_mean(event[1], SUN_EVENTS) or f" (known: {', '.join(SUN_EVENTS)})"
        raise ValueError(f"{shown(event[1])} is not a sun event{hint}")
    return SunEdge(event[1], _offset_s(event[2], event[3], text))


def _minute(hour: int, minute: int, text: str) -> int:
    total = hour * 60 + minute
    if minute > 59 or total > MINUTES_A_DAY:
        raise ValueError(f"{shown(text)} is not a time of day (from 00:00 to 24:00)")
    return total


def _offset_s(sign: str | None, duration: str | None, text: str) -> float:
    if sign is None or duration is None:
        return 0.0
    offset_s = parse_duration_s(duration)
    if offset_s > LONGEST_OFFSET_S:
        raise ValueError(f"{shown(text)} is more than {format_duration(LONGEST_OFFSET_S)} away from the event")
    return -offset_s if sign == "-" else offset_s


def _format_edge(edge: Edge) -> str:
    if isinstance(edge, FixedEdge):
        return f"{edge.minute // 60:02}:{edge.minute % 60:02}"
    if edge.offset_s == 0:
        return edge.event
    return f"{edge.event}{'-' if edge.offset_s < 0 else '+'}{format_duration(abs(edge.offset_s))}"
