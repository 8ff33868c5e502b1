"""Telling what became of each slot: the accounts of a camera, and how they get out.

Owns: turning outcomes into events, each with the moment it was told. Does not own: finding out what became of a slot.
Invariant: an account says when it was told on the clock that its slots are of: the clock may have been set since, and a
later start works out from it by how much.
"""

from __future__ import annotations

from capture_worker.accounts import Accounts, Told
from capture_worker.grid import SlotRange
from capture_worker.miss_log import MissLog
from capture_worker.unsent import Unsent
from shared.causes import MissCause
from shared.clock import NS_PER_S
from shared.events import FrameWritten
from shared.worker import Worker

_TRY_EVERY_NS = NS_PER_S


class Teller:
    """The main thread's. `step_ns`, where it is given, is how far the clock was set since the slots."""

    def __init__(self, worker: Worker, camera: str) -> None:
        self._worker = worker
        self._accounts = Accounts(camera)
        self._unsent = Unsent(self._offer)
        self._log = MissLog()

    def due(self, slot_ns: int, interval_ns: int) -> None:
        """See `Accounts.due`."""
        self._accounts.due(slot_ns, interval_ns)

    def withdraw(self, slot_ns: int) -> None:
        """See `Accounts.withdraw`."""
        self._accounts.withdraw(slot_ns)

    def written(self, frame: FrameWritten, step_ns: int = 0) -> None:
        """See `Accounts.written`."""
        self._tell(self._accounts.written(frame, self._worker.clock.mono_ns()), step_ns)

    def missed(self, slots: SlotRange, cause: MissCause, step_ns: int = 0, reason: str = "") -> None:
        """See `Accounts.missed`; `reason` is for the log, where more is known than the cause."""
        now_ns = self._worker.clock.mono_ns()
        self._log.missed(slots.count, cause, reason, now_ns)
        self._tell(self._accounts.missed(slots, cause, now_ns), step_ns)

    def flush(self, step_ns: int = 0) -> None:
        """See `Accounts.flush`."""
        self._tell(self._accounts.flush(), step_ns)

    def tell(self) -> None:
        """Tell what is due of a range that goes on, and try again what found no room."""
        self._unsent.send()
        self._tell(self._accounts.tell(self._worker.clock.mono_ns()), 0)

    def next_tell_ns(self) -> int | None:
        """When to call `tell` again at the latest (monotonic)."""
        if self._unsent:
            return self._worker.clock.mono_ns() + _TRY_EVERY_NS
        return self._accounts.next_tell_ns()

    def _tell(self, told: list[Told], step_ns: int) -> None:
        for event in told:
            clock = self._worker.clock
            self._unsent.put(event, clock.wall_ns() - step_ns, clock.mono_ns())

    def _offer(self, told: Told, wall_ns: int, mono_ns: int) -> bool:
        topic = "frame.written" if isinstance(told, FrameWritten) else "frame.missed"
        return self._worker.offer(topic, told, wall_ns, mono_ns)
