"""systemd's end of the notify protocol: a real datagram socket, and what has come over it, when.

Owns: the socket. Does not own: anything that systemd does about it.
Invariant: a datagram is taken as it came, in order; nothing is waited for longer than `PATIENCE_S`.
"""

from __future__ import annotations

import select
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from shared.clock import NS_PER_S

PATIENCE_S = 20.0


class Said(NamedTuple):
    """One datagram, and when it was taken."""

    words: str
    mono_ns: int


class SystemdEnd:
    """Listens at a path below `directory`, or at an abstract name. `address` is what NOTIFY_SOCKET says."""

    def __init__(self, directory: Path, *, abstract: bool = False, buffer_bytes: int | None = None) -> None:
        name = f"{directory}/notify"
        self.address = f"@{name}" if abstract else name
        self.said: list[Said] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if buffer_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self._socket.bind(f"\0{name}" if abstract else name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        self._socket.close()
        if not self.address.startswith("@"):
            Path(self.address).unlink(missing_ok=True)

    def arrived(self) -> list[str]:
        """What has come since the last call, without waiting."""
        before = len(self.said)
        while select.select([self._socket], [], [], 0)[0]:
            self._take()
        return [said.words for said in self.said[before:]]

    def wait_for(self, beginning: str, *, after: int = 0) -> Said:
        """Block until something was said that begins so, and is not among the first `after`."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            for said in self.said[after:]:
                if said.words.startswith(beginning):
                    return said
            after = len(self.said)
            left_s = max(0.0, deadline_s - time.monotonic())
            assert select.select([self._socket], [], [], left_s)[0], f"no {beginning}; there was {self.said}"
            self._take()

    def listen_for(self, duration_s: float) -> list[Said]:
        """What comes within that time."""
        before, until_ns = len(self.said), time.monotonic_ns() + int(duration_s * NS_PER_S)
        while (left_ns := until_ns - time.monotonic_ns()) > 0:
            if select.select([self._socket], [], [], left_ns / NS_PER_S)[0]:
                self._take()
        return self.said[before:]

    def _take(self) -> None:
        self.said.append(Said(self._socket.recv(65_536).decode(), time.monotonic_ns()))


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and not yet reaped."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def environment_of(pid: int) -> dict[str, str]:
    """What a process was given at its start."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def with_watchdog_pid(pid: str = "$$") -> list[str]:
    """A command before another one that gives it WATCHDOG_PID, by default its own, as systemd does."""
    return ["sh", "-c", f'WATCHDOG_PID={pid} exec "$@"', "sh"]
