"""Rules between the keys that say what is kept: `storage.keep` and what would undo it.

Owns: those rules. Does not own: single values (`keep_rules`), nor the other rules between keys (`cross`).
Invariant: a rule speaks only when all of its values are right in themselves, and blames one that is in the file.
"""

from __future__ import annotations

import math

from shared.config.bounds import DAY_S
from shared.config.check import Checker, Found
from shared.config.effective import told, value_of
from shared.config.keep_rules import format_keep, keep_name_problem, period_s

_KEEP = "storage.keep."


def check_keep(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, the mistakes between what is kept and what is not."""
    written = {key.removeprefix(_KEEP): found for key, found in checker.found.items() if key.startswith(_KEEP)}
    rules = {name: found for name, found in written.items() if keep_name_problem(name) is None}
    _same_periods(checker, rules)
    if any(key.startswith(_KEEP) for key in checker.failed) or "storage.keep" in checker.failed:
        return
    _idle(checker, rules)
    _against_keep_days(checker, rules)
    _nothing_for_max_size(checker, rules)


def _same_periods(checker: Checker, rules: dict[str, Found]) -> None:
    first: dict[int, str] = {}
    for name, found in rules.items():
        period = period_s(name)
        if period in first:
            checker.mistake(found.span, _KEEP + name, f"is the same as {first[period]}: one of the two is enough")
        first.setdefault(period, name)


def _idle(checker: Checker, rules: dict[str, Found]) -> None:
    """A rule that keeps nothing which another does not keep for as long: most likely the times are mixed up."""
    for name, found in rules.items():
        for other, longer in rules.items():
            # Of the times of a coarser rule those of a finer one that divides it are a part, and `all` is all of them.
            finer = period_s(other) == 0 or (period_s(name) % period_s(other) == 0 and period_s(name) > 0)
            if name != other and finer and _kept_s(longer) >= _kept_s(found) and period_s(name) > period_s(other):
                problem = (
                    f"{name} ({format_keep(found.value)}) keeps nothing that {other} ({format_keep(longer.value)}) "
                    "does not keep as long: the wider apart, the longer"
                )
                checker.mistake(found.span, _KEEP + name, problem)
                break


def _against_keep_days(checker: Checker, rules: dict[str, Found]) -> None:
    if "storage.keep_days" in checker.failed or not rules:
        return
    keep_days = value_of(checker, "storage.keep_days")
    for name, found in rules.items():
        if keep_days and _kept_s(found) > keep_days * DAY_S:
            problem = f"{name} ({format_keep(found.value)}) is longer than {told(checker, 'storage.keep_days')}"
            checker.mistake(found.span, _KEEP + name, problem)


def _nothing_for_max_size(checker: Checker, rules: dict[str, Found]) -> None:
    keys = ("storage.max_size", "storage.when_full", "storage.keep_days")
    if rules or "storage.max_size" not in checker.found or any(key in checker.failed for key in keys):
        return
    max_size, when_full, keep_days = (value_of(checker, key) for key in keys)
    if max_size and when_full == "stop" and not keep_days:
        problem = (
            f"{told(checker, 'storage.max_size')} deletes nothing with when_full: stop, as long as neither keep nor "
            "keep_days says what may go"
        )
        checker.mistake(checker.found["storage.max_size"].span, "storage.max_size", problem)


def _kept_s(found: Found) -> float:
    return math.inf if found.value is None else float(found.value)
