"""The log in the journal's native protocol: each line with its priority, and what it is about, as fields.

Owns: the datagram, and which fields there are. Does not own: whether the journal is there (`shared.log` asks
`shared.journal_stream`), what a line is about (`shared.about`).
Invariant: writing a line never blocks. What the journal does not take at once goes to standard error, which is its
stream too, as lines with their priority, and what that has no room for is counted and said.

Written here rather than taken from a library: `systemd-python` wants a compiler and libsystemd's headers, or the
distribution's own Python, for what is forty lines; and its socket waits where the journal is slow. A value that is
longer than `LONGEST_BYTES` is cut: passing it on in a memory file would be for none of ours, the longest being a
traceback. The socket's library costs 0.3 MB, here as for the stream.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared import journal_stream
from shared.about import ATTRIBUTE, fields_of
from shared.journal_stream import with_priority

if TYPE_CHECKING:
    from shared.log import NonBlockingStream

IDENTIFIER = "timelapse"
LONGEST_BYTES = 32_768
"""A sixth of what a datagram may hold by default (`net.core.wmem_default`)."""
_CUT = " [cut off here]"
_BLANKED = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "\ufffd")
"""Control characters: for one of them `journalctl` would show `[blob data]` in place of the whole line.

U+FFFD by its number: by its name it would load `unicodedata`, a megabyte, where the module is compiled.
"""


def priority_of(level: int) -> int:
    """The priority of a level of `logging`."""
    for least, priority in (
        (logging.CRITICAL, journal_stream.CRITICAL),
        (logging.ERROR, journal_stream.ERROR),
        (logging.WARNING, journal_stream.WARNING),
        (logging.INFO, journal_stream.INFO),
    ):
        if level >= least:
            return priority
    return journal_stream.DEBUG


def journal_fields(record: logging.LogRecord, worker: str, message: str) -> dict[str, str]:
    """The fields of a line that the process of `worker` writes; docs/journal.md describes them."""
    about = fields_of(worker) | getattr(record, ATTRIBUTE, {})
    return {
        "MESSAGE": message.translate(_BLANKED),
        "PRIORITY": str(priority_of(record.levelno)),
        "SYSLOG_IDENTIFIER": IDENTIFIER,
        **{f"TIMELAPSE_{name.upper()}": value for name, value in about.items()},
        "CODE_FILE": record.pathname,
        "CODE_LINE": str(record.lineno),
        "CODE_FUNC": record.funcName or "",
    }


def datagram(fields: Mapping[str, str]) -> bytes:
    """One entry of the journal. A value of several lines goes by its length, so that no value can add a field."""
    return b"".join(_field(name.encode(), _cut(value.encode("utf-8", "replace"))) for name, value in fields.items())


def _field(name: bytes, value: bytes) -> bytes:
    if b"\n" in value:
        return b"%b\n%b%b\n" % (name, len(value).to_bytes(8, "little"), value)
    return b"%b=%b\n" % (name, value)


def _cut(value: bytes) -> bytes:
    if len(value) <= LONGEST_BYTES:
        return value
    # A character that is cut in two goes as a whole.
    return value[:LONGEST_BYTES].decode("utf-8", "ignore").encode() + _CUT.encode()


class JournalHandler(logging.Handler):
    """Sends each record to the journal's socket at `path`, or else to `lines`, its stream. `worker` is whose log it is.

    The socket is found anew each time, so that it may be started again at any time.
    """

    def __init__(self, worker: str, lines: NonBlockingStream, path: str) -> None:
        super().__init__()
        self._worker = worker
        self._lines = lines
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # `logging.basicConfig` would give it one that says the level and more.
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line. Never blocks, and never raises."""
        try:
            message = f"{self._worker}: {self.format(record)}"
            fields = journal_fields(record, self._worker, message)
        except Exception:  # noqa: BLE001 - what `logging` asks of a handler: a call with wrong arguments ends nothing
            self.handleError(record)
            return
        self._own_up()
        if not self._sent(fields):
            self._lines.write(with_priority(message + "\n", priority_of(record.levelno)))

    def close(self) -> None:
        """Close the socket. May be called twice."""
        self._socket.close()
        super().close()

    def _own_up(self) -> None:
        """Say what had to be dropped, as soon as the journal takes something again."""
        if not (dropped := self._lines.dropped):
            return
        note = logging.LogRecord(__name__, logging.WARNING, __file__, 0, "", None, None)
        message = f"{self._worker}: {dropped} lines of log were dropped"
        if self._sent(journal_fields(note, self._worker, message)):
            self._lines.dropped = 0

    def _sent(self, fields: Mapping[str, str]) -> bool:
        try:
            self._socket.sendto(datagram(fields), socket.MSG_DONTWAIT, self._path)
        except OSError:
            # Full, not there, or not permitted: all the same to whoever wants the line.
            return False
        return True
