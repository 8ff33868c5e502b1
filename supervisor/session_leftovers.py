"""What a process has left running in its session.

Owns: finding and killing it. Does not own: the process itself and its group (`supervisor.process`).
Invariant: a session has the number of the process that began it, which nobody else gets as long as a member lives; so
what is found by that number before the process is reaped is its own.
"""

from __future__ import annotations

import contextlib
import os
import signal

_SESSION = 3
"""The field after the name in `/proc/PID/stat`, counted from 0: state, parent, group, session. proc(5)"""


def slay_session(leader: int) -> None:
    """SIGKILL to every process of the session, whatever group it has put itself into. Never blocks for long.

    libcamera's isolated image processing does: it takes the camera's memory along, 10 MB each.
    """
    for name in os.listdir("/proc"):  # noqa: PTH208 - as below
        if name.isdigit() and int(name) != leader and _session_of(name) == leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(name), signal.SIGKILL)


def _session_of(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib would cost more than the read
            # The name may hold spaces and parentheses.
            return int(file.read().rpartition(b")")[2].split()[_SESSION])
    except (OSError, IndexError, ValueError):
        return None
