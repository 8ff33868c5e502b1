"""Why a worker ended, and what that means for the slots that it missed.

Owns: exit status or signal to cause, and cause of an end to cause of a miss. Does not own: counting.
Invariant: pure. The cause comes from how the process ended, never from a last message, which is mostly lost.
"""

from __future__ import annotations

from shared.causes import MissCause, WorkerCause
from shared.errors import EX_CONFIG, EX_IOERR, EX_NOHOST, EX_TEMPFAIL, EX_UNAVAILABLE
from supervisor.process import ExitStatus

_BY_STATUS: dict[int, WorkerCause] = {
    EX_NOHOST: "camera",
    EX_UNAVAILABLE: "camera",
    EX_IOERR: "disk",
    EX_TEMPFAIL: "busy",
    EX_CONFIG: "configuration",
}

MISS_CAUSES: dict[WorkerCause, MissCause] = {
    "": "unknown",
    "hang": "hang",
    "crash": "crash",
    "camera": "camera_lost",
    "busy": "camera_lost",
    "disk": "disk_error",
    "configuration": "stopped",
    "operator": "stopped",
    "stopped": "stopped",
    "spawn": "crash",
}


def cause_of(status: ExitStatus, *, hung: bool, asked: WorkerCause) -> WorkerCause:
    """Why it ended: a hang if its lease had run out, what it was `asked` for if anything, else what it says itself."""
    if hung:
        return "hang"
    if asked:
        return asked
    return _BY_STATUS.get(status.code, "crash") if status.code is not None else "crash"
