"""Telling systemd how the supervisor stands: the sd_notify protocol, a datagram of a few words.

Owns: the words, which of them must arrive, and when the watchdog is fed. Does not own: what NOTIFY_SOCKET means
(`supervisor.notify_socket`), the line of STATUS (`supervisor.service_line`), nor when something has happened
(`supervisor.loop`).
Invariant: nothing here blocks, and nothing that systemd does or leaves undone raises. What changes the unit's state is
sent again until it was taken, in order; WATCHDOG=1 follows from a turn of the loop that came through, and from nothing
else.

Healthy, for the watchdog, means exactly that: this process takes its turns, so that signals, messages, ends of workers,
leases and timers are looked at. Whether workers can be spawned, cameras are there or the disk answers is no part of
it: a new supervisor would find them the same, and its start would end the workers that do record.

By hand rather than by a library: sdnotify waits where systemd does not read, and systemd-python is an extension that
is compiled on each board. Neither knows what must be sent again; what is left beside that is one `sendto`.
"""

from __future__ import annotations

from collections import deque

from shared.clock import NS_PER_MS, NS_PER_S, NS_PER_US
from supervisor.notify_socket import NotifySocket, Service

_AGAIN_NS = NS_PER_S
"""After so long it is tried again, where systemd did not take something."""
_SHORTEST_FEED_NS = 50 * NS_PER_MS
"""A watchdog that wants more is a mistake, and must not become a busy loop."""
_MOST_OWED = 16


class Notifier:
    """What the loop has to say to systemd; where nobody listens, nothing. `now_ns` is monotonic."""

    def __init__(self, service: Service | None = None) -> None:
        service = service or Service()
        self._socket = NotifySocket(service.address)
        self._owed: deque[str] = deque(maxlen=_MOST_OWED)
        self._again_ns = 0
        self._said = ""
        self._feed_every_ns = max(_SHORTEST_FEED_NS, service.watchdog_ns // 2)
        # Due at once: READY=1 is what starts systemd's clock.
        self._feed_due_ns = 0 if service.watchdog_ns and self.listens else None

    @property
    def listens(self) -> bool:
        """Whether there is somebody to tell."""
        return self._socket.is_open

    def ready(self) -> None:
        """The bus is up and the workers were started; or a reload has ended, whatever came of it."""
        self._owe("READY=1")

    def reloading(self, now_ns: int) -> None:
        """A reload begins: said after what asked for it, or systemd does not take it for the answer."""
        self._owe(f"RELOADING=1\nMONOTONIC_USEC={now_ns // NS_PER_US}")

    def stopping(self, line: str) -> None:
        """The shutdown has begun; `line` as for `status`."""
        self._said = line
        self._owe(f"STOPPING=1\nSTATUS={line}")

    def status(self, line: str) -> None:
        """The line that `systemctl status` shows; sent where it is another one than was taken last."""
        if line != self._said and self._socket.send(f"STATUS={' '.join(line.split())}"):
            self._said = line

    def turned(self, now_ns: int) -> None:
        """A turn of the loop has come through."""
        if self._owed and now_ns >= self._again_ns:
            self._pay()
            self._again_ns = now_ns + _AGAIN_NS
        if self._feed_due_ns is not None and now_ns >= self._feed_due_ns:
            taken = self._socket.send("WATCHDOG=1")
            self._feed_due_ns = now_ns + (self._feed_every_ns if taken else min(_AGAIN_NS, self._feed_every_ns))

    def due_ns(self) -> int | None:
        """When a turn is due for this alone."""
        if not self._owed:
            return self._feed_due_ns
        return self._again_ns if self._feed_due_ns is None else min(self._again_ns, self._feed_due_ns)

    def close(self) -> None:
        """Let go of the socket. May be called twice; nothing is said any more."""
        self._owed.clear()
        self._feed_due_ns = None
        self._socket.close()

    def _owe(self, words: str) -> None:
        if self.listens:
            self._owed.append(words)
            self._pay()

    def _pay(self) -> None:
        while self._owed and self._socket.send(self._owed[0]):
            self._owed.popleft()
