"""Signals as something to read.

Owns: the wake-up descriptor. Does not own: what a signal means.
Invariant: a handler does nothing at all, so that there is nothing that it could interrupt.
"""

from __future__ import annotations

import os
import signal


class SignalQueue:
    """SIGTERM, SIGINT and SIGHUP as bytes to read: the handlers themselves do nothing at all."""

    def __init__(self) -> None:
        receiver, sender = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # A pipe, and not a pair of sockets: what Python's `socket` module takes is half a megabyte.
        self._receiver = open(receiver, "rb", buffering=0)  # noqa: SIM115, PTH123 - a descriptor, open as long as this
        self._sender = open(sender, "wb", buffering=0)  # noqa: SIM115, PTH123 - as above
        signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _do_nothing)

    @property
    def fd(self) -> int:
        """Readable when a signal has come."""
        return self._receiver.fileno()

    def taken(self) -> list[int]:
        """The signals that came since the last call, in order. Never blocks."""
        return list(self._receiver.read(256) or b"")


def _do_nothing(_number: int, _frame: object) -> None:
    """Python wants a handler, or the signal would end the process; the wake-up descriptor does the work."""
