"""A camera's controls as a person writes them: `brightness: 10`, `auto_exposure: manual mode`.

Owns: what a value may be for each kind of control, in which order several are set, and every mistake in words.
Does not own: setting them (`usb_settings`).
Invariant: pure. A value that passes is one that the camera advertises; nothing is rounded in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capture_worker.cameras.v4l2_types import Control, name_of
from shared.config.redact import shown
from shared.config.suggest import did_you_mean
from shared.errors import ConfigError

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_MOST_ENTRIES = 12


def check_controls(wanted: Mapping[str, str], advertised: Sequence[Control], where: str) -> list[tuple[Control, int]]:
    """What to set, and to which number. Raises `ConfigError` with all mistakes, a line each, `where` before it."""
    by_name = {control.name: control for control in advertised}
    settings, mistakes = [], []
    for name, text in wanted.items():
        try:
            control = _control(name, by_name)
            settings.append((control, number_for(control, text)))
        except ValueError as error:
            mistakes.append(f"{where}: controls.{name}: {error}")
    if mistakes:
        advice = "'timelapse cameras --all' lists what this camera has"
        raise ConfigError("\n".join([*mistakes, f"{where}: {advice}"]))
    # What is inactive waits for another one, which has to be set first.
    return sorted(settings, key=lambda setting: setting[0].is_inactive)


def number_for(control: Control, text: str) -> int:
    """The number that sets a control to what `text` says. Raises ValueError with what it may be."""
    if control.kind == "boolean":
        return _boolean(text)
    if control.entries:
        return _entry(control, text)
    number = _whole(text)
    if number is None:
        raise ValueError(f"{shown(text)} is not a whole number ({range_of(control)})")
    if not control.minimum <= number <= control.maximum and control.kind != "bitmask":
        raise ValueError(f"{number} is out of its range ({range_of(control)})")
    if control.kind == "bitmask" and number & ~control.maximum & 0xFFFF_FFFF:
        raise ValueError(f"{number} has bits that are not there ({range_of(control)})")
    if control.kind == "integer" and (number - control.minimum) % control.step:
        raise ValueError(f"{number} is between two steps ({range_of(control)})")
    return number


def range_of(control: Control) -> str:
    """What a control may be set to, in short: `-64 to 64`, `1: Manual Mode, 3: Aperture Priority Mode`, `on or off`."""
    match control.kind:
        case "boolean":
            return "on or off"
        case "menu" | "integer menu":
            named = [f"{entry.index}: {entry.name}" for entry in control.entries]
            more = len(named) - _MOST_ENTRIES
            return ", ".join(named[:_MOST_ENTRIES]) + (f", and {more} more" if more > 0 else "")
        case "bitmask":
            return f"bits of {control.maximum & 0xFFFF_FFFF:#x}"
        case "integer":
            step = f" in steps of {control.step}" if control.step > 1 else ""
            return f"{control.minimum} to {control.maximum}{step}"
    return "no value"


def _control(name: str, by_name: Mapping[str, Control]) -> Control:
    # `Brightness` and `white-balance` are the same words, spelled as in another program.
    control = by_name.get(name) or by_name.get(name_of(name))
    if control is None:
        settable = [each.name for each in by_name.values() if each.is_settable and each.kind != "button"]
        near = did_you_mean(name, settable)
        known = f" (it has {', '.join(settable) or 'none'})"
        raise ValueError(f"this camera has no such control{near or known}")
    if control.kind == "button":
        raise ValueError("this is a button, which does something once, and holds no value")
    if not control.is_settable:
        raise ValueError("this control can be read, but not set from here")
    return control


def _boolean(text: str) -> int:
    word = text.strip().lower()
    if word not in {*_YES, *_NO}:
        raise ValueError(f"{shown(text)} is neither on nor off")
    return int(word in _YES)


def _entry(control: Control, text: str) -> int:
    number = _whole(text)
    for entry in control.entries:
        if number == entry.index or name_of(text) == name_of(entry.name):
            return entry.index
    near = did_you_mean(text, [entry.name for entry in control.entries])
    raise ValueError(f"{shown(text)} is none of its entries{near} ({range_of(control)})")


def _whole(text: str) -> int | None:
    try:
        return int(text.strip(), 0)
    except ValueError:
        return None
