"""The event bus: numbering, keeping and sending events.

Owns: `boot`, `seq`, `tseq`, the ring of the last events, and the tick. Does not own: sockets (`shared.transport`).
Invariant: every event of a boot has the next `seq` and its topic's next `tseq`, without a hole; ticks are not counted.
The ring holds exactly the last `RING_EVENTS` of them.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from typing import Any

from msgspec import Struct

from shared import wire
from shared.clock import Clock
from shared.events import BusTick
from shared.messages import VERSION, Event
from shared.transport import Hub

RING_EVENTS = 10_000
_REPLAY_BYTES = 262_144
"""One answer of `replay` holds about so much: it must not take the loop more than a few milliseconds."""
TICK = "bus.tick"

_WINDOW, _MEMORY_LEVEL = -13, 6
"""Of zlib: 8 kB back, in the plainest form, with 64 kB of working memory instead of 256."""


class Bus:
    """Numbers events, keeps the last ones, and sends them to whoever listens."""

    def __init__(self, hub: Hub, clock: Clock, boot: str | None = None) -> None:
        self.boot = boot or os.urandom(8).hex()
        self.seq = 0
        self._tseq: dict[str, int] = {}
        self._ring: deque[bytes] = deque(maxlen=RING_EVENTS)
        self._first_of_topic: dict[str, int] = {}
        self._dictionaries: list[bytes] = []
        self._hub = hub
        self._clock = clock

    def publish(self, topic: str, data: Struct) -> None:
        """Send an event of the supervisor's own, now. Raises `WireError` for anything that `shared.events` has not."""
        plain = wire.check_event_data(topic, data)
        self.forward(topic, "supervisor", plain, self._clock.wall_ns(), self._clock.mono_ns())

    def forward(self, topic: str, source: str, data: dict[str, Any], wall_ns: int, mono_ns: int) -> None:
        """Send an event that was made at the times given. Its data has been checked."""
        self.send(topic, self.number(topic, source, data, wall_ns, mono_ns))

    def number(self, topic: str, source: str, data: dict[str, Any], wall_ns: int, mono_ns: int) -> bytes:
        """The message of such an event, numbered, for `send` to send and keep: nothing else may come in between."""
        self.seq += 1
        self._tseq[topic] = self._tseq.get(topic, 0) + 1
        event = self._event(topic, source, data, wall_ns=wall_ns, mono_ns=mono_ns)
        return wire.pack(event)

    def send(self, topic: str, packed: bytes) -> None:
        """Send what `number` gave, and keep it for a replay: whoever listens need not wait for that."""
        self._hub.publish(topic, packed)
        self._ring.append(self._compressed(topic, packed))

    def tick(self) -> None:
        """Tell how far the numbers have come, so that a lost tail shows within a second."""
        data = wire.check_event_data(TICK, BusTick(seq=self.seq, tseq=self._tseq))
        tick = self._event(TICK, "supervisor", data, wall_ns=self._clock.wall_ns(), mono_ns=self._clock.mono_ns())
        self._hub.publish(TICK, wire.pack(tick))

    def replay(self, after_seq: int, limit: int) -> dict[str, Any]:
        """The kept events after `after_seq`, the oldest first, at most `limit` of them and a few hundred kB.

        `first_seq` is the oldest that is kept: where it is above `after_seq + 1`, what lies between is gone.
        """
        first_seq = self.seq + 1 - len(self._ring)
        start = max(0, after_seq + 1 - first_seq)
        events: list[dict[str, Any]] = []
        taken_bytes = 0
        for index in range(start, min(len(self._ring), start + max(0, limit))):
            packed = self._unpacked(self._ring[index])
            taken_bytes += len(packed)
            if events and taken_bytes > _REPLAY_BYTES:
                break
            events.append(wire.unpack_map(packed))
        return {"boot": self.boot, "first_seq": first_seq, "last_seq": self.seq, "events": events}

    def _event(self, topic: str, source: str, data: dict[str, Any], *, wall_ns: int, mono_ns: int) -> Event:
        return Event(
            v=VERSION,
            topic=topic,
            source=source,
            boot=self.boot,
            seq=self.seq,
            tseq=self._tseq.get(topic, 0),
            wall_ns=wall_ns,
            mono_ns=mono_ns,
            data=data,
        )

    def _compressed(self, topic: str, packed: bytes) -> bytes:
        """As it is kept: each event says nearly what the first one of its topic said.

        Ten thousand frames whole would be 5 MB, ten thousand of `status` 20 MB.
        """
        number = self._first_of_topic.setdefault(topic, len(self._dictionaries))
        if number == len(self._dictionaries):
            self._dictionaries.append(packed)
        squeeze = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY_LEVEL, zdict=self._dictionaries[number])
        return bytes([number]) + squeeze.compress(packed) + squeeze.flush()

    def _unpacked(self, kept: bytes) -> bytes:
        return zlib.decompressobj(_WINDOW, zdict=self._dictionaries[kept[0]]).decompress(kept[1:])
