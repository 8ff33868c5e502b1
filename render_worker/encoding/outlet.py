"""The writing end of a pipe that is never waited for.

Owns: the descriptor, and what is still to be written. Does not own: when to write, or who reads.
Invariant: nothing is copied, nothing is written out of order, and no call blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections import deque

_PIPE_BYTES = 1 << 20
"""The most that anybody may ask for; a picture of 1080p fits, and is handed over at once."""


class Outlet:
    """`waiting` is how many bytes are not written yet."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.waiting = 0
        self._pieces: deque[memoryview] = deque()
        os.set_blocking(fd, False)
        # Refused where this user has too many large pipes already; then it is as large as it was.
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def put(self, data: bytes) -> None:
        """Write this after all that was put before. Never blocks."""
        if data:
            self._pieces.append(memoryview(data))
            self.waiting += len(data)

    def push(self) -> int:
        """Write what has room; how many bytes. Raises `BrokenPipeError` where nobody reads any more."""
        written = 0
        while self._pieces:
            try:
                count = os.write(self.fd, self._pieces[0])
            except BlockingIOError:
                break
            written += count
            rest = self._pieces.popleft()[count:]
            if rest:
                self._pieces.appendleft(rest)
        self.waiting -= written
        return written

    def close(self) -> None:
        """Nobody writes any more; what was waiting is lost. May be called again."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
        self._pieces.clear()
        self.waiting = 0
