"""A network that can stop delivering: a TCP proxy on 127.0.0.1 that holds back what comes, and then lets all of it go.

Owns: one listening socket and the bytes on their way; hanging up on everybody, and being gone for a while.
Does not own: what they mean.
Invariant: nothing is lost or reordered; towards the server nothing is ever held back.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

from tests.rig.camera_process import free_port

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)


class TcpHold:
    """Forwards to 127.0.0.1:`to_port`. A context manager."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._flowing.set()
        for each in (self._listener, *(end for pair in self._pairs for end in pair)):
            _end(each)
            each.close()

    def hold(self) -> None:
        """Deliver nothing more to the client until `release`."""
        self._flowing.clear()

    def release(self) -> None:
        """Deliver what was held back, and everything from now on."""
        self._flowing.set()

    def cut(self, *, reset: bool) -> None:
        """Hang up on everybody, with a FIN or a RST. Who comes again is served."""
        pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            if reset:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    # Ends the waiting of the thread that reads; while it waits, nothing would be closed.
                    client.shutdown(socket.SHUT_RD)
                client.close()
            _end(client)
            _end(server)

    def vanish(self) -> None:
        """Hang up on everybody, and listen no more until `come_back`."""
        _end(self._listener)
        self._listener.close()
        self.cut(reset=False)

    def come_back(self) -> None:
        """Listen again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                return
            self._pairs.append((client, server))
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


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        each.shutdown(socket.SHUT_RDWR)
