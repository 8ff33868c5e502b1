"""Accounts on their way to the supervisor, which may not read for a while.

Owns: the accounts that found no room in the socket, in order. Does not own: what is told, nor the socket.
Invariant: each account is sent once, after all those before it: what comes later says that everything before it is
accounted for. Nothing is dropped; misses that continue each other are joined, so that only frames take memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from capture_worker.accounts import Told, continues
from shared.events import FrameMissed

Offer = Callable[[Told, int, int], bool]
"""Sends an account with the moment (wall_ns, mono_ns) at which it was told, or answers False."""


class _Account(Struct, frozen=True):
    told: Told
    wall_ns: int
    mono_ns: int


class Unsent:
    """The accounts of one camera. Main thread only."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._waiting: deque[_Account] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, told: Told, wall_ns: int, mono_ns: int) -> None:
        """Send it, or as soon as there is room and everything before it has gone."""
        self.send()
        last = self._waiting[-1].told if self._waiting else None
        if isinstance(told, FrameMissed) and isinstance(last, FrameMissed) and continues(last, told):
            self._waiting.pop()
            told = replace(last, last_slot_ns=told.last_slot_ns, count=last.count + told.count)
        self._waiting.append(_Account(told, wall_ns, mono_ns))
        self.send()

    def send(self) -> None:
        """Send what there is room for. Never blocks."""
        while self._waiting:
            account = self._waiting[0]
            if not self._offer(account.told, account.wall_ns, account.mono_ns):
                return
            self._waiting.popleft()
