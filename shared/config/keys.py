"""Dotted keys: looking one up in the schema, and walking a `Configuration` by them.

Owns: the way between `cameras.main.interval`, its entry in the schema and its value.
Does not own: the schema itself. Pure.
Invariant: the order is the schema's, cameras in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.schema import ROOT
from shared.config.setting import USERS_OWN, Section, Setting


def find(dotted_key: str) -> Setting | Section | None:
    """What stands for `dotted_key`, whatever the cameras and their controls are called; None where nothing does."""
    at: Setting | Section | None = ROOT
    for name in dotted_key.split("."):
        if not isinstance(at, Section):
            return None
        at = at.each or at.entry(name)
    return at


def names_of(section: Section) -> list[str]:
    """The names of the keys that a section knows; none where the user chooses them."""
    return [entry.name for entry in section.entries]


def keys_named(name: str) -> list[str]:
    """The dotted keys, cameras as `cameras.NAME`, that end in `name`: where a misplaced key belongs."""
    return [key for key, entry in _all_entries(ROOT, "") if entry.name == name != USERS_OWN]


def all_names() -> set[str]:
    """The last names of all keys there are, but those that the user chooses."""
    return {entry.name for _, entry in _all_entries(ROOT, "")} - {USERS_OWN}


def all_settings() -> list[str]:
    """The dotted keys of all settings, cameras as `cameras.NAME`, and their controls as `controls.NAME`."""
    return [key for key, entry in _all_entries(ROOT, "") if isinstance(entry, Setting)]


def flatten(configuration: Any, section: Section = ROOT, prefix: str = "") -> Iterator[tuple[str, Setting, Any]]:
    """Every effective setting in the schema's order: its dotted key, what it is, its value.

    What is None in the configuration, a section (`location`) or a setting (`secrets`), yields nothing, but for a
    setting that has a word for it.
    """
    for entry in section.entries:
        member = _member(configuration, entry.field)
        key = f"{prefix}{entry.name}"
        if isinstance(entry, Setting):
            if member is not None or entry.none_is_a_value:
                yield key, entry, member
        elif entry.each is not None:
            for name, child in member.items():
                yield from _flatten_each(child, entry.each, f"{key}.{name}")
        elif member is not None:
            yield from flatten(member, entry, f"{key}.")


def _flatten_each(member: Any, each: Section | Setting, key: str) -> Iterator[tuple[str, Setting, Any]]:
    if isinstance(each, Setting):
        yield key, each, member
    else:
        yield from flatten(member, each, f"{key}.")


def _member(container: Any, field: str) -> Any:
    return container[field] if isinstance(container, Mapping) else getattr(container, field)


def _all_entries(section: Section, prefix: str) -> Iterator[tuple[str, Setting | Section]]:
    below = section.entries if section.each is None else (section.each,)
    for entry in below:
        key = f"{prefix}{entry.name}"
        yield key, entry
        if isinstance(entry, Section):
            yield from _all_entries(entry, f"{key}.")
