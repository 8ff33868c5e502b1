"""Hearing udev: its multicast over netlink, which says when a device may be opened.

Owns: the socket, and whose word counts. Does not own: what a message means (`supervisor.uevent`), nor what follows.
Invariant: it never blocks, and only what root has sent to udev's group counts. What is heard is a reason to look, never
a fact: in another network namespace than udev's nothing is heard at all, and what did not fit into the buffer is lost.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import NamedTuple

from supervisor.uevent import parse

_NETLINK_KOBJECT_UEVENT = 15
_UDEVS_GROUP = 2
"""Group 1 is the kernel's, which speaks before the node has its mode and its links."""
_LARGEST_BYTES = 16_384
"""udev's own readers take 8 kB."""
_MOST = 200
"""Messages taken in one turn of the loop; what is left wakes it again."""
_CREDENTIALS = struct.Struct("iII")
_CREDENTIALS_BYTES = socket.CMSG_SPACE(_CREDENTIALS.size)
_ROOT = 0


class Heard(NamedTuple):
    """The properties of each message, and whether something was lost."""

    messages: list[dict[str, str]]
    is_lossy: bool


class UdevSocket:
    """Listens from the moment it is made. `fd` is for a poller. Raises OSError where netlink is denied."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, _NETLINK_KOBJECT_UEVENT)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self._socket.bind((0, _UDEVS_GROUP))
        except OSError:
            self._socket.close()
            raise
        self.fd = self._socket.fileno()

    def heard(self) -> Heard:
        """What was said since the last call. Never blocks."""
        heard, is_lossy = [], False
        for _ in range(_MOST):
            try:
                message, ancillary, flags, sender = self._socket.recvmsg(_LARGEST_BYTES, _CREDENTIALS_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                is_lossy = True
                if error.errno != errno.ENOBUFS:
                    break
                continue
            if sender[1] != _UDEVS_GROUP or _uid(ancillary) != _ROOT:
                continue
            if flags & socket.MSG_TRUNC:
                is_lossy = True
            elif (properties := parse(message)) is not None:
                heard.append(properties)
        return Heard(heard, is_lossy)

    def close(self) -> None:
        """Listen no longer. May be called twice. `fd` must have left its poller."""
        self._socket.close()


def _uid(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if (level, kind, len(data)) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, _CREDENTIALS.size):
            return int(_CREDENTIALS.unpack(data)[1])
    return None
