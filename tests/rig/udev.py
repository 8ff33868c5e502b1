"""udev's part, played by the test: device nodes that come and go, and what is said of them on the multicast.

Owns: a directory below /dev for nodes, a network namespace in which nobody but the test speaks, and its messages.
Does not own: who listens; what is to hear the test is started, or made, `inside` the namespace.
Invariant: nothing is said to the machine's own listeners, no node of the machine's is touched, and nothing is left.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import stat
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

NETLINK_KOBJECT_UEVENT = 15
KERNELS_GROUP, UDEVS_GROUP = 1, 2
NOBODY = 65534
_CLONE_NEWNET = 0x40000000
_NULL = os.makedev(1, 3)
_OWN_NAMESPACE = "/proc/thread-self/ns/net"
_SOMEBODY_DID_NOT_TAKE_IT = {errno.ECONNREFUSED, errno.ENOBUFS}
"""Older kernels take nothing themselves; a listener may have no room."""
_LIBC = ctypes.CDLL(None, use_errno=True)


@lru_cache(maxsize=1)
def missing() -> str | None:
    """What there is no playing udev for; None where nothing is missing."""
    try:
        with Udev() as udev:
            udev.plug("video0")
            udev.say("add")
    except OSError as error:
        return f"playing udev takes root, a network namespace and device nodes below /dev: {error.strerror}"
    return None


def packed(properties: dict[str, str]) -> bytes:
    """A message as udev sends it."""
    strings = b"".join(f"{name}={value}".encode() + b"\0" for name, value in properties.items())
    header = struct.pack("=8s4sIII16x", b"libudev\0", b"\xfe\xed\xca\xfe", 40, 40, len(strings))
    return header + strings


class Udev:
    """A directory for nodes, and a namespace to speak in. A context manager."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="timelapse-test-", dir="/dev/shm"))
        self.directory.chmod(0o755)
        self._ours = os.open(_OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        self._speaker: socket.socket | None = None

    def __enter__(self) -> Self:
        try:
            _check(_LIBC.unshare(_CLONE_NEWNET))
            self._theirs = os.open(_OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
            self._speaker = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
            _check(_LIBC.setns(self._ours, _CLONE_NEWNET))
        except OSError:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        os.close(self._theirs)
        self._remove()

    def plug(self, name: str, *, mode: int = 0o660) -> Path:
        """Make a node, as the kernel does. It is a null device."""
        path = self.directory / name
        os.mknod(path, stat.S_IFCHR | 0o600, _NULL)
        path.chmod(mode)
        return path

    def unplug(self, name: str) -> None:
        """Take a node or a link away."""
        (self.directory / name).unlink()

    def link(self, name: str, target: str) -> Path:
        """Make a stable name for a node, as a rule of udev's does."""
        path = self.directory / name
        path.symlink_to(target)
        return path

    def say(self, action: str, subsystem: str = "video4linux", *, device: str = "/dev/video0") -> None:
        """Say what has happened to a device."""
        self.send(packed({"ACTION": action, "DEVPATH": "/devices/x", "SUBSYSTEM": subsystem, "DEVNAME": device}))

    def send(self, message: bytes, *, group: int = UDEVS_GROUP, uid: int = 0, to: int = 0) -> None:
        """Send any bytes, in the name of any user, to a group or to one listener. Who hears it has it at its return."""
        assert self._speaker is not None
        credentials = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("iII", os.getpid(), uid, uid))
        try:
            self._speaker.sendmsg([message], [credentials], 0, (to, group))
        except OSError as error:
            if error.errno not in _SOMEBODY_DID_NOT_TAKE_IT:
                raise

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Make sockets, and start processes, where the test is heard. Of this thread only."""
        _check(_LIBC.setns(self._theirs, _CLONE_NEWNET))
        try:
            yield
        finally:
            _check(_LIBC.setns(self._ours, _CLONE_NEWNET))

    def _remove(self) -> None:
        # Where only the second step failed, this thread would stay in there.
        _LIBC.setns(self._ours, _CLONE_NEWNET)
        if self._speaker is not None:
            self._speaker.close()
        os.close(self._ours)
        shutil.rmtree(self.directory)


@contextmanager
def as_nobody() -> Iterator[None]:
    """`access` answers for a user who may do little."""
    os.setreuid(NOBODY, -1)
    try:
        yield
    finally:
        os.setreuid(0, -1)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
