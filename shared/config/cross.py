"""Rules between keys: each value is right in itself, together they are not.

Owns: those rules, and which of the values is to blame. Does not own: single values.
Invariant: a rule speaks only when all of its values are right in themselves, and blames one that is in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.config.bounds import DAY_S
from shared.config.check import Checker, Found
from shared.config.keys import find, flatten
from shared.config.redact import shown
from shared.config.schema import Setting
from shared.config.settings import DEFAULTS
from shared.config.source import identity
from shared.config.window import parse_window

_DEFAULT_VALUES: Mapping[str, Any] = {key: value for key, _, value in flatten(DEFAULTS)}


def check_between(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, the mistakes that lie between keys."""
    _order(checker, "storage.clean_above", "storage.stop_above", lambda low, high: low <= high, "is above")
    _order(checker, "storage.clean_to", "storage.clean_above", lambda low, high: low < high, "is not below")
    _order(checker, "supervisor.restart.base", "supervisor.restart.max", lambda low, high: low <= high, "is above")
    _keeping(checker)
    _sun_windows(checker)
    _doubled_sources(checker)


def _order(checker: Checker, low: str, high: str, right: Callable[[Any, Any], bool], verb: str) -> None:
    """`low` and `high` stand in the right order, or one that is written is blamed."""
    values = _values(checker, low, high)
    if values is None or right(*values):
        return
    if low.startswith("storage.") and not _value(checker, "storage.clean"):
        return  # nothing is cleaned, so that its thresholds mean nothing
    blamed = low if low in checker.found else high
    problem = f"{_told(checker, low)} {verb} {_told(checker, high)}{_remedy(checker, low, high)}"
    checker.mistake(checker.found[blamed].span, blamed, problem)


def _keeping(checker: Checker) -> None:
    values = _values(checker, "storage.keep_min", "storage.keep_days")
    if values is None:
        return
    keep_min_s, keep_days = values
    if keep_days and keep_min_s > keep_days * DAY_S:
        blamed = "storage.keep_days" if "storage.keep_days" in checker.found else "storage.keep_min"
        problem = f"{_told(checker, 'storage.keep_min')} is longer than {_told(checker, 'storage.keep_days')}"
        checker.mistake(checker.found[blamed].span, blamed, problem)


def _sun_windows(checker: Checker) -> None:
    if any(key in checker.found or key in checker.failed for key in ("location.latitude", "location.longitude")):
        return
    if "location" in checker.failed:
        return
    for key, found in _of_cameras(checker, "window").items():
        if parse_window(found.value).needs_location:
            problem = f"{shown(found.value)} goes by the sun, which takes location: {{latitude: .., longitude: ..}}"
            checker.mistake(found.span, key, problem)


def _doubled_sources(checker: Checker) -> None:
    """Only one process can hold a camera: of two that are the same, the second would wait for ever."""
    first: dict[str, str] = {}
    for key, found in _of_cameras(checker, "source").items():
        camera = identity(found.value)
        if camera is None:
            continue
        if camera in first:
            checker.mistake(found.span, key, f"{shown(found.value)} is the same camera as {first[camera]}")
        first.setdefault(camera, key)


def _of_cameras(checker: Checker, name: str) -> dict[str, Found]:
    keys = (f"cameras.{camera}.{name}" for camera in checker.cameras)
    return {key: checker.found[key] for key in keys if key in checker.found}


def _values(checker: Checker, *keys: str) -> tuple[Any, ...] | None:
    """The effective values, or None where one of them is a mistake already or all are defaults."""
    if any(key in checker.failed for key in keys) or not any(key in checker.found for key in keys):
        return None
    return tuple(_value(checker, key) for key in keys)


def _value(checker: Checker, key: str) -> Any:
    return checker.found[key].value if key in checker.found else _DEFAULT_VALUES[key]


def _remedy(checker: Checker, *keys: str) -> str:
    """A default stood in the way of a value that was written: it has to be written as well."""
    return "".join(f": set {key} too" for key in keys if key not in checker.found)


def _told(checker: Checker, key: str) -> str:
    """`clean_to (80%, the default)`: what a message calls the key and its effective value."""
    setting = find(key)
    assert isinstance(setting, Setting)
    by_default = "" if key in checker.found else ", the default"
    return f"{setting.name} ({setting.render(_value(checker, key))}{by_default})"
