"""The Pi camera's controls as a person writes them: `Sharpness: 1.5`, `AwbMode: Daylight`, `ColourGains: 1.8, 1.5`.

Owns: what a value may be for each kind of control, which controls other keys set, and every mistake in words.
Does not own: what a camera advertises (it is told), nor setting anything.
Invariant: pure. What passes is a control that this camera advertises with a value that it says it takes; nothing is
rounded or clamped in silence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from shared.config.redact import shown
from shared.config.suggest import did_you_mean
from shared.errors import ConfigError

Kind = Literal["bool", "int", "float", "text", "rectangle", "size", "point"]
Value = bool | int | float | str | tuple[Any, ...]

ANY_NUMBER = -1
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_NUMBERS: dict[Kind, int] = {"rectangle": 4, "size": 2, "point": 2}
"""Of how many numbers one value of such a kind consists."""
_MISADVERTISED = {"ColourCorrectionMatrix"}
"""libcamera advertises 0 to 8 for it, and its own matrices are full of negative numbers."""
OF_THE_EXPOSURE = frozenset(
    {"AeEnable", "ExposureTime", "ExposureTimeMode", "AnalogueGain", "AnalogueGainMode", "AwbEnable", "ColourGains"}
)
"""What `exposure: locked` and `ramp` set themselves."""


class Advertised(Struct, frozen=True):
    """One control as the open camera advertises it.

    `count` is 0 for a single value, else of how many values an array consists (`ANY_NUMBER`: as many as one likes).
    `least` and `most` bound each number, where they are numbers. `names` are those of an enumeration's values.
    """

    kind: Kind
    least: Any = None
    most: Any = None
    default: Any = None
    count: int = 0
    names: dict[int, str] = {}


def checked_controls(
    wanted: Mapping[str, str], advertised: Mapping[str, Advertised], set_elsewhere: Mapping[str, str], where: str
) -> dict[str, Value]:
    """What to set, by the camera's own names. `set_elsewhere`: controls that another key sets, and which.

    Raises `ConfigError` with all mistakes, a line each, `where` before it.
    """
    checked: dict[str, Value] = {}
    mistakes: list[str] = []
    for written, text in wanted.items():
        try:
            name = _name(written, advertised, set_elsewhere)
            checked[name] = value_of(name, advertised[name], text)
        except ValueError as error:
            mistakes.append(f"{where}: controls.{written}: {error}")
    if mistakes:
        raise ConfigError("\n".join([*mistakes, f"{where}: 'timelapse cameras --all' lists what this camera has"]))
    return checked


def value_of(name: str, control: Advertised, text: str) -> Value:
    """The value that `text` means for this control. Raises ValueError with what it may be."""
    if control.kind == "bool" and not control.count:
        return _boolean(text)
    if control.kind == "text":
        return text
    words = text.strip().strip("()[]").replace(",", " ").split()
    if not control.count and control.kind not in _NUMBERS:
        return _single(name, control, text.strip())
    each = _NUMBERS.get(control.kind, 1)
    expected = each * max(control.count, 1)
    wrong = len(words) == 0 or len(words) % each if control.count == ANY_NUMBER else len(words) != expected
    if wrong:
        raise ValueError(f"{shown(text)}: {_form(control)} expected")
    numbers = tuple(_single(name, control, word) for word in words)
    if each == 1 or not control.count:
        return numbers
    return tuple(numbers[start : start + each] for start in range(0, len(numbers), each))


def range_of(control: Advertised) -> str:
    """What a control may be set to, in short: `0 to 16`, `on or off`, `AwbAuto, AwbDaylight`, `2 numbers, 0 to 32`."""
    if control.kind == "bool":
        return "on or off"
    if control.names:
        return ", ".join(control.names.values())
    bounds = ""
    if _is_number(control.least) and _is_number(control.most):
        bounds = f"{_number(control.least)} to {_number(control.most)}"
    if not control.count and control.kind not in _NUMBERS:
        return bounds or ("text" if control.kind == "text" else "a number")
    return f"{_form(control)}, {bounds}" if bounds else _form(control)


def _name(written: str, advertised: Mapping[str, Advertised], set_elsewhere: Mapping[str, str]) -> str:
    """The camera's own spelling."""
    plain = {name.casefold(): name for name in (*set_elsewhere, *advertised)}
    name = plain.get(written.replace("_", "").casefold())
    if name is None:
        known = f" (it has {', '.join(sorted(advertised))})"
        raise ValueError(f"this camera has no such control{did_you_mean(written, advertised) or known}")
    if name in set_elsewhere:
        raise ValueError(f"{set_elsewhere[name]} sets this one: give only one of the two")
    return name


def _single(name: str, control: Advertised, word: str) -> bool | int | float:
    if control.kind == "bool":
        return _boolean(word)
    if control.names:
        return _entry(control, word)
    try:
        number: int | float = float(word) if control.kind == "float" else int(word)
    except ValueError:
        kind = "number" if control.kind == "float" else "whole number"
        raise ValueError(f"{shown(word)} is not a {kind} ({range_of(control)})") from None
    if not math.isfinite(number):
        raise ValueError(f"{shown(word)} is not a number ({range_of(control)})")
    in_range = not _is_number(control.least) or control.least <= number <= control.most
    if not in_range and name not in _MISADVERTISED:
        raise ValueError(f"{word} is out of its range ({range_of(control)})")
    return number


def _boolean(text: str) -> bool:
    word = text.strip().casefold()
    if word not in {*_YES, *_NO}:
        raise ValueError(f"{shown(text)} is neither on nor off")
    return word in _YES


def _entry(control: Advertised, word: str) -> int:
    """The value of an enumeration: by its name, by the part of it that differs from its fellows, or by its number."""
    common = _common_start(list(control.names.values()))
    by_word = {str(value): value for value in control.names}
    for value, name in control.names.items():
        by_word |= {name.casefold(): value, name[common:].casefold(): value}
    found = by_word.get(word.casefold())
    if found is None or not control.least <= found <= control.most:
        short = [name[common:] for value, name in control.names.items() if control.least <= value <= control.most]
        raise ValueError(f"{shown(word)} is not one of {', '.join(short)}{did_you_mean(word, short)}")
    return found


def _common_start(names: list[str]) -> int:
    """How many characters all names begin with, up to the begin of a word: `Awb` of AwbAuto and AwbDaylight."""
    shared_length = 0
    for letters in zip(*names, strict=False):
        if len(set(letters)) > 1:
            break
        shared_length += 1
    first = names[0] if names else ""
    while 0 < shared_length < len(first) and not first[shared_length].isupper():
        shared_length -= 1
    return shared_length if len(names) > 1 else 0


def _form(control: Advertised) -> str:
    each = _NUMBERS.get(control.kind, 1)
    what = {4: "left, top, width, height", 2: "two numbers"}.get(each, "")
    if control.count == ANY_NUMBER:
        return f"any number of times {what}" if what else "one number or more"
    return what if what and not control.count else f"{each * max(control.count, 1)} numbers"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _number(value: float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
