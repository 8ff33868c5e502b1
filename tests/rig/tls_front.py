"""TLS in front of a plain server on 127.0.0.1, as an RTSP camera with rtsps has it.

Owns: one listening socket, handshakes, and the bytes on their way. Does not own: certificates (`http_cameras`), what
the bytes mean.
Invariant: nothing is lost or reordered; every socket is closed with the `with` block.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class TlsFront:
    """Forwards to 127.0.0.1:`to_port` what comes over TLS. A context manager."""

    def __init__(self, to_port: int, context: ssl.SSLContext) -> None:
        self._to_port, self._context = to_port, context
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.forwarded = 0
        """How many clients were content with the certificate."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):  # it may have ended by itself
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            client.close()
            return
        self._sockets += (secure, server)
        self.forwarded += 1
        with contextlib.suppress(OSError, ValueError):  # one side has gone; closing tells the other one
            _forward(secure, server)
        for each in (secure, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _forward(secure: ssl.SSLSocket, server: socket.socket) -> None:
    """Both ways in one thread: a TLS connection is not for two at a time."""
    while True:
        ready = select.select([secure, server], [], [])[0]
        if secure in ready:
            chunk = secure.recv(_CHUNK)
            while secure.pending():
                chunk += secure.recv(_CHUNK)
            if not chunk:
                return
            server.sendall(chunk)
        if server in ready:
            if not (chunk := server.recv(_CHUNK)):
                return
            secure.sendall(chunk)
