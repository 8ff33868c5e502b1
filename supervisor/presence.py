"""Noticing that a network camera is back: a TCP connection to the address that last answered, five times a second.

Owns: the probe of one camera. Does not own: what follows (`Happening.APPEARED`), nor local devices.
Invariant: it never blocks and never looks a name up: the address is numeric. Only the edge from absent to present
counts: a camera that answers but gives no pictures meets the delays.

A camera without power answers nothing, and the kernel repeats an unanswered question only after 1 s, then 3 s. So each
question is a new one, beside those that wait. Absent is who refuses, who does not answer for a second, and who answers
a later question while one that was asked well before it still waits, or was answered no sooner.
"""

from __future__ import annotations

import errno
import select
import socket
from typing import NamedTuple

from shared.clock import NS_PER_MS

PROBE_EVERY_NS = 200 * NS_PER_MS
CALM_EVERY_NS = 1000 * NS_PER_MS
"""A camera that is there, and is not recorded for another reason, need not be asked five times a second for days."""
_CALM_ANSWERS = 10
_SOON_NS = 20 * NS_PER_MS
"""On a local network an answer is there by then."""
_GIVE_UP_NS = 1000 * NS_PER_MS
_REPEATED_NS = 900 * NS_PER_MS
"""What has waited for so long is answered because the kernel asked again."""
_OVERTAKEN_NS = 350 * NS_PER_MS
"""By so much must a later question be quicker: two in a row were lost. One alone may be lost at any time."""
_FIRST_OVERTAKEN_NS = 150 * NS_PER_MS
"""The same as long as nothing has been answered: its worker has just given it up, so one lost question says enough."""


class _Question(NamedTuple):
    asked_ns: int
    connection: socket.socket


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
        self._waiting: list[_Question] = []
        self._overtaken_ns = _FIRST_OVERTAKEN_NS
        self._next_ns = now_ns
        self._answers = 0
        self.absent = absent
        self.due_ns = now_ns

    def look(self, now_ns: int) -> bool:
        """Go on probing; True once, when the camera was absent and is there again."""
        if now_ns < self.due_ns:
            return False
        appeared = self._judge(now_ns)
        if self._waiting:
            self._answers, self._next_ns = 0, min(self._next_ns, now_ns + PROBE_EVERY_NS)
        self.due_ns = self._next_ns
        if now_ns >= self._next_ns:
            self._ask(now_ns)
            appeared = self._judge(now_ns) or appeared
            self._next_ns = now_ns + (CALM_EVERY_NS if self._answers >= _CALM_ANSWERS else PROBE_EVERY_NS)
            self.due_ns = now_ns + _SOON_NS if self._waiting else self._next_ns
        return appeared

    def close(self) -> None:
        """Stop probing. May be called twice."""
        for question in self._waiting:
            question.connection.close()
        self._waiting = []

    def _ask(self, now_ns: int) -> None:
        family = socket.AF_INET6 if ":" in self._target[0] else socket.AF_INET
        try:
            connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            self._waiting.append(_Question(now_ns, connection))
            code = connection.connect_ex(self._target)
        except OSError as error:
            code = error.errno or errno.EIO
        if code not in {0, errno.EINPROGRESS}:
            self.absent, self._answers = True, 0
            self.close()

    def _judge(self, now_ns: int) -> bool:
        """What has come of the questions that wait; whether the camera has appeared."""
        longest_ns = max((now_ns - each.asked_ns for each in self._waiting), default=0)
        answered = {each: _answer(each.connection) for each in self._waiting}
        taken_ns = [now_ns - each.asked_ns for each, code in answered.items() if code == 0]
        if taken_ns:
            was_lost = longest_ns >= min(_REPEATED_NS, min(taken_ns) + self._overtaken_ns)
            appeared = self.absent or was_lost
            self.absent, self._overtaken_ns = False, _OVERTAKEN_NS
            self._answers += 1
            self.close()
            return appeared
        over = {each for each, code in answered.items() if code is not None or now_ns - each.asked_ns >= _GIVE_UP_NS}
        self.absent = self.absent or bool(over)
        if self.absent:
            self._answers = 0
        for each in over:
            each.connection.close()
        self._waiting = [each for each in self._waiting if each not in over]
        return False


def _answer(connection: socket.socket) -> int | None:
    """0 where there is a connection, else why there is none; None as long as it is not known."""
    # Not select(), which takes no descriptor above 1023: many may listen to the events.
    asked = select.poll()
    asked.register(connection, select.POLLOUT)
    if not asked.poll(0):
        return None
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
