"""Standard error that the journal reads: whether it is one, and lines that carry their priority.

Owns: comparing with `JOURNAL_STREAM`, the numbers of syslog(3), the prefix of sd-daemon(3).
Does not own: the log (`shared.log`), nor the journal's own protocol (`shared.journal`).
Invariant: without the journal at the other end a text stays as it is, and nothing here imports more than `os`: a
command that fails says so before anything is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

CRITICAL, ERROR, WARNING, INFO, DEBUG = 2, 3, 4, 6, 7
"""Of syslog(3). The journal takes a line without one for `INFO`, which `journalctl -p warning` leaves out."""


def is_journals(fd: int, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this very descriptor leads to the journal, and was not led elsewhere since systemd set the variable."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat(fd)
    except OSError:
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))


def with_priority(text: str, priority: int) -> str:
    """Each line of `text` with its priority in front."""
    return "".join(f"<{priority}>{line}" for line in text.splitlines(keepends=True))


def for_stderr(text: str, priority: int = ERROR, environment: Mapping[str, str] = os.environ) -> str:
    """What to write to standard error: with its priority where the journal reads it, else `text` as it is."""
    return with_priority(text, priority) if is_journals(2, environment) else text
