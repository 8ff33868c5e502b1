"""Rules between keys: each value is right in itself, together they are not.

Owns: those rules, and which of the values is to blame. Does not own: single values, nor what concerns how one camera
takes its pictures (`cross_camera`).
Invariant: a rule speaks only when all of its values are right in themselves, and blames one that is in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.config.bounds import DAY_S
from shared.config.check import Checker
from shared.config.cross_keep import check_keep
from shared.config.cross_render import check_render
from shared.config.effective import of_cameras, told, value_of, values_of
from shared.config.redact import shown
from shared.config.source import identity
from shared.config.window import parse_window


def check_between(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, the mistakes that lie between keys."""
    _order(checker, "storage.clean_above", "storage.stop_above", lambda low, high: low <= high, "is above")
    _order(checker, "storage.clean_to", "storage.clean_above", lambda low, high: low < high, "is not below")
    _order(checker, "supervisor.restart.base", "supervisor.restart.max", lambda low, high: low <= high, "is above")
    _keeping(checker)
    check_keep(checker)
    check_render(checker)
    _sun_windows(checker)
    _doubled_sources(checker)


def _order(checker: Checker, low: str, high: str, right: Callable[[Any, Any], bool], verb: str) -> None:
    """`low` and `high` stand in the right order, or one that is written is blamed."""
    values = values_of(checker, low, high)
    if values is None or right(*values):
        return
    if low.startswith("storage.") and not value_of(checker, "storage.clean"):
        return  # nothing is cleaned, so that its thresholds mean nothing
    blamed = low if low in checker.found else high
    problem = f"{told(checker, low)} {verb} {told(checker, high)}{_remedy(checker, low, high)}"
    checker.mistake(checker.found[blamed].span, blamed, problem)


def _keeping(checker: Checker) -> None:
    values = values_of(checker, "storage.keep_min", "storage.keep_days")
    if values is None:
        return
    keep_min_s, keep_days = values
    if keep_days and keep_min_s > keep_days * DAY_S:
        blamed = "storage.keep_days" if "storage.keep_days" in checker.found else "storage.keep_min"
        problem = f"{told(checker, 'storage.keep_min')} is longer than {told(checker, 'storage.keep_days')}"
        checker.mistake(checker.found[blamed].span, blamed, problem)


def _sun_windows(checker: Checker) -> None:
    if any(key in checker.found or key in checker.failed for key in ("location.latitude", "location.longitude")):
        return
    if "location" in checker.failed:
        return
    for key, found in of_cameras(checker, "window").items():
        if parse_window(found.value).needs_location:
            problem = f"{shown(found.value)} goes by the sun, which takes location: {{latitude: .., longitude: ..}}"
            checker.mistake(found.span, key, problem)


def _doubled_sources(checker: Checker) -> None:
    """Only one process can hold a camera: of two that are the same, the second would wait for ever."""
    first: dict[str, str] = {}
    for key, found in of_cameras(checker, "source").items():
        camera = identity(found.value)
        if camera is None:
            continue
        if camera in first:
            checker.mistake(found.span, key, f"{shown(found.value)} is the same camera as {first[camera]}")
        first.setdefault(camera, key)


def _remedy(checker: Checker, *keys: str) -> str:
    """A default stood in the way of a value that was written: it has to be written as well."""
    return "".join(f": set {key} too" for key in keys if key not in checker.found)
