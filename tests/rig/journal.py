"""The far end of a journal: its socket, and a reader of its native protocol that knows nothing of ours.

Owns: both. Does not own: what is written there.
Invariant: an entry that is not of the protocol fails the test that reads it. The grammar is that of systemd's
"Native Journal Protocol": `NAME=value`, or `NAME`, a newline, 64 bits of length, and so many bytes.
"""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path
from typing import Self

Entry = dict[str, str]
_NAME = re.compile(rb"[A-Z][A-Z0-9_]{0,63}")


def parse(data: bytes) -> Entry:
    """The fields of one datagram."""
    entry: Entry = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            assert rest[:1] == b"\n", f"the length of {name!r} is wrong"
            rest = rest[1:]
        assert _NAME.fullmatch(name), f"{name!r} is no name of a field"
        assert name.decode() not in entry, f"{name!r} is there twice"
        entry[name.decode()] = value.decode()
        data = rest
    return entry


class JournalSocket:
    """Bound at `path` from the start until the `with` block ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def datagrams(self) -> list[bytes]:
        """What has arrived and was not given yet. Never blocks."""
        arrived = []
        while True:
            try:
                arrived.append(self._socket.recv(1 << 20, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return arrived

    def entries(self) -> list[Entry]:
        """The same, as fields."""
        return [parse(data) for data in self.datagrams()]


class JournalReader(JournalSocket):
    """One that reads all the time, as the journal does: a socket that nobody reads has room for few datagrams."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._arrived: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def __exit__(self, *details: object) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join()
        super().__exit__(*details)

    def datagrams(self) -> list[bytes]:
        """What has been read and was not given yet."""
        given = len(self._arrived)
        arrived, self._arrived[:given] = self._arrived[:given], []
        return arrived

    def _read(self) -> None:
        while data := self._socket.recv(1 << 20):
            self._arrived.append(data)
