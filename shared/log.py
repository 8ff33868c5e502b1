"""The log: lines on standard error, which never hold anybody up.

Owns: the format, and a stream that drops what can't be written at once. Does not own: journald's fields.
Invariant: writing a line never blocks, however long the terminal is paused or the pipe unread; what was dropped is
counted and said.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import stat
import sys
from typing import TextIO


class NonBlockingStream(io.TextIOBase):
    """Text to a descriptor of its own that never blocks.

    The descriptor is opened anew through /proc, so that O_NONBLOCK is not shared with the shell's terminal. A socket
    (journald's) can't be opened so; it is written with MSG_DONTWAIT instead.
    """

    def __init__(self, fd: int) -> None:
        self.dropped = 0
        self._fd = fd
        self._socket: socket.socket | None = None
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            self._socket = socket.socket(fileno=os.dup(fd))
            return
        with contextlib.suppress(OSError):
            self._fd = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)

    def write(self, text: str) -> int:
        """Write all of `text` or as much as there is room for."""
        if self.dropped:
            text = f"({self.dropped} lines of log were dropped)\n{text}"
        try:
            self._send(text.encode("utf-8", "replace"))
        except OSError:
            self.dropped += 1
        else:
            self.dropped = 0
        return len(text)

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            os.write(self._fd, data)
        else:
            self._socket.send(data, socket.MSG_DONTWAIT)


def to_stderr(name: str, level: int = logging.INFO) -> None:
    """Send the log of this process to standard error, each line with `name` (the worker). Call it once."""
    stream: TextIO = NonBlockingStream(sys.stderr.fileno())  # type: ignore[assignment]  # all that logging uses of it
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(f"%(asctime)s {name} %(levelname)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
