"""What a key of the configuration is: a setting, or a section of keys.

Owns: the two types, and the shorthands that make settings of a common kind.
Does not own: which keys there are (`shared.config.schema`, `shared.config.camera_keys`).
Invariant: a `Setting` or `Section` with field f in the section of a type stands for the attribute f of that type.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from shared.config import bounds, scalars, units

USERS_OWN = "NAME"
"""How a key is called, where keys are listed, that the user chooses the name of."""


class Effect(enum.Enum):
    """What it takes for a changed value to be in force."""

    RELOAD = "reload"
    WORKER_RESTART = "worker restart"
    SERVICE_RESTART = "service restart"


class Setting(Struct, frozen=True):
    """One value. `parse(text, base_dir)` raises ValueError; `example` is a value that a message can show.

    `none_is_a_value` is whether `parse` and `render` have a word for None (`auto`); elsewhere None is a key that is
    not given. `free_text` is whether an @ in it is the user's, and no password stands before it. `many` is whether it
    may be written as a list too: `parse` returns a tuple then, and what the items yield is put together.
    """

    name: str
    field: str
    parse: Callable[[str, str], Any]
    render: Callable[[Any], str]
    example: str
    effect: Effect = Effect.RELOAD
    required: bool = False
    none_is_a_value: bool = False
    free_text: bool = False
    many: bool = False


class Section(Struct, frozen=True):
    """Keys below a key: those of `entries`, or, where `each` is given, names that the user chooses.

    `name_problem` says what is wrong with such a name, None if nothing.
    """

    name: str
    field: str
    entries: tuple[Setting | Section, ...] = ()
    each: Section | Setting | None = None
    name_problem: Callable[[str], str | None] = lambda _name: None

    def entry(self, name: str) -> Setting | Section | None:
        """What stands for the key `name` here, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)


def text_only(parse: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """A parser that has no use for the directory of the configuration file."""
    return lambda text, _base_dir: parse(text)


def duration(name: str, low_s: float, high_s: float, example: str) -> Setting:
    """A duration within bounds; its field is called after its unit, seconds."""
    parse = scalars.within(units.parse_duration_s, low_s, high_s, units.format_duration)
    return Setting(name, f"{name}_s", text_only(parse), units.format_duration, example)


def threshold(name: str, example: str) -> Setting:
    """A share of the disk."""
    return Setting(name, f"{name}_percent", text_only(bounds.parse_threshold), units.format_percent, example)


def share(name: str, example: str) -> Setting:
    """A part of something, from none to all of it."""
    parse = scalars.within(units.parse_percent, 0.0, 100.0, units.format_percent)
    return Setting(name, f"{name}_percent", text_only(parse), units.format_percent, example)


def degrees(name: str, most: float, example: str) -> Setting:
    """An angle on the globe, which has no default."""
    parse = scalars.within(scalars.parse_number, -most, most, units.format_number)
    return Setting(name, name, text_only(parse), units.format_number, example, required=True)


def boolean(name: str, example: str, effect: Effect = Effect.RELOAD) -> Setting:
    """`true` or `false`."""
    return Setting(name, name, text_only(scalars.parse_boolean), scalars.format_boolean, example, effect)


def choice(name: str, words: Iterable[str], example: str, effect: Effect = Effect.RELOAD) -> Setting:
    """One of some words."""
    return Setting(name, name, text_only(scalars.one_of(tuple(words))), str, example, effect)
