"""A server on 127.0.0.1 that says what it is told to, byte by byte: for cameras that are there, but not well.

Owns: accepting connections and saying the script to each. Does not own: the script.
Invariant: it reads nothing, and hangs up on nobody before its end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

Script = Callable[[threading.Event], Iterator[bytes]]
"""Gives the bytes to send, waiting on the event between them where it wants to; the event is the end."""


class ScriptedCamera:
    """The server, as a context manager."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._ended = threading.Event()
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/stream"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._ended.set()
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):  # it may have ended by itself
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._say, args=(connection,), daemon=True).start()

    def _say(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client has gone
            for part in self._script(self._ended):
                connection.sendall(part)
