"""Connections that give up at a moment, and not only after a silence.

Owns: http.client's connections with a deadline on what they read. Does not own: what is asked and what comes.
Invariant: a camera that always sends a little, and never enough, is given up in time. The time-out of a plain socket
begins anew with each byte.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any

_LEAST_S = 0.001
"""A time-out of nothing would mean not to wait at all, and something else than a time-out when nothing is there."""


class Deadline:
    """For all connections of one camera. `until_s` is on time.monotonic's scale; `silence_s` may pass at most.

    `connection` is the last one where it is plain TCP.
    """

    def __init__(self, silence_s: float) -> None:
        self.silence_s = silence_s
        self.connection: socket.socket | None = None
        self.until_s = time.monotonic()

    @property
    def left_s(self) -> float:
        """How long the next packet may take."""
        return max(_LEAST_S, min(self.silence_s, self.until_s - time.monotonic()))


class _TimedSocket(socket.socket):
    deadline: Deadline

    def recv_into(self, *arguments: Any) -> int:
        """See `socket.recv_into`. Raises TimeoutError at the deadline."""
        self.settimeout(self.deadline.left_s)
        return super().recv_into(*arguments)


class _TimedTlsSocket(ssl.SSLSocket):
    deadline: Deadline

    def recv_into(self, *arguments: Any) -> int:
        """See `socket.recv_into`. Raises TimeoutError at the deadline."""
        self.settimeout(self.deadline.left_s)
        return super().recv_into(*arguments)


class TimedConnection(http.client.HTTPConnection):
    """An HTTPConnection whose answers are read by `deadline`."""

    def __init__(self, deadline: Deadline, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._deadline = deadline

    def connect(self) -> None:
        """See `HTTPConnection.connect`."""
        super().connect()
        timed = _TimedSocket(fileno=self.sock.detach())
        timed.deadline = self._deadline
        timed.settimeout(self._deadline.left_s)
        self.sock = self._deadline.connection = timed


class TimedTlsConnection(http.client.HTTPSConnection):
    """An HTTPSConnection whose answers are read by `deadline`. `context` is `tls_context`'s."""

    def __init__(self, deadline: Deadline, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._deadline = deadline

    def connect(self) -> None:
        """See `HTTPSConnection.connect`."""
        super().connect()
        assert isinstance(self.sock, _TimedTlsSocket), "the context makes it"
        self.sock.deadline = self._deadline
        self._deadline.connection = None


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """A context for `TimedTlsConnection`, which takes any certificate where `verify` is False.

    Reads the machine's certificates: 20 ms and some megabytes.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = _TimedTlsSocket
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
