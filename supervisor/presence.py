"""Noticing that a network camera is back: a TCP connection to the address that last answered, five times a second.

Owns: the probe of one camera. Does not own: what follows (`Happening.APPEARED`), nor local devices.
Invariant: it never blocks and never looks a name up: the address is numeric. Only the edge from absent to present
counts: a camera that answers but gives no pictures meets the delays.
"""

from __future__ import annotations

import errno
import select
import socket

from shared.clock import NS_PER_MS

PROBE_EVERY_NS = 200 * NS_PER_MS
_GIVE_UP_NS = 1000 * NS_PER_MS
"""A camera without power answers nothing at all; on a local network an answer takes milliseconds."""


def numeric_target(address: str) -> tuple[str, int] | None:
    """The host and port of "host:port" ("[host]:port" for IPv6), or None where the host is not numeric."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
    except (OSError, ValueError):
        return None
    return (host, int(port)) if port.isascii() and port.isdigit() and 0 < int(port) < 65_536 else None


class Presence:
    """The probe of one address. `due_ns` is when `look` next has something to do (monotonic).

    `absent` is what is known of the camera to begin with, and what the last probe has found since.
    """

    def __init__(self, target: tuple[str, int], now_ns: int, *, absent: bool = False) -> None:
        self._target = target
        self._socket: socket.socket | None = None
        self._begun_ns = now_ns
        self.absent = absent
        self.due_ns = now_ns

    def look(self, now_ns: int) -> bool:
        """Go on probing; True once, when the camera was absent and is there again."""
        if now_ns < self.due_ns:
            return False
        self.due_ns = now_ns + PROBE_EVERY_NS
        present = self._connect(now_ns) if self._socket is None else self._finish(now_ns)
        if present is None:
            return False
        appeared = present and self.absent
        self.absent = not present
        return appeared

    def close(self) -> None:
        """Stop probing. May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, now_ns: int) -> bool | None:
        family = socket.AF_INET6 if ":" in self._target[0] else socket.AF_INET
        self._begun_ns = now_ns
        try:
            self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            code = self._socket.connect_ex(self._target)
        except OSError:
            self.close()
            return False
        return self._judge(code, now_ns)

    def _finish(self, now_ns: int) -> bool | None:
        probe = self._socket
        if probe is None or not select.select([], [probe], [], 0)[1]:
            return self._judge(errno.EINPROGRESS, now_ns)
        return self._judge(probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), now_ns)

    def _judge(self, code: int, now_ns: int) -> bool | None:
        if code == errno.EINPROGRESS and now_ns - self._begun_ns < _GIVE_UP_NS:
            return None
        self.close()
        return code == 0
