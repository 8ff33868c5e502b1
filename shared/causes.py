"""The words for why: why a slot has no frame, why a worker ended, how full the disk is, what is bad about a picture.

Owns: the four lists, and which exit status stands for which cause. Does not own: who decides on one of them.
Invariant: words are only added; subscribers and scripts compare with them.
"""

from __future__ import annotations

from typing import Literal

from shared.errors import EX_CONFIG, EX_IOERR, EX_NOHOST, EX_TEMPFAIL, EX_UNAVAILABLE

MissCause = Literal[
    "hang",
    "crash",
    "camera_lost",
    "stale",
    "damaged",
    "disk_full",
    "disk_error",
    "overrun",
    "starting",
    "clock_step",
    "stopped",
    "down",
    "unknown",
]
PictureFault = Literal["black", "white", "frozen", "torn", "blurred"]
PressureLevel = Literal["ok", "high", "full"]
WorkerCause = Literal["", "hang", "crash", "camera", "disk", "configuration", "busy", "operator", "stopped", "spawn"]

WORKER_CAUSES: dict[int, WorkerCause] = {
    EX_NOHOST: "camera",
    EX_UNAVAILABLE: "camera",
    EX_IOERR: "disk",
    EX_TEMPFAIL: "busy",
    EX_CONFIG: "configuration",
}
"""By the exit status of a worker; any other but 0 is a crash."""
