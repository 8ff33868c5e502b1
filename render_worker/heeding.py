"""Hearing what a render is told meanwhile: to stand still, to go on, to end.

Owns: the standard input and the signals, on a thread of its own. Does not own: what they bring about
(`render_worker.course`).
Invariant: a render that was told to end does, at the latest some seconds later, whatever it is stuck in, and leaves no
unfinished file; but for one that is stuck in the kernel.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading

import msgspec

from render_worker.course import CancelledError, Course
from render_worker.telling import Order
from shared.signals import SignalQueue

_READ_BYTES = 65_536
_LAST_S = 15.0
"""What the main thread may take to end after it was told to; a disk that is flushed holds it up for some seconds."""


class Heeder:
    """`first_line` is what is to be rendered; from `start` on, orders are heard until the process ends."""

    def __init__(self, fd: int, signals: SignalQueue, course: Course) -> None:
        self._fd = fd
        self._signals = signals
        self._course = course
        self._rest = b""
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)
        self._poll.register(signals.fd, select.POLLIN)

    def first_line(self) -> bytes:
        """Blocks for it. Raises `CancelledError` where none comes."""
        while b"\n" not in self._rest:
            if self._is_to_end():
                raise CancelledError("nobody said what to render")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def start(self) -> None:
        """Hear orders from now on, beside the thread that calls this."""
        threading.Thread(target=self._run, name="orders", daemon=True).start()

    def _run(self) -> None:
        self._heed()
        while not self._is_to_end():
            self._heed()
        self._course.cancel()
        # Nothing more is waited for on this thread but that the process ends, which ends it too.
        threading.Event().wait(_LAST_S)
        self._course.abandon()
        os._exit(CancelledError.status)

    def _heed(self) -> None:
        *orders, self._rest = self._rest.split(b"\n")
        for order in orders:
            with contextlib.suppress(msgspec.DecodeError):
                self._course.pause(msgspec.json.decode(order, type=Order).pause)

    def _is_to_end(self) -> bool:
        """Blocks until something was said. Who asked for the render has gone where the input has ended."""
        for fd, _ in self._poll.poll():
            if fd == self._signals.fd:
                if {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} & set(self._signals.taken()):
                    return True
            elif data := os.read(self._fd, _READ_BYTES):
                self._rest += data
            else:
                return True
        return False
