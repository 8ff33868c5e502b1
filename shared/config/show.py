"""Effective settings as a person would write them.

Owns: the text of `config show` and `config get`. Does not own: printing it.
Invariant: `show` holds no password; without one in the sources its text reads back as the same configuration.
"""

from __future__ import annotations

from shared.config.keys import all_settings, find, flatten, names_of
from shared.config.model import Configuration
from shared.config.quote import written
from shared.config.redact import redact_url
from shared.config.setting import USERS_OWN, Section, Setting
from shared.config.suggest import did_you_mean
from shared.errors import UsageError


def show(configuration: Configuration) -> str:
    """All effective settings, defaults too, as YAML that ends in a newline. Passwords in addresses are hidden."""
    lines: list[str] = []
    open_sections: list[str] = []
    for key, setting, value in flatten(configuration):
        *sections, name = key.split(".")
        shared = _common_length(sections, open_sections)
        lines += [f"{'  ' * depth}{sections[depth]}:" for depth in range(shared, len(sections))]
        open_sections = sections
        text = setting.render(value)
        lines.append(f"{'  ' * len(sections)}{name}: {written(text if setting.free_text else redact_url(text))}")
    return "\n".join(lines) + "\n"


def get_value(configuration: Configuration, dotted_key: str) -> str:
    """The effective value of one key. A source comes whole, with its password: who asks for it can read the file.

    Raises UsageError where there is no such key, it is a section, or it has no value (`location` not given).
    """
    setting = setting_of(dotted_key)
    names = dotted_key.split(".")
    if names[0] == "cameras" and names[1] not in configuration.cameras:
        raise no_camera(names[1], list(configuration.cameras))
    for key, _, value in flatten(configuration):
        if key == dotted_key:
            return setting.render(value)
    raise UsageError(f"{dotted_key} is not set, and has no default")


def setting_of(dotted_key: str) -> Setting:
    """The setting that `dotted_key` names. UsageError, with what was probably meant, where it names none."""
    entry = find(dotted_key)
    if isinstance(entry, Setting):
        return entry
    if isinstance(entry, Section):
        keys = ", ".join(f"{dotted_key}.{name}" for name in _inner(entry))
        raise UsageError(f"{dotted_key} is a section: name one of its keys ({keys})")
    raise UsageError(f"there is no key {dotted_key}{_hint(dotted_key)}")


def _inner(section: Section) -> list[str]:
    """The names that may follow a section's own, `NAME` where the user chooses them."""
    if section.each is None:
        return names_of(section)
    return (
        [f"{USERS_OWN}.{name}" for name in names_of(section.each)] if isinstance(section.each, Section) else [USERS_OWN]
    )


def no_camera(name: str, known: list[str]) -> UsageError:
    """The error for a camera that the configuration does not name."""
    hint = did_you_mean(name, known) or (f" (there is {', '.join(known)})" if known else "")
    return UsageError(f"there is no camera {name}{hint}")


def _hint(dotted_key: str) -> str:
    """The nearest of all keys, in the camera that was named; for a bare name, the keys that end in it."""
    names = dotted_key.split(".")
    camera = names[1] if names[0] == "cameras" and len(names) > 1 else "NAME"
    keys = [key.replace(".NAME.", f".{camera}.") for key in all_settings()]
    endings = [key for key in keys if key.rpartition(".")[2] == names[-1]]
    if len(names) == 1 and endings:
        return f" (did you mean {' or '.join(endings)}?)"
    return did_you_mean(dotted_key, keys)


def _common_length(one: list[str], other: list[str]) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return length
