"""Values that say how a picture is taken: focus, the part of the sensor, bounds of the exposure, controls, credits.

Owns: their notation and what is sensible for each. Does not own: what one camera can do; it says so when it is open.
Invariant: no parser raises anything but ValueError, and what is formatted here parses to the very same value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.config import scalars, units
from shared.config.redact import shown
from shared.config.suggest import did_you_mean

Parse = Callable[[str], Any]
Render = Callable[[Any], str]
Region = tuple[float, float, float, float]

AUTO, ALL = "auto", "all"
MOST_DIOPTRES = 100.0
"""A centimetre: no lens of a camera module gets nearer than five."""
SHORTEST_LONGEST_S, MOST_LONGEST_S = 0.001, 600.0
"""The most is what the longest of the Pi's sensors can do, nearly, and what the lease of a shot allows for."""
MOST_GAIN = 1000.0
LONGEST_TEXT = 200

_REGION_FORM = "LEFT,TOP,WIDTH,HEIGHT as parts of the sensor, such as 0.25,0.25,0.5,0.5, or all"


def parse_lens_position(text: str) -> float | None:
    """Dioptres, from 0 (infinity) to 100 (1 cm); None of `auto`, the camera's own focus. ValueError otherwise."""
    return _number_or_auto(text, scalars.within(scalars.parse_number, 0.0, MOST_DIOPTRES, units.format_number))


def format_lens_position(lens_position: float | None) -> str:
    """`auto` of None."""
    return AUTO if lens_position is None else units.format_number(lens_position)


def parse_longest_exposure_s(text: str) -> float:
    """Seconds of a duration, from 1 ms to 10 minutes; 0 of `auto` and of a plain 0. ValueError otherwise."""
    bounded = scalars.within(units.parse_duration_s, SHORTEST_LONGEST_S, MOST_LONGEST_S, units.format_duration)
    return 0.0 if text.strip() == "0" else _number_or_auto(text, bounded) or 0.0


def format_longest_exposure(exposure_s: float) -> str:
    """`auto` of 0."""
    return units.format_duration(exposure_s) if exposure_s else AUTO


def parse_highest_gain(text: str) -> float:
    """A gain from 1 to 1000; 0 of `auto` and of a plain 0. ValueError otherwise."""
    bounded = scalars.within(scalars.parse_number, 1.0, MOST_GAIN, units.format_number)
    return 0.0 if text.strip() == "0" else _number_or_auto(text, bounded) or 0.0


def format_highest_gain(gain: float) -> str:
    """`auto` of 0."""
    return units.format_number(gain) if gain else AUTO


def parse_region(text: str) -> Region | None:
    """(left, top, width, height) as fractions, all of it inside the sensor; None of `all`. ValueError otherwise."""
    word = text.strip()
    if word == ALL:
        return None
    if "%" in word:
        raise ValueError(f"{shown(word)}: write parts of 1 instead of percentages ({_REGION_FORM})")
    parts = word.split(",")
    if len(parts) != 4:
        hint = did_you_mean(word, [ALL]) or f" (write {_REGION_FORM}; in braces in quotes, for the sake of its commas)"
        raise ValueError(f"{shown(word)} is not a region{hint}")
    left, top, width, height = (_fraction(part, word) for part in parts)
    if not width or not height:
        raise ValueError(f"{shown(word)} has no {'height' if width else 'width'}")
    # In decimal, as it was written: 0.1 + 0.2 + 0.7 is more than 1 to a float.
    if round(left + width, 9) > 1 or round(top + height, 9) > 1:
        edge = "right" if round(left + width, 9) > 1 else "lower"
        raise ValueError(f"{shown(word)} goes beyond the sensor's {edge} edge")
    return left, top, width, height


def format_region(region: Region | None) -> str:
    """`all` of None."""
    return ALL if region is None else ",".join(units.format_number(part) for part in region)


def parse_control(text: str) -> str:
    """A control's value as it is written, on one line. ValueError where that is nothing, or not printable."""
    if not text.strip():
        raise ValueError("a value is missing here (to have the camera's own, remove the line)")
    return _line(text)


def parse_credit(text: str) -> str:
    """The name of an artist, a notice of copyright: one line, or nothing. ValueError otherwise."""
    return _line(text)


def _number_or_auto(text: str, parse: Callable[[str], float]) -> float | None:
    word = text.strip()
    if word == AUTO:
        return None
    if near := did_you_mean(word, [AUTO]):
        raise ValueError(f"{shown(word)} is neither a number nor auto{near}")
    try:
        return parse(word)
    except ValueError as error:
        raise ValueError(f"{error}, or auto") from None


def _fraction(part: str, region: str) -> float:
    try:
        return scalars.within(scalars.parse_number, 0.0, 1.0, units.format_number)(part)
    except ValueError as error:
        raise ValueError(f"{shown(region)}: {error}") from None


def _line(text: str) -> str:
    line = text.strip()
    if len(line) > LONGEST_TEXT:
        raise ValueError(f"has {len(line)} characters; {LONGEST_TEXT} are the most")
    if not line.isprintable():
        raise ValueError(f"{shown(line)} holds a control character or a line's end: write one line of text")
    return line
