"""The log: lines on standard error, which never hold anybody up; where the journal reads them, entries with fields.

Owns: the format, a stream that drops what can't be written at once, and which of the two it is.
Does not own: the journal's protocol (`shared.journal`).
Invariant: writing a line never blocks, however long the terminal is paused or the pipe unread; what was dropped is
counted and said.
"""

from __future__ import annotations

import io
import logging
import os
import select
import stat
import sys
from typing import TYPE_CHECKING, TextIO

from shared.journal_stream import is_journals

if TYPE_CHECKING:
    import socket

JOURNAL_PATH = "/run/systemd/journal/socket"
_NEWLINE = ord("\n")


class NonBlockingStream(io.TextIOBase):
    """Text to a descriptor of its own that never blocks.

    The descriptor is opened anew through /proc, so that O_NONBLOCK is not shared with the shell's terminal. A socket
    (journald's) can't be opened so; it is written with MSG_DONTWAIT instead. Nor can somebody else's terminal (after
    `su`): there each piece is written only where there is room for it.
    """

    def __init__(self, fd: int) -> None:
        self.dropped = 0
        self._torn = False
        self._fd = fd
        self._socket: socket.socket | None = None
        self._dont_wait = 0
        self._room: select.poll | None = None
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            import socket  # noqa: PLC0415 - half a megabyte that only journald's socket is worth

            self._socket, self._dont_wait = socket.socket(fileno=os.dup(fd)), socket.MSG_DONTWAIT
            return
        try:
            self._fd = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self._room = select.poll()
            self._room.register(fd, select.POLLOUT)

    def write(self, text: str) -> int:
        """Write all of `text` or as much as there is room for; one that is cut off counts as dropped."""
        said = f"({self.dropped} lines of log were dropped)\n" if self.dropped else ""
        # Whatever follows a line that was cut off must not be taken for its end.
        head = ("\n" + said if self._torn else said).encode()
        data = head + text.encode("utf-8", "replace")
        try:
            sent = self._send(data)
        except OSError:
            sent = 0
        if sent == len(data):
            self.dropped, self._torn = 0, False
        else:
            self.dropped = 1 + (self.dropped if sent < len(head) else 0)
            self._torn = data[sent - 1] != _NEWLINE if sent else self._torn
        return len(text)

    def _send(self, data: bytes) -> int:
        if self._socket is not None:
            return self._socket.send(data, self._dont_wait)
        if self._room is None:
            return os.write(self._fd, data)
        # Room means room for a page, which a pipe takes whole.
        return os.write(self._fd, data[: select.PIPE_BUF]) if self._room.poll(0) else 0


def to_stderr(name: str, level: int = logging.INFO, *, journal_path: str = JOURNAL_PATH) -> None:
    """Send the log of this process to standard error, each line with `name` (the worker). Call it once.

    Where standard error is the journal's own stream, each line goes to the journal's socket instead.
    """
    fd = sys.stderr.fileno()
    stream = NonBlockingStream(fd)
    handler = _journal(name, stream, journal_path) if is_journals(fd) else _lines(name, stream)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _lines(name: str, stream: NonBlockingStream) -> logging.Handler:
    text: TextIO = stream  # type: ignore[assignment]  # all that logging uses of it
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter(f"%(asctime)s {name} %(levelname)s: %(message)s"))
    return handler


def _journal(name: str, stream: NonBlockingStream, path: str) -> logging.Handler:
    from shared.journal import JournalHandler  # noqa: PLC0415 - it loads the socket's library

    return JournalHandler(name, stream, path)
