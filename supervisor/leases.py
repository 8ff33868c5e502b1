"""Judging leases: who hangs.

Owns: the newest lease of each thread of each live worker, their caps, and which of them have run out.
Does not own: receiving them, or what follows (`supervisor.policy`).
Invariant: pure: no clock, no I/O. A lease that runs out is a hang, but time for which the supervisor itself stood
still is taken off, since the worker may have stood still with it; and no lease is judged by the first look that finds
it run out, since its renewal may be on its way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from shared.clock import NS_PER_MS, NS_PER_S
from shared.messages import Lease

CONFIRM_NS = 5 * NS_PER_MS
"""From the socket's arrival to the queue takes libzmq some 0.1 ms; after the process was stopped somewhat longer."""
CAP_OTHERWISE_S = 60.0
"""For an operation that the configuration does not name."""
_STALLS = 16


class Held(Struct, frozen=True):
    """A lease in force. `deadline_ns` has the cap and the supervisor's own lateness in it."""

    worker: str
    thread: str
    operation: str
    declared_ns: int
    deadline_ns: int


class LeaseBook:
    """The leases in force. A worker has one for each of its threads, from its start to its proven end."""

    def __init__(self, caps_s: Mapping[str, float]) -> None:
        self.caps_s = caps_s
        self._held: dict[tuple[str, str], Held] = {}
        self._suspected: dict[tuple[str, str], tuple[Held, int]] = {}
        self._stalls: deque[tuple[int, int]] = deque(maxlen=_STALLS)

    def begin(self, worker: str, now_ns: int, duration_s: float) -> None:
        """A worker was spawned: it has `duration_s` until its main thread declares a lease of its own."""
        self.forget(worker)
        self._held[worker, "main"] = Held(worker, "main", "start", now_ns, now_ns + int(duration_s * NS_PER_S))

    def observe(self, lease: Lease, now_ns: int) -> None:
        """A thread declared. A deadline beyond the operation's cap counts as the cap: a bug can't declare infinity.

        Nor can it by the time of the declaration, which is never after `now_ns`.
        """
        key = lease.worker, lease.thread
        if lease.deadline_mono_ns is None:
            self._held.pop(key, None)
            return
        cap_ns = int(self.caps_s.get(lease.operation, CAP_OTHERWISE_S) * NS_PER_S)
        declared_ns = min(lease.declared_mono_ns, now_ns)
        deadline_ns = min(lease.deadline_mono_ns, declared_ns + cap_ns)
        # Declared before a stall and read after it: it was in force while everything stood still.
        deadline_ns += sum(late_ns for ended_ns, late_ns in self._stalls if declared_ns < ended_ns)
        self._held[key] = Held(lease.worker, lease.thread, lease.operation, declared_ns, deadline_ns)

    def forget(self, worker: str) -> None:
        """The worker is dead or being killed; its leases mean nothing any more."""
        self._held = {key: held for key, held in self._held.items() if held.worker != worker}

    def allow(self, late_ns: int, now_ns: int) -> None:
        """The supervisor stood still for this long until now: every lease declared before now is extended by it."""
        self._held = {key: replace(held, deadline_ns=held.deadline_ns + late_ns) for key, held in self._held.items()}
        self._stalls.append((now_ns, late_ns))

    def of(self, worker: str) -> dict[str, Held]:
        """The leases of one worker, by thread."""
        return {held.thread: held for held in self._held.values() if held.worker == worker}

    def next_deadline_ns(self) -> int | None:
        """When the next one runs out."""
        return min((held.deadline_ns for held in self._held.values()), default=None)

    def next_look_ns(self) -> int | None:
        """When `hung` may have something new to say."""
        looks = [since_ns + CONFIRM_NS for _, since_ns in self._suspected.values()]
        looks += [held.deadline_ns for key, held in self._held.items() if key not in self._suspected]
        return min(looks, default=None)

    def hung(self, now_ns: int) -> list[Held]:
        """Those that have run out and were still not renewed at a second look, at most one for each worker."""
        before, self._suspected = self._suspected, {}
        for held in self.expired(now_ns):
            suspected, since_ns = before.get((held.worker, held.thread), (None, 0))
            self._suspected[held.worker, held.thread] = (held, since_ns if suspected == held else now_ns)
        return [held for held, since_ns in self._suspected.values() if now_ns - since_ns >= CONFIRM_NS]

    def expired(self, now_ns: int) -> list[Held]:
        """Those that have run out, the longest ago first: at most one for each worker."""
        first: dict[str, Held] = {}
        for held in sorted(self._held.values(), key=lambda held: held.deadline_ns):
            if held.deadline_ns <= now_ns:
                first.setdefault(held.worker, held)
        return list(first.values())
