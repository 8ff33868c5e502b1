"""Which file systems are mounted where a path lies, and may be written to.

Owns: reading the kernel's list, and choosing from it. Does not own: its form (`shared.mounts`), when to look, nor what
follows (`supervisor.disks`).
Invariant: it reads /proc alone, which is memory. The path itself is never touched: whoever looks at anything on a disk
that hangs is held up with it.
"""

from __future__ import annotations

import os
from pathlib import Path

from shared.mounts import LIST, Mount, is_within, mounts_in

_LIST = Path(LIST)


def writable_over(path: str) -> frozenset[Mount]:
    """What is mounted at `path` or above it and may be written to, but for the root; links are not followed.

    One that was mounted anew or with other options is another. Empty where the list can't be read.
    """
    try:
        listed = _LIST.read_text(errors="surrogateescape")
    except OSError:
        return frozenset()
    path = os.path.normpath(path)
    over = (mount for mount in mounts_in(listed.splitlines()) if mount.point != "/" and is_within(path, mount.point))
    return frozenset(mount for mount in over if not mount.is_read_only)
