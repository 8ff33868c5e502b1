"""Whether what is deleted in one directory makes room in another.

Owns: that one question to the disk. Does not own: what follows from the answer (`archive`).
Invariant: a file system mounted below the output directory never counts as its room.
"""

from __future__ import annotations

import os
from pathlib import Path

_BTRFS_SUBVOLUME_INO = 256
"""Of the top directory of each subvolume, always."""


def shares_room(inner: Path, outer: Path) -> bool:
    """Whether both lie on one file system. A link at `inner` is not followed. Blocks for the disk; raises OSError."""
    status = inner.lstat()
    return status.st_dev == outer.stat().st_dev or (
        status.st_ino == _BTRFS_SUBVOLUME_INO and _same_pool(os.statvfs(inner), os.statvfs(outer))
    )


def _same_pool(inner: os.statvfs_result, outer: os.statvfs_result) -> bool:
    # btrfs has a device number for each subvolume, and one size for all of them. It reports no inodes.
    return (inner.f_blocks, inner.f_frsize, inner.f_files, outer.f_files) == (outer.f_blocks, outer.f_frsize, 0, 0)
