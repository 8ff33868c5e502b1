"""A TCP connection to a camera that may come back at any moment.

Owns: asking anew while nothing answers. Does not own: what is said on the connection, and in which words a failure is
told (`reach`).
Invariant: at most one connection comes of it; whatever else was begun is closed.

The kernel repeats an unanswered question only after 1 s, then 3 s: a camera that comes back in between would be heard
that much later. So there is a new question ten times a second beside those that wait.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from contextlib import ExitStack
from typing import Any

EVERY_S = 0.1


def dial(host: str, port: int, timeout_s: float) -> socket.socket:
    """A connection with that time-out. Blocks for so long for each of the host's addresses, and for looking it up.

    Raises OSError: what the last of the addresses said, TimeoutError where it said nothing; or UnicodeError.
    """
    failure: OSError | None = None
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            return _dial(family, address, timeout_s)
        except OSError as error:
            failure = error
    raise failure or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def _dial(family: int, address: tuple[Any, ...], timeout_s: float) -> socket.socket:
    until_s = time.monotonic() + timeout_s
    waiting = select.poll()
    with ExitStack() as begun:
        asked: dict[int, socket.socket] = {}
        while (left_s := until_s - time.monotonic()) > 0:
            question = begun.enter_context(socket.socket(family, socket.SOCK_STREAM))
            question.setblocking(False)
            _check(question.connect_ex(address))
            asked[question.fileno()] = question
            waiting.register(question, select.POLLOUT)
            for number, _ in waiting.poll(min(EVERY_S, left_s) * 1000):
                _check(asked[number].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
                connection = asked[number].dup()
                connection.settimeout(timeout_s)
                return connection
    raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def _check(code: int) -> None:
    if code not in {0, errno.EINPROGRESS}:
        raise OSError(code, os.strerror(code))
