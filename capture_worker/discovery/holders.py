"""Who has a camera: a worker, by its fence, or any other program, by what it has open.

Owns: looking for it, as far as this user may see. Does not own: the fence (`shared.fence`).
Invariant: nothing is locked or opened to find out, so that nobody is kept from a camera by being asked.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from capture_worker.cameras.usb_failure import users_of
from shared import fence
from shared.errors import DiskError

_OFFICIAL = Path("/run/lock/timelapse")
_PROC = Path("/proc")


def holder_of(key: str, node: str) -> str:
    """Who has the camera with this fence key, or `node` open: `capture.main (pid 1234)`; "" where nobody is seen."""
    for lock in _fence_files(key):
        pid = locker_of(lock, _PROC / "locks")
        if pid is not None:
            return f"{worker_of(pid, _PROC) or 'a worker'} (pid {pid})"
    return ", ".join(users_of(node))


def locker_of(path: Path, locks: Path) -> int | None:
    """The process that has a `flock` on the file, by the kernel's list of locks; None where nobody has."""
    try:
        status = path.stat()
        lines = locks.read_text("ascii", "replace").splitlines()
    except OSError:
        return None
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for words in map(str.split, lines):
        # 1: FLOCK  ADVISORY  WRITE 1234 00:19:2051 0 EOF; one that waits has an arrow in the second place.
        if len(words) >= 6 and words[1] == "FLOCK" and words[5] == place and words[4].isdigit():
            return int(words[4])
    return None


def worker_of(pid: int, proc: Path) -> str:
    """The name of a worker by its command line; "" for any other process."""
    with contextlib.suppress(OSError):
        for argument in (proc / str(pid) / "cmdline").read_bytes().split(b"\0"):
            name, _, value = argument.partition(b"=")
            if name == b"--worker":
                return value.decode("utf-8", "replace")
    return ""


def _fence_files(key: str) -> list[Path]:
    """Where the fence may lie: where this user's would, and where the service's would."""
    try:
        ours = fence.camera_fence_path(key)
    except DiskError:
        return []
    return list(dict.fromkeys((ours, _OFFICIAL / ours.name)))
