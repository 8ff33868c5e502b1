"""Saying what one will be doing, and until when: the worker's half of knowing a hang.

Owns: declaring leases for the threads of a worker. Does not own: judging them (`supervisor.leases`).
Invariant: the thread that does the work declares its own lease, before the step; no other thread ever does it for it,
since a second thread goes on beating while the first is stuck in a C call.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.clock import NS_PER_S, Clock
from shared.messages import Lease
from shared.worker_identity import Identity

RENEW_EVERY_S = 1.0
"""What is renewed thirty times a second needs not be said thirty times. Its durations must have this as slack."""
SLACK_S = 1.0
"""What `sleep until ...` allows a thread to be late by before it counts as hung."""


class LeaseHolder:
    """One thread's lease. Made in that thread, and used in no other."""

    def __init__(self, identity: Identity, thread: str, clock: Clock, send: Callable[[Lease], None]) -> None:
        self._identity = identity
        self._thread = thread
        self._clock = clock
        self._send = send
        self._operation = ""
        self._declared_ns = 0
        self._deadline_ns: int | None = None

    def declare(self, operation: str, duration_s: float) -> None:
        """From now on this thread does `operation`, and will declare again within `duration_s`. Never blocks."""
        now_ns = self._clock.mono_ns()
        self._declare(operation, now_ns, now_ns + int(duration_s * NS_PER_S))

    def renew(self, operation: str, duration_s: float) -> None:
        """Declare the same operation again; says nothing when it was said less than a second ago."""
        now_ns = self._clock.mono_ns()
        if operation != self._operation or now_ns - self._declared_ns >= RENEW_EVERY_S * NS_PER_S:
            self._declare(operation, now_ns, now_ns + int(duration_s * NS_PER_S))

    def sleep(self, duration_s: float) -> None:
        """From now on this thread waits for at most `duration_s`, of which it may be late by a second.

        Says nothing where it said of a longer wait that is not over yet.
        """
        now_ns = self._clock.mono_ns()
        deadline_ns = now_ns + int((duration_s + SLACK_S) * NS_PER_S)
        if self._operation != "sleep" or self._deadline_ns is None or deadline_ns > self._deadline_ns:
            self._declare("sleep", now_ns, deadline_ns)

    def release(self) -> None:
        """This thread has nothing more to do and ends."""
        self._declare("ended", self._clock.mono_ns(), None)

    def _declare(self, operation: str, now_ns: int, deadline_ns: int | None) -> None:
        self._operation, self._declared_ns, self._deadline_ns = operation, now_ns, deadline_ns
        self._send(
            Lease(
                worker=self._identity.worker,
                incarnation=self._identity.incarnation,
                pid=self._identity.pid,
                thread=self._thread,
                operation=operation,
                declared_mono_ns=now_ns,
                deadline_mono_ns=deadline_ns,
            )
        )
