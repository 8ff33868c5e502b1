"""The slot that the camera thread is asked for, and who gets to answer it.

Owns: a place for one request between the main thread and the camera thread. Does not own: either thread.
Invariant: a request is answered once: by the camera thread with a frame, or by the main thread, which gives it up when
no frame came in time; whoever claims it first.
"""

from __future__ import annotations

import threading

from msgspec import Struct


class Request(Struct, frozen=True):
    """A slot to take a frame for: its wall time, and the same moment on the monotonic clock."""

    slot_ns: int
    slot_mono_ns: int


class RequestPlace:
    """Holds at most one request."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._request: Request | None = None

    def ask(self, request: Request) -> bool:
        """Main thread: ask for a slot; False where the one before has not been answered."""
        with self._changed:
            if self._request is not None:
                return False
            self._request = request
            self._changed.notify()
            return True

    def open_request(self) -> Request | None:
        """The request that nobody has answered, if any."""
        return self._request

    def claim(self, request: Request) -> bool:
        """Take on the answer to `request`; False where the other side already has."""
        with self._changed:
            if self._request is not request:
                return False
            self._request = None
            return True

    def wait(self, timeout_s: float) -> Request | None:
        """Camera thread: block until there is a request, for at most `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._request is not None, timeout_s)
            return self._request
