"""The grid: every whole multiple of the interval since the epoch, in UTC.

Owns: arithmetic on slots. Does not own: which slots a window leaves out (`shared.window`).
Invariant: pure; a slot is a whole number of milliseconds; a restart does not move the grid.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from shared.clock import NS_PER_MS


class SlotRange(Struct, frozen=True):
    """Contiguous slots, both ends included, in wall nanoseconds."""

    first_ns: int
    last_ns: int
    interval_ns: int

    @property
    def count(self) -> int:
        """How many slots these are."""
        return (self.last_ns - self.first_ns) // self.interval_ns + 1


class Grid(Struct, frozen=True):
    """The slots `k * interval_ms`."""

    interval_ms: int

    @property
    def interval_ns(self) -> int:
        """The time between two slots."""
        return self.interval_ms * NS_PER_MS

    def at_or_before(self, wall_ns: int) -> int:
        """The last slot that is not after `wall_ns`."""
        return wall_ns // self.interval_ns * self.interval_ns

    def after(self, wall_ns: int) -> int:
        """The first slot that is after `wall_ns`."""
        return self.at_or_before(wall_ns) + self.interval_ns

    def between(self, after_ns: int, before_ns: int) -> SlotRange | None:
        """The slots strictly between two times; None where there are none."""
        first_ns, last_ns = self.after(after_ns), self.at_or_before(before_ns - 1)
        return SlotRange(first_ns, last_ns, self.interval_ns) if first_ns <= last_ns else None


def subtract(slots: SlotRange, taken: list[int]) -> Iterator[SlotRange | int]:
    """The parts of a range around slots that are taken (in order, within it), and those, all in order.

    Those that are taken may stand between two slots.
    """
    cursor_ns = slots.first_ns
    for slot_ns in taken:
        before = (slot_ns - 1 - slots.first_ns) // slots.interval_ns
        last_ns = slots.first_ns + before * slots.interval_ns
        if last_ns >= cursor_ns:
            yield SlotRange(cursor_ns, last_ns, slots.interval_ns)
        yield slot_ns
        cursor_ns = slots.first_ns + ((slot_ns - slots.first_ns) // slots.interval_ns + 1) * slots.interval_ns
    if cursor_ns <= slots.last_ns:
        yield SlotRange(cursor_ns, slots.last_ns, slots.interval_ns)
