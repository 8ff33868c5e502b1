"""Values of `render`: when, what, how long, how large, with which words over it.

Owns: their notation and what is sensible for each. Does not own: what they mean for a day (`render_worker`).
Invariant: no parser raises anything but ValueError, and what is formatted here parses to the very same value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar, get_args

from shared import overlay_words
from shared.config import bounds, picture_values, scalars, units
from shared.config.model import RenderKind
from shared.config.redact import shown
from shared.config.suggest import did_you_mean
from shared.config.window import MINUTES_A_DAY

OFF, AUTO, ALL, NEVER = "off", "auto", "all", "never"
LONGEST_VIDEO_S = 24 * 3600.0
MOST_CRF = 51
COOLEST_C, HOTTEST_C = 40.0, 120.0
T = TypeVar("T")

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def parse_daily(text: str) -> int | None:
    """The minute of the day of `00:30`; None of `off`. ValueError otherwise."""
    word = text.strip()
    if word == OFF:
        return None
    found = _TIME.fullmatch(word)
    if found is None:
        hint = f" (did you mean {OFF}?)" if word.casefold() in {"never", "no", "false", "none"} else ""
        raise ValueError(f"{shown(word)} is no time of day{hint or ' (write 00:30, or off)'}")
    minute = int(found[1]) * 60 + int(found[2])
    if int(found[2]) > 59 or minute >= MINUTES_A_DAY:
        raise ValueError(f"{shown(word)} is no time of day (from 00:00 to 23:59)")
    return minute


def format_daily(minute: int | None) -> str:
    """`off` of None."""
    return OFF if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def parse_cameras(text: str) -> tuple[str, ...]:
    """Names of cameras, parted by commas; `all` stands for every one. ValueError where a name is missing."""
    return _items(text, "a camera")


def parse_kinds(text: str) -> tuple[str, ...]:
    """What is made of a day, parted by commas, each once. ValueError for what there is not."""
    parse = scalars.one_of(get_args(RenderKind))
    return tuple(dict.fromkeys(parse(item) for item in _items(text, "a kind")))


def format_list(items: tuple[str, ...]) -> str:
    """What the two above take back to the same."""
    return ", ".join(items)


def parse_length_s(text: str) -> float:
    """Seconds of a duration, from 1 s to a day; 0 of `all` and of a plain 0. ValueError otherwise."""
    bounded = scalars.within(units.parse_duration_s, 1.0, LONGEST_VIDEO_S, units.format_duration)
    return 0.0 if text.strip() in {ALL, "0"} else _or_word(text, ALL, bounded)


def format_length(length_s: float) -> str:
    """`all` of 0."""
    return units.format_duration(length_s) if length_s else ALL


def parse_size(text: str) -> tuple[int, int] | None:
    """(width, height) in pixels, even; one of them may be 0. None of `auto`. ValueError otherwise."""
    return None if text.strip() == AUTO else _or_word(text, AUTO, _size)


def format_size(size: tuple[int, int] | None) -> str:
    """`auto` of None."""
    return AUTO if size is None else units.format_resolution(size)


def parse_crf(text: str) -> int | None:
    """A whole number, 0 (the best) to 51; None of `auto`. ValueError otherwise."""
    bounded = scalars.within(scalars.parse_whole, 0, MOST_CRF, str)
    return None if text.strip() == AUTO else _or_word(text, AUTO, bounded)


def format_crf(crf: int | None) -> str:
    """`auto` of None."""
    return AUTO if crf is None else str(crf)


def parse_pause_above_c(text: str) -> float | None:
    """Degrees Celsius, from 40 to 120; None of `never`. ValueError otherwise."""
    bounded = scalars.within(scalars.parse_number, COOLEST_C, HOTTEST_C, units.format_number)
    return None if text.strip() == NEVER else _or_word(text, NEVER, bounded)


def format_pause_above(degrees_c: float | None) -> str:
    """`never` of None."""
    return NEVER if degrees_c is None else units.format_number(degrees_c)


def parse_timestamp(text: str) -> str:
    """One line for strftime, or nothing. ValueError for a directive that there is not."""
    return _checked(picture_values.parse_credit(text), overlay_words.check_stamp)


def parse_text(text: str) -> str:
    """One line with fields in braces, or nothing. ValueError for a field that there is not."""
    return _checked(picture_values.parse_credit(text), overlay_words.check_text)


def _checked(line: str, check: Callable[[str], None]) -> str:
    try:
        check(line)
    except ValueError as error:
        raise ValueError(f"{shown(line)}: {error}") from None
    return line


def _items(text: str, what: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in text.split(","))
    if "" in items:
        raise ValueError(f"{what} is missing here")
    return items


def _size(text: str) -> tuple[int, int]:
    width, height = units.parse_resolution(text)
    if not width and not height:
        raise ValueError(f"{shown(text.strip())}: one side has to be given (0 is for the other one)")
    for side in (width, height):
        if side and (side % 2 or not bounds.LEAST_PIXELS <= side <= bounds.MOST_PIXELS):
            rule = f"even, from {bounds.LEAST_PIXELS} to {bounds.MOST_PIXELS} pixels"
            raise ValueError(f"{shown(text.strip())}: a side is {rule}, or 0 to follow from the other one")
    return width, height


def _or_word(text: str, word: str, parse: Callable[[str], T]) -> T:
    if near := did_you_mean(text.strip(), [word]):
        raise ValueError(f"{shown(text.strip())} is not known here{near}")
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{error}, or {word}") from None
