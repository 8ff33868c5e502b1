"""Every slot is accounted for: a frame that is durable, or a miss with its cause; each once, and in order.

Owns: the order in which slots are told, and joining misses to ranges. Does not own: finding out what became of a slot.
Invariant: pure. A slot is told after every slot before it, so that "told up to here" says all; none is told twice. A
range of misses is told at its first slot, then at most once a minute, and in full when it ends.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec.structs import replace

from capture_worker.grid import SlotRange
from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.events import FrameMissed, FrameWritten

TELL_EVERY_NS = 60 * NS_PER_S
Told = FrameWritten | FrameMissed


class Accounts:
    """The accounts of one camera. `now_ns` is monotonic throughout; slots are wall time."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._open: OrderedDict[int, Told | None] = OrderedDict()
        self._due: dict[int, int] = {}
        self._range: FrameMissed | None = None
        self._told_ns = 0

    @property
    def undecided(self) -> int:
        """How many slots are due whose outcome is not known yet."""
        return sum(outcome is None for outcome in self._open.values())

    def next_tell_ns(self) -> int | None:
        """When a range that goes on is to be told again."""
        return None if self._range is None else self._told_ns + TELL_EVERY_NS

    def due(self, slot_ns: int, interval_ns: int) -> None:
        """A slot of this grid has begun; what becomes of it is told by `written` or `missed`. Slots come in order.

        The interval may be changed before its outcome is known: it is told with the one that it began by.
        """
        self._open[slot_ns] = None
        self._due[slot_ns] = interval_ns

    def withdraw(self, slot_ns: int) -> None:
        """The slot that began last has not begun after all: the clock was set, and it may begin another time."""
        del self._open[slot_ns]
        self._due.pop(slot_ns, None)

    def written(self, frame: FrameWritten, now_ns: int) -> list[Told]:
        """The frame of a slot is durable; what can be told now."""
        if (interval_ns := self._due.pop(frame.slot_ns, None)) is not None:
            frame = replace(frame, interval_ns=interval_ns)
        self._open[frame.slot_ns] = frame
        return self._settle(now_ns)

    def missed(self, slots: SlotRange, cause: MissCause, now_ns: int) -> list[Told]:
        """These slots will have no frame; what can be told now. One that was `due` keeps its place."""
        self._open[slots.first_ns] = FrameMissed(
            camera=self._camera,
            first_slot_ns=slots.first_ns,
            last_slot_ns=slots.last_ns,
            interval_ns=self._due.pop(slots.first_ns, slots.interval_ns),
            count=slots.count,
            cause=cause,
        )
        return self._settle(now_ns)

    def tell(self, now_ns: int) -> list[Told]:
        """What is due to be told of a range that goes on."""
        due_ns = self.next_tell_ns()
        return self._begin_anew(now_ns) if due_ns is not None and now_ns >= due_ns else []

    def flush(self) -> list[Told]:
        """What was kept back of a range that has ended."""
        kept, self._range = self._range, None
        return [] if kept is None or kept.count == 0 else [kept]

    def _settle(self, now_ns: int) -> list[Told]:
        told: list[Told] = []
        while self._open:
            slot_ns, outcome = next(iter(self._open.items()))
            if outcome is None:
                break
            del self._open[slot_ns]
            told += [*self.flush(), outcome] if isinstance(outcome, FrameWritten) else self._join(outcome, now_ns)
        return told

    def _join(self, miss: FrameMissed, now_ns: int) -> list[Told]:
        """Add a miss to the range that goes on, or tell it as the first of a new one."""
        kept = self._range
        if kept is not None and continues(kept, miss):
            self._range = replace(kept, last_slot_ns=miss.last_slot_ns, count=kept.count + miss.count)
            return self.tell(now_ns)
        told: list[Told] = [*self.flush(), miss]
        self._range = _nothing_after(miss)
        self._told_ns = now_ns
        return told

    def _begin_anew(self, now_ns: int) -> list[Told]:
        kept = self._range
        told = self.flush()
        self._range = None if kept is None else _nothing_after(kept)
        self._told_ns = now_ns
        return told


def continues(kept: FrameMissed, miss: FrameMissed) -> bool:
    """Whether `miss` is more of the same."""
    same = (kept.cause, kept.interval_ns) == (miss.cause, miss.interval_ns)
    return same and miss.first_slot_ns == kept.last_slot_ns + kept.interval_ns


def _nothing_after(told: FrameMissed) -> FrameMissed:
    """The empty range that begins behind what was told."""
    return replace(told, first_slot_ns=told.last_slot_ns + told.interval_ns, count=0)
