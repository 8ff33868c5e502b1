"""How full a file system is, in the same terms as df.

Owns: `statvfs` and its arithmetic. Does not own: thresholds, which are the workers'.
Invariant: percentages are not rounded; `inodes_percent` is None where none are reported (btrfs, vfat, exfat).
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct


class DiskUsage(Struct, frozen=True):
    """A file system at one moment. `free_bytes` is what users, as opposed to root, may still write.

    `total_inodes` is 0 where the file system reports none.
    """

    used_percent: float
    free_bytes: int
    usable_bytes: int
    inodes_percent: float | None
    total_inodes: int = 0

    @property
    def worst_percent(self) -> float:
        """The fuller of bytes and inodes: running out of either stops all writing."""
        return max(self.used_percent, self.inodes_percent or 0.0)


def usage_of(path: Path) -> DiskUsage:
    """Ask the file system under `path`. Takes 2 us on a healthy disk and blocks on a hung one. Raises OSError."""
    return usage_from(os.statvfs(path))


def usage_from(stat: os.statvfs_result) -> DiskUsage:
    """The arithmetic alone: `100 * (blocks - bfree) / (blocks - bfree + bavail)`, as df has it."""
    used = stat.f_blocks - stat.f_bfree
    usable = used + stat.f_bavail
    inodes = 100.0 * (stat.f_files - stat.f_favail) / stat.f_files if stat.f_files else None
    return DiskUsage(
        # A file system that does not say how large it is (some in user space) must not stop all recording.
        used_percent=100.0 * used / usable if usable else 0.0,
        free_bytes=stat.f_bavail * stat.f_frsize,
        usable_bytes=usable * stat.f_frsize,
        inodes_percent=inodes,
        total_inodes=stat.f_files,
    )


def is_mount_point(path: Path) -> bool:
    """Whether a file system is mounted at `path` itself; below one the answer is no.

    An unplugged disk leaves its empty mount point on the card: that is what must not be mistaken for the disk.
    """
    return os.path.ismount(path)


def same_disk(first: Path, second: Path) -> bool:
    """Whether both lie on one file system. Where one of them can't be asked, the answer is yes."""
    try:
        return first.stat().st_dev == second.stat().st_dev
    except OSError:
        return True
