"""How the camera and writer threads hand things to the main thread, which waits on descriptors.

Owns: a queue with a descriptor that is readable while something is in it. Does not own: what goes through it.
Invariant: putting never blocks; what was put is taken exactly once, in order. The descriptor lives as long as it.
"""

from __future__ import annotations

import os
import weakref
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Many threads put, one takes."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[T] = SimpleQueue()
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # Not at the interpreter's end, when a thread may still put something.
        weakref.finalize(self, os.close, self.fd).atexit = False

    def put(self, item: T) -> None:
        """Hand `item` over and wake the one who waits."""
        self._queue.put(item)
        os.eventfd_write(self.fd, 1)

    def taken(self) -> list[T]:
        """All that has been put since. Never blocks."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return []
        items = []
        while True:
            try:
                items.append(self._queue.get_nowait())
            except Empty:
                return items
