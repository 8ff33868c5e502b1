"""A network that can stop delivering: a TCP proxy on 127.0.0.1 that holds back what comes, and then lets all of it go.

Owns: one listening socket and the bytes on their way.
Does not own: what they mean.
Invariant: nothing is lost or reordered; towards the server nothing is ever held back.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class TcpHold:
    """Forwards to 127.0.0.1:`to_port`. A context manager."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._flowing = threading.Event()
        self._flowing.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._flowing.set()
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):  # it may have ended by itself
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def hold(self) -> None:
        """Deliver nothing more to the client until `release`."""
        self._flowing.clear()

    def release(self) -> None:
        """Deliver what was held back, and everything from now on."""
        self._flowing.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                return
            self._sockets += (client, server)
            threading.Thread(target=self._forward, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, self._flowing), daemon=True).start()

    @staticmethod
    def _forward(source: socket.socket, sink: socket.socket, gate: threading.Event | None) -> None:
        try:
            while chunk := source.recv(_CHUNK):
                if gate is not None:
                    gate.wait()
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return  # one side has gone; the other one hears of it from its own reads
