"""The rules of `storage.keep` as numbers, and what they say of one frame.

Owns: how long a rule is in force for a frame. Does not own: their notation (`shared.config.keep_rules`), nor finding
the frame nearest to a regular time (`day_names`).
Invariant: pure. What is kept can only become less as time passes: a frame that goes would have gone at any later time
too, so that it does not matter when, how often and in how many steps the rules are applied.
"""

from __future__ import annotations

from msgspec import Struct

from shared.config.keep_rules import ALL, period_s
from shared.config.model import StorageConfig
from storage_worker.keeping.regular import RegularTime


class Every(Struct, frozen=True):
    """Of each regular time the nearest frame, for `kept_ms` after the last that could be nearest; None is for ever."""

    name: str
    period_ms: int
    kept_ms: int | None

    def in_force(self, at: RegularTime, now_ms: int) -> bool:
        """Whether the frame nearest to this time still stays."""
        return self.kept_ms is None or now_ms <= at.over_ms() + self.kept_ms


class Keep(Struct, frozen=True):
    """All of them. `all_ms` is the age up to which every frame stays, None for ever."""

    all_ms: int | None
    every: tuple[Every, ...]

    def keeps_all_of(self, slot_ms: int, now_ms: int) -> bool:
        """Whether a frame of this slot is too young to be thinned. One of the future is."""
        return self.all_ms is None or now_ms - slot_ms <= self.all_ms


def keep_of(storage: StorageConfig) -> Keep | None:
    """The rules, widest apart last; None where there are none. What is younger than `keep_min` stays in any case."""
    if not storage.keep:
        return None
    all_s = storage.keep.get(ALL, 0.0)
    every = [
        Every(name, period_s(name) * 1000, None if kept_s is None else round(kept_s * 1000))
        for name, kept_s in storage.keep.items()
        if name != ALL
    ]
    all_ms = None if all_s is None else round(max(all_s, storage.keep_min_s) * 1000)
    return Keep(all_ms, tuple(sorted(every, key=lambda rule: rule.period_ms)))
