"""Signals as something to read.

Owns: the wake-up descriptor. Does not own: what a signal means.
Invariant: a handler does nothing at all, so that there is nothing that it could interrupt.
"""

from __future__ import annotations

import signal
import socket


class SignalQueue:
    """SIGTERM, SIGINT and SIGHUP as bytes to read: the handlers themselves do nothing at all."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _do_nothing)

    @property
    def fd(self) -> int:
        """Readable when a signal has come."""
        return self._receiver.fileno()

    def taken(self) -> list[int]:
        """The signals that came since the last call, in order. Never blocks."""
        try:
            return list(self._receiver.recv(256))
        except BlockingIOError:
            return []


def _do_nothing(_number: int, _frame: object) -> None:
    """Python wants a handler, or the signal would end the process; the wake-up descriptor does the work."""
