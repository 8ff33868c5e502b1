"""Where systemd listens, as the environment says it, and one datagram to there.

Owns: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and the socket. Does not own: what is said (`supervisor.notify`).
Invariant: what was read is taken out of the environment, so that no worker, and nothing that a worker starts, speaks
for the service or believes that it is watched. Sending neither blocks nor raises.
"""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.clock import NS_PER_US

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)


class Service(Struct, frozen=True):
    """What systemd wants of this process.

    `address` is empty where it wants to hear nothing, `watchdog_ns` 0 where it does not watch.
    """

    address: str = ""
    watchdog_ns: int = 0


def taken_from(environment: MutableMapping[str, str], pid: int) -> Service:
    """What the environment of process `pid` says, and does not say any more afterwards. Raises nothing."""
    address = environment.pop("NOTIFY_SOCKET", "")
    watchdog_us = environment.pop("WATCHDOG_USEC", "")
    # Of another process, say of the shell that started us, it is none of our business.
    is_ours = environment.pop("WATCHDOG_PID", str(pid)) == str(pid)
    is_number = watchdog_us.isascii() and watchdog_us.isdecimal() and len(watchdog_us) <= len(str(1 << 64))
    return Service(address, int(watchdog_us) * NS_PER_US if is_ours and is_number else 0)


class NotifySocket:
    """One end of a datagram socket; of none where `address` is empty, or is none that we know."""

    def __init__(self, address: str) -> None:
        self._address = _encoded(address)
        self._socket: socket.socket | None = None
        self._complained = False
        if self._address:
            self._open()
        elif address:
            log.warning("NOTIFY_SOCKET=%s is neither a path nor an abstract name: systemd is told nothing", address)

    @property
    def is_open(self) -> bool:
        """Whether anything can be sent at all."""
        return self._socket is not None

    def send(self, words: str) -> bool:
        """Send it, by path, since another systemd may have made the socket anew; whether it was taken."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(words.encode("utf-8", "replace"), self._address)
        except BlockingIOError:
            return False  # it has not read for long, and has enough to read
        except OSError as error:
            if not self._complained:
                self._complained = True
                log.warning(
                    "systemd can't be told how it goes: %s; it is tried again and again", error.strerror or error
                )
            return False
        self._complained = False
        return True

    def close(self) -> None:
        """May be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> None:
        import socket  # noqa: PLC0415 - not where nobody listens; beside the journal's socket it costs nothing more

        try:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
        except OSError as error:
            log.warning("systemd can't be told how it goes: %s", error.strerror)


def _encoded(address: str) -> bytes:
    """As the kernel takes it: a path, or an abstract name after a zero byte; empty for anything else (`vsock:...`)."""
    if len(address) < 2 or address[0] not in "/@":
        return b""
    encoded = os.fsencode(address)
    return b"\0" + encoded[1:] if address[0] == "@" else encoded
