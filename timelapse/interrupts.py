"""Ctrl-C, SIGTERM and SIGHUP as something to read, for as long as a verb has something to clean up.

Owns: those signals meanwhile. Does not own: what they bring about.
Invariant: within the block they interrupt nothing, however many come; behind it they are as before. One that was
ignored stays ignored: `nohup` means it.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READ_BYTES = 4096


class Interrupts:
    """A context, for the main thread. `fd` is readable when a signal has come."""

    def __enter__(self) -> Self:
        self.fd, self._sender = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup_before = signal.set_wakeup_fd(self._sender, warn_on_full_buffer=False)
        heard = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, _do_nothing) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._sender)
        os.close(self.fd)

    def taken(self) -> int:
        """How many have come since the last call. Never blocks."""
        try:
            return sum(number in _NUMBERS for number in os.read(self.fd, _READ_BYTES))
        except BlockingIOError:
            return 0


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Python wants a handler, or the signal would end the process; the wake-up descriptor does the work."""
