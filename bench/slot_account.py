"""What became of every slot of one camera, counted from the tap and from the files, and from nothing else.

Owns: the count. Does not own: hearing events, or who is right where the two contradict each other.
Invariant: the recorder's own books (`.status.json`, the ledger, its totals) are not asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shared.clock import NS_PER_MS
from shared.frame_name import parse
from shared.messages import Event
from tests.rig.recorder import slots_of


class SlotAccount:
    """Takes the events of `camera` one after the other; `contradictions` is asked at the end.

    `interval_ms` is the grid's; until the first slot that is told of on it alone the grid may be the finer
    `warm_interval_ms`. Of an event no more is kept than its slot: a day of one a second is some ten megabytes.
    """

    def __init__(self, camera: str, interval_ms: int, warm_interval_ms: int) -> None:
        self.misses: Counter[str] = Counter()
        self.pruned = 0
        self._camera = camera
        self._interval_ms = interval_ms
        self._warm_interval_ms = warm_interval_ms
        self._events: Counter[str] = Counter()
        self._told: Counter[int] = Counter()
        self._frames: set[int] = set()
        self._last_seq: dict[str, int] = {}

    @property
    def events(self) -> int:
        """How many events there were."""
        return sum(self._events.values())

    @property
    def lost_events(self) -> int:
        """How many there must have been that did not come: their numbers are without a hole."""
        return sum(self._last_seq.values()) - self.events

    @property
    def frames(self) -> int:
        """How many frames were told of."""
        return len(self._frames)

    def take(self, event: Event) -> None:
        """Count what an event says."""
        self._follow(event)
        if event.topic == "storage.pruned":
            self.pruned += event.data["count"]
        elif event.data.get("camera") != self._camera:
            return
        elif event.topic == "frame.written":
            slot_ms = event.data["slot_ns"] // NS_PER_MS
            self._told[slot_ms] += 1
            self._frames.add(slot_ms)
        elif event.topic == "frame.missed":
            self.misses[event.data["cause"]] += event.data["count"]
            self._told.update(slot_ns // NS_PER_MS for slot_ns in slots_of(event.data))

    def due(self) -> set[int]:
        """Every slot of the grid from the first that was told of to the last, in wall milliseconds."""
        between = [slot_ms for slot_ms in self._told if slot_ms % self._interval_ms]
        warm = range(min(self._told), max(between, default=0) + 1, self._warm_interval_ms)
        begun = max(min(self._told), max(between, default=0))
        return {
            *warm,
            *range(-(-begun // self._interval_ms) * self._interval_ms, max(self._told) + 1, self._interval_ms),
        }

    def contradictions(self, output_dir: Path, *, storage_was_killed: bool) -> Iterator[str]:
        """Everything that is not as promised, in words. Blocks for the disk."""
        due = self.due()
        on_disk = {slot_ms for path in _files(output_dir / self._camera) if (slot_ms := _slot_ms(path)) is not None}
        gone = self._frames - on_disk
        yield from _some(due - self._told.keys(), "neither a frame nor a miss was told of")
        yield from _some({slot for slot, count in self._told.items() if count > 1}, "told of more than once")
        yield from _some(self._told.keys() - due, "told of, though not on the grid")
        yield from _some(on_disk - self._frames, "a file is there that was never told of")
        if gone and on_disk:
            yield from _some({slot for slot in gone if slot > min(on_disk)}, "a file is gone that was not the oldest")
        # A storage worker that is killed may have deleted what it could not tell of any more.
        if self.pruned > len(gone) or (self.pruned < len(gone) and not storage_was_killed):
            yield f"{len(gone)} files are gone, and storage.pruned tells of {self.pruned}"
        if self.lost_events:
            yield f"{self.lost_events} events were lost on the way here"

    def on_disk(self, output_dir: Path) -> int:
        """How many files are there now."""
        return sum(1 for _ in _files(output_dir / self._camera))

    def _follow(self, event: Event) -> None:
        if event.topic != "bus.tick":
            self._events[event.boot] += 1
            self._last_seq[event.boot] = max(self._last_seq.get(event.boot, 0), event.seq)


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*.jpg") if ".tmp" not in path.parts)


def _slot_ms(path: Path) -> int | None:
    name = parse(path.name)
    return None if name is None else name.slot_ns // NS_PER_MS


def _some(slots: set[int], what: str) -> Iterator[str]:
    if slots:
        yield f"{len(slots)} slots: {what}, such as {', '.join(str(slot) for slot in sorted(slots)[:5])} (ms)"
