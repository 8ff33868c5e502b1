"""Why a worker ended, and what that means for the slots that it missed.

Owns: exit status or signal to cause, and cause of an end to cause of a miss. Does not own: counting.
Invariant: pure. The cause comes from how the process ended, never from a last message, which is mostly lost.
"""

from __future__ import annotations

from shared.causes import WORKER_CAUSES, MissCause, WorkerCause
from supervisor.process import ExitStatus

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
    return WORKER_CAUSES.get(status.code, "crash") if status.code is not None else "crash"
