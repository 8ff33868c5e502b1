"""The events about slots, without a hole: what the tap has lost is asked for again.

Owns: the position in the supervisor's events, and asking for a replay. Does not own: what an event means (`noting`).
Invariant: nothing here waits. An event is given out at least once, perhaps twice and out of order: whoever takes it
must be able to take it again. `position` never goes beyond what was given out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.clock import NS_PER_S
from shared.errors import WireError
from shared.messages import EARLIER, Event, Request
from shared.sequence import TICK, Sequence
from shared.transport import Control
from shared.wire import check

TOPICS = ("frame.written", "frame.missed")
_PATIENCE_NS = 10 * NS_PER_S
"""A supervisor answers within a turn of its loop; one that has not in this time is asked again."""

Position = tuple[str, int]
"""A supervisor's boot, and the `seq` up to which all of its events about slots were heard."""


class Following:
    """Where we are in the events. `known` is where an earlier run of this worker had come to."""

    def __init__(self, runtime_dir: Path, known: Position | None = None) -> None:
        self.control = Control(runtime_dir)
        self._known = known
        self._sequence: Sequence | None = None
        self._tick: dict[str, Any] = {}
        self._asked = ""
        self._asked_mono_ns = 0
        self._earlier = False
        self._behind = False
        self._lost = False

    @property
    def position(self) -> Position | None:
        """What may be remembered as heard."""
        if self._sequence is None or self._earlier:
            return self._known
        return self._sequence.boot, self._sequence.whole_seq

    def begin_at(self, known: Position | None) -> None:
        """The ledger says how far it knows. Has an effect only before the first event."""
        if self._sequence is None:
            self._known = known

    def take_lost(self) -> bool:
        """Whether events have been lost for good since the last call."""
        lost, self._lost = self._lost, False
        return lost

    def is_news(self, event: Event) -> bool:
        """Take a live event in; whether it tells of slots and has not been given out yet."""
        sequence = self._sequence_of(event.boot)
        if event.topic == TICK:
            self._tick = event.data
            self._behind |= not sequence.is_whole(event.data)
            return False
        if not sequence.wants(event.topic) or sequence.is_old(event):
            return False
        self._behind |= not sequence.is_next(event)
        return True

    def catch_up(self, now_mono_ns: int) -> Iterator[Event]:
        """What has come of a replay; and ask for the next part of it, where there is anything to ask for."""
        for answer in self.control.arrived():
            if answer.id == self._asked and answer.error is None:
                self._asked = ""
                yield from self._take_answer(answer.data)
        if (self._behind or self._earlier) and (not self._asked or now_mono_ns - self._asked_mono_ns > _PATIENCE_NS):
            self._ask(now_mono_ns)

    def close(self) -> None:
        """Leave."""
        self.control.close()

    def _sequence_of(self, boot: str) -> Sequence:
        if self._sequence is None or self._sequence.boot != boot:
            heard = self._known if self._sequence is None else self.position
            same = heard is not None and heard[0] == boot
            # Those that nobody here has heard a word of too: they may have been killed before storage had begun.
            self._known, self._earlier = heard, not same
            self._sequence = Sequence(boot, TOPICS, heard[1] if heard is not None and same else 0)
            self._behind, self._asked = True, ""
        return self._sequence

    def _ask(self, now_mono_ns: int) -> None:
        sequence = self._sequence
        assert sequence is not None
        boot, after_seq = sequence.boot, sequence.whole_seq
        if self._earlier:
            boot, after_seq = EARLIER, 0
        request = Request(id=os.urandom(8).hex(), verb="replay", boot=boot, after_seq=after_seq)
        if self.control.send(request):
            self._asked, self._asked_mono_ns = request.id, now_mono_ns

    def _take_answer(self, data: dict[str, Any]) -> Iterator[Event]:
        sequence = self._sequence
        assert sequence is not None
        try:
            events: list[Event] = [check(event, Event) for event in data["events"]]
            boot, first_seq, last_seq = data["boot"], int(data["first_seq"]), int(data["last_seq"])
        except (WireError, KeyError, TypeError, ValueError):
            # Of a supervisor that is no longer ours; the next tick asks again.
            return
        if boot != sequence.boot:
            # All that is left of earlier supervisors.
            self._earlier = False
            yield from (event for event in events if event.topic in TOPICS and not self._is_known(event))
            return
        before_seq = sequence.whole_seq
        fresh, missing = sequence.take_replayed(events)
        self._lost |= missing > 0 or first_seq > before_seq + 1
        sequence.move_to(events[-1].seq if events else last_seq)
        self._behind = sequence.whole_seq < last_seq or (bool(self._tick) and not sequence.is_whole(self._tick))
        yield from fresh

    def _is_known(self, event: Event) -> bool:
        return self._known is not None and event.boot == self._known[0] and event.seq <= self._known[1]
