"""What clients may have the supervisor do.

Owns: which part of the supervisor carries out what was asked for. Does not own: requests and answers
(`supervisor.desk`), nor the work.
Invariant: nothing here blocks; while the supervisor stops, nothing that would go on is begun.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from shared import wire
from shared.errors import BusyError
from shared.messages import Cancel, Prune, Snapshot
from shared.status import Status
from shared.transport import Hub
from shared.version import VERSION
from supervisor.bus import Bus
from supervisor.crew import Crew
from supervisor.memory import Memory

STOPPING = "the supervisor is stopping; ask again when it has been started anew"


class Commands:
    """See `supervisor.desk.Orders`.

    `reload` has the configuration read again, `status` makes the whole picture, `is_stopping` is whether a shutdown has
    begun.
    """

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        crew: Crew,
        memory: Memory,
        *,
        reload: Callable[[], int],
        status: Callable[[], Status],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._hub = hub
        self._bus = bus
        self._crew = crew
        self._memory = memory
        self._reload = reload
        self._status = status
        self._is_stopping = is_stopping

    def ping(self) -> dict[str, Any]:
        """Who answers here."""
        return {"pid": os.getpid(), "boot": self._bus.boot, "version": VERSION}

    def whole_status(self) -> dict[str, Any]:
        """The picture as it is now."""
        return wire.check_event_data("status", self._status())

    def order(self, verb: str, worker: str) -> str:
        """Have a worker started, stopped, restarted or killed, or do what it is there for; the operation's id."""
        self._refuse_while_stopping()
        if verb == "snapshot":
            return self._send(*self._crew.snapshot(worker))
        if verb == "prune":
            return self._send(*self._crew.prune(worker))
        if verb == "cancel":
            return self._send(*self._crew.cancel(worker))
        return self._crew.order(verb, worker)

    def reload(self) -> int:
        """Have the configuration read again; the number of the read."""
        self._refuse_while_stopping()
        return self._reload()

    def replay(self, boot: str, after_seq: int, limit: int) -> dict[str, Any]:
        """Events that were kept; of an earlier supervisor, by its `boot`, only the last ones about slots."""
        if boot in {"", self._bus.boot}:
            return self._bus.replay(after_seq, limit)
        events = self._memory.replay(boot, after_seq)[: max(0, limit)]
        seqs = [event["seq"] for event in events] or [after_seq]
        return {"boot": boot, "first_seq": seqs[0], "last_seq": seqs[-1], "events": events}

    def _send(self, route: bytes, order: Snapshot | Prune | Cancel) -> str:
        self._hub.send_to_worker(route, order)
        return order.operation

    def _refuse_while_stopping(self) -> None:
        if self._is_stopping():
            raise BusyError(STOPPING)
