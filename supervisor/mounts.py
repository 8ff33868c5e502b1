"""Which file systems are mounted where a path lies, and may be written to.

Owns: reading the kernel's list, and choosing from it. Does not own: its form (`shared.mounts`), when to look, nor what
follows (`supervisor.disks`).
Invariant: it reads /proc alone. The path itself is never touched: whoever looks at anything on a disk that hangs is
held up with it.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from shared.mounts import LIST, Mount, mount_in, point_in

_LIST = Path(LIST)


def writable_over(path: str) -> frozenset[Mount] | None:
    """What is mounted at `path` or above it and may be written to, but for the root; links are not followed.

    Without their options: one that was changed otherwise is the same. None where the list can't be read.
    """
    try:
        listed = _LIST.read_text(errors="surrogateescape")
    except OSError:
        return None
    # POSIX leaves it open what two slashes at the beginning mean; to Linux they are one.
    path = os.path.normpath(path).replace("//", "/", 1)
    lines = (line for line in listed.split("\n") if _holds(point_in(line), path))
    over = (mount for line in lines if (mount := mount_in(line)) is not None)
    return frozenset(replace(mount, options=()) for mount in over if not mount.is_read_only)


def _holds(point: str, path: str) -> bool:
    # As `shared.mounts.is_within`, without making a path of each: there may be hundreds, each second.
    return point not in {"", "/"} and (path == point or path.startswith(f"{point}/"))
