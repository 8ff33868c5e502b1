"""What the rules between keys look at: effective values, and how to blame one that is written.

Owns: the way from a dotted key to its value, be it written or the default, and the words for both.
Does not own: the rules (`cross`, `cross_camera`).
Invariant: nothing is said of a key that is a mistake already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.config.check import Checker, Found
from shared.config.keys import find, flatten
from shared.config.setting import USERS_OWN, Setting
from shared.config.settings import DEFAULTS

_DEFAULT_VALUES: Mapping[str, Any] = {key: value for key, _, value in flatten(DEFAULTS)}


def value_of(checker: Checker, key: str) -> Any:
    """The effective value of a key that is right in itself; None where it is not given and has no default."""
    return checker.found[key].value if key in checker.found else default_of(key)


def values_of(checker: Checker, *keys: str) -> tuple[Any, ...] | None:
    """The effective values, or None where one of them is a mistake already or all are defaults."""
    if any(key in checker.failed for key in keys) or not any(key in checker.found for key in keys):
        return None
    return tuple(value_of(checker, key) for key in keys)


def of_cameras(checker: Checker, name: str) -> dict[str, Found]:
    """What is written under this name in each camera that has it, by dotted key."""
    keys = (f"cameras.{camera}.{name}" for camera in checker.cameras)
    return {key: checker.found[key] for key in keys if key in checker.found}


def told(checker: Checker, key: str) -> str:
    """`clean_to (80%, the default)`: what a message calls the key and its effective value."""
    by_default = "" if key in checker.found else ", the default"
    setting = _setting(key)
    return f"{setting.name} ({setting.render(value_of(checker, key))}{by_default})"


def default_of(key: str) -> Any:
    """The default of a key, whatever its camera is called; None where it has none."""
    head, _, rest = key.partition(".")
    return _DEFAULT_VALUES.get(f"{head}.{USERS_OWN}.{rest.partition('.')[2]}" if head == "cameras" else key)


def _setting(key: str) -> Setting:
    setting = find(key)
    assert isinstance(setting, Setting)
    return setting
