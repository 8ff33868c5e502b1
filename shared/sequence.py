"""Which events have been seen, so that none is missed and none is shown twice.

Owns: the numbers (`boot`, `seq`, `tseq`), what is new, what is missing. Does not own: sockets (`timelapse.stream`,
`storage_worker.ledger.following`).
Invariant: pure. Every event of the chosen topics up to `whole_seq` has been given out or counted as lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.messages import Event

TICK = "bus.tick"


class Sequence:
    """The position in one boot's events, for a choice of topic prefixes ("" is all of them)."""

    def __init__(self, boot: str, prefixes: tuple[str, ...], whole_seq: int) -> None:
        self.boot = boot
        self.whole_seq = whole_seq
        self._prefixes = prefixes
        self._all = "" in prefixes
        self._last: dict[str, int] = {}

    def wants(self, topic: str) -> bool:
        """Whether the topic is among those chosen."""
        return topic.startswith(self._prefixes)

    def is_next(self, event: Event) -> bool:
        """Whether this live event follows what was seen without a hole. If so it counts as seen from now on.

        With all topics `seq` tells. With some, `tseq` does, and the first event of a topic never is: nothing is known
        of those before it.
        """
        follows = self._last.get(event.topic) == event.tseq - 1
        if self._all:
            follows = event.seq == self.whole_seq + 1
        if follows:
            self._see(event)
        return follows

    def is_old(self, event: Event) -> bool:
        """Whether it has been given out already."""
        return event.seq <= self.whole_seq or event.tseq <= self._last.get(event.topic, 0)

    def is_whole(self, tick: dict[str, Any]) -> bool:
        """Whether all that a tick (its data) counts has been seen. If so, the position moves up to it."""
        if tick["seq"] < self.whole_seq:
            # From before the position was asked for: what it counts is out of date.
            return True
        counted = {topic: tseq for topic, tseq in tick["tseq"].items() if self.wants(topic)}
        whole = tick["seq"] == self.whole_seq or all(self._last.get(topic) == tseq for topic, tseq in counted.items())
        if whole:
            self._move_to(tick["seq"])
            for topic, tseq in counted.items():
                self._last[topic] = max(tseq, self._last.get(topic, 0))
        return whole

    def take_replayed(self, events: Iterable[Event]) -> tuple[list[Event], int]:
        """Of kept events, in order: those that are wanted and new, and how many before them are kept no longer."""
        fresh, lost = [], 0
        for event in events:
            if not self.wants(event.topic) or self.is_old(event):
                continue
            lost += self._hole_before(event)
            self._see(event)
            fresh.append(event)
        return fresh, lost

    def move_to(self, seq: int) -> None:
        """All kept events up to `seq` have been looked through."""
        self._move_to(seq)

    def _hole_before(self, event: Event) -> int:
        if self._all:
            return event.seq - self.whole_seq - 1
        last = self._last.get(event.topic)
        return 0 if last is None else event.tseq - last - 1

    def _see(self, event: Event) -> None:
        self._last[event.topic] = event.tseq
        if self._all:
            self.whole_seq = event.seq

    def _move_to(self, seq: int) -> None:
        self.whole_seq = max(self.whole_seq, seq)
