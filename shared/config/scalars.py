"""Booleans, plain numbers, words and bounds: the values without a unit.

Owns: what counts as true, as a number, as one of some words, and how a value out of its range is refused.
Does not own: the ranges; they are `shared.config.schema`'s.
Invariant: no parser raises anything but ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, Self, TypeVar

from shared.config.redact import shown
from shared.config.suggest import did_you_mean

_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{1,12})?|\.[0-9]{1,12})")
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")
# YAML 1.1 took these as booleans, and a good many programs still do.
_MEANT_TRUE = {"yes", "y", "on", "1"}
_MEANT_FALSE = {"no", "n", "off", "0"}


class Ordered(Protocol):
    """Can be compared with its own kind."""

    def __le__(self, other: Self, /) -> bool:
        """Not after `other`."""


T = TypeVar("T", bound=Ordered)


def parse_boolean(text: str) -> bool:
    """`true` or `false`, as YAML 1.2 has it. ValueError otherwise, with a hint for `yes`, `no`, `on` and `off`."""
    word = text.strip()
    if word in {"true", "True", "TRUE"}:
        return True
    if word in {"false", "False", "FALSE"}:
        return False
    lowered = word.casefold()
    if lowered in _MEANT_TRUE or lowered in _MEANT_FALSE:
        meant = "true" if lowered in _MEANT_TRUE else "false"
        raise ValueError(f"{shown(text)} is neither true nor false (did you mean {meant}?)")
    raise ValueError(f"{shown(text)} is neither true nor false")


def format_boolean(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def parse_number(text: str) -> float:
    """A decimal number, without unit or exponent. ValueError otherwise."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError(f"{shown(text)} is not a plain number (write digits and a decimal point, no unit)")
    return float(text)


def parse_whole(text: str) -> int:
    """A whole number. ValueError otherwise."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(f"{shown(text)} is not a whole number")
    return int(text)


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """A parser that takes these words alone, and has a hint for `yes`, `no` and their like where some mean that."""

    def parse_word(text: str) -> str:
        word = text.strip()
        if word in words:
            return word
        hint = _meant_word(word.casefold(), words) or did_you_mean(word, words) or f" (known: {', '.join(words)})"
        raise ValueError(f"{shown(word)} is not known here{hint}")

    return parse_word


def within(parse: Callable[[str], T], low: T, high: T, render: Callable[[T], str]) -> Callable[[str], T]:
    """A parser like `parse` that also refuses what is not from `low` to `high`, both included."""

    def parse_within(text: str) -> T:
        value = parse(text)
        if not low <= value <= high:
            raise ValueError(f"{shown(text.strip())} is out of range: from {render(low)} to {render(high)}")
        return value

    return parse_within


def _meant_word(word: str, words: tuple[str, ...]) -> str:
    meant = "always" if word in {"true", *_MEANT_TRUE} else "never" if word in {"false", *_MEANT_FALSE} else ""
    return f" (did you mean {meant}?)" if meant in words else ""
