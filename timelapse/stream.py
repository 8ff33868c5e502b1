"""The events of the tap, without a hole and without a repetition.

Owns: subscribing, filling holes by `replay`, and noticing that the supervisor has gone or is another one.
Does not own: which event is new (`shared.sequence`), nor what is done with it.
Invariant: an event that was kept is given out exactly once, whatever the tap lost; what is kept no longer is told.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from msgspec import Struct

from shared.errors import BusyError
from shared.messages import Event
from shared.sequence import TICK, Sequence
from shared.wire import check
from timelapse.client import Client

_SILENCE_S = 3.5
"""There is a tick each second; this long without any, and the supervisor is asked whether it is there."""
_PING_S = 1.0
_END = 2**62


class Lost(Struct, frozen=True):
    """Events that are kept no longer: between these numbers, `count` of the chosen ones; 0 where that can't be told."""

    count: int
    first_seq: int
    last_seq: int


class Gone(Struct, frozen=True):
    """The supervisor does not answer any more."""


class Back(Struct, frozen=True):
    """It is here again: the same one, or with `restarted` a new one, whose events begin anew."""

    boot: str
    restarted: bool


class Since(Struct, frozen=True):
    """Where to begin: after `seq`, or at `mono_ns` (CLOCK_MONOTONIC); with neither, at the oldest that is kept."""

    seq: int | None = None
    mono_ns: int | None = None


NOW = Since(seq=_END)

Item = Event | Lost | Gone | Back


class Stream:
    """Events of the chosen prefixes, from `since` on. Subscribed when it is made; close it when done."""

    def __init__(self, client: Client, prefixes: tuple[str, ...], since: Since = NOW) -> None:
        self._client = client
        self._prefixes = prefixes
        self._ticks_wanted = TICK.startswith(tuple(prefix for prefix in prefixes if prefix))
        self._tap = client.tap((*prefixes, TICK))
        # Subscribed first, asked second: what happens in between comes both ways, and is told once.
        self._not_before_ns = since.mono_ns or 0
        self.unknown_seq = 0
        self._sequence = self._begin(since)
        self._heard_ns = time.monotonic_ns()
        self._gone = False

    def kept(self) -> Iterator[Item]:
        """What was asked for by `since` and is kept. Blocks for the answers only."""
        yield from self._fill()
        self._not_before_ns = 0

    def arrived(self, timeout_s: float) -> Iterator[Item]:
        """What has come since; waits for at most `timeout_s` when there is nothing. Call it for ever."""
        if self._tap.wait(timeout_s):
            self._heard_ns = time.monotonic_ns()
            for event in self._tap.arrived():
                yield from self._take(event)
        elif not self._gone and time.monotonic_ns() - self._heard_ns > _SILENCE_S * 1e9:
            self._gone = not self._client.answers(_PING_S)
            self._heard_ns = time.monotonic_ns()
            if self._gone:
                yield Gone()

    def close(self) -> None:
        """Leave the tap. May be called twice."""
        self._tap.close()

    def _begin(self, since: Since) -> Sequence:
        answer = self._client.replay(_END)
        first_seq, last_seq = answer["first_seq"], answer["last_seq"]
        after_seq = first_seq - 1
        if since.seq == _END:
            after_seq = last_seq
        elif since.seq is not None and since.seq <= last_seq:
            after_seq = since.seq
        elif since.seq is not None:
            # A number of an earlier supervisor: all of this one's events came later.
            self.unknown_seq = last_seq
        return Sequence(answer["boot"], self._prefixes, after_seq)

    def _take(self, event: Event) -> Iterator[Item]:
        restarted = event.boot != self._sequence.boot
        if restarted:
            yield from self._last_of_earlier()
        if restarted or self._gone:
            self._gone = False
            yield Back(event.boot, restarted)
        if restarted:
            self._sequence = Sequence(event.boot, self._prefixes, 0)
        if event.topic == TICK:
            yield from self._take_tick(event)
        elif self._sequence.is_next(event):
            yield event
        elif not self._sequence.is_old(event):
            yield from self._fill()

    def _last_of_earlier(self) -> Iterator[Event]:
        """What the supervisor that is gone said last of slots, and we did not hear."""
        try:
            answer = self._client.replay(self._sequence.whole_seq, boot=self._sequence.boot)
        except BusyError:
            return
        fresh, _ = self._sequence.take_replayed(check(event, Event) for event in answer["events"])
        yield from fresh

    def _take_tick(self, tick: Event) -> Iterator[Item]:
        if not self._sequence.is_whole(tick.data):
            yield from self._fill()
            self._sequence.is_whole(tick.data)
        if self._ticks_wanted:
            yield tick

    def _fill(self) -> Iterator[Item]:
        """All kept events after the position that are new. Without an answer nothing moves, and the next asks again."""
        sequence = self._sequence
        after_seq = sequence.whole_seq
        while True:
            try:
                answer = self._client.replay(after_seq)
            except BusyError:
                return
            if answer["boot"] != sequence.boot:
                return
            events: list[Event] = [check(event, Event) for event in answer["events"]]
            fresh, lost = sequence.take_replayed(events)
            if lost or answer["first_seq"] > after_seq + 1:
                yield Lost(lost, after_seq + 1, answer["first_seq"] - 1)
            yield from (event for event in fresh if event.mono_ns >= self._not_before_ns)
            after_seq = events[-1].seq if events else answer["last_seq"]
            sequence.move_to(after_seq)
            if after_seq >= answer["last_seq"]:
                return
