"""One storage worker an output directory, and always the same directory.

Owns: taking the directory at the start, and seeing that it is still the one that was taken. Does not own: the lock
itself (`shared.fence`).
Invariant: two workers never clean one directory, not even where the disk has no room for a lock file.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from shared import fence
from shared.disk import is_mount_point
from shared.durable import make_directories
from shared.errors import BusyError, DiskError

LOCK_NAME = ".storage.lock"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class OutputDirectory:
    """The directory that this process cleans, from now until it ends. Its lock ends with the process."""

    def __init__(self, path: Path, *, require_mount: bool) -> None:
        """Take `path`, making it where it is missing. Blocks for the disk.

        Raises `BusyError` where another storage worker has it, `DiskError` where it can't be used.
        """
        self.path = path
        if require_mount:
            _check_mounted(path)
        try:
            make_directories(path)
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise DiskError(f"{path}: the output directory can't be used: {error.strerror}") from error
        self._lock()

    def check(self, *, require_mount: bool) -> None:
        """Raise `DiskError` when `path` is no longer the directory that was taken.

        A disk that was unmounted leaves an empty directory on the card, one that was mounted hides it: the worker
        that starts next takes what is there then.
        """
        if require_mount:
            _check_mounted(self.path)
        try:
            now, taken = self.path.stat(), os.fstat(self._fd)
        except OSError as error:
            raise DiskError(f"{self.path}: the output directory is gone: {error.strerror}") from error
        if (now.st_dev, now.st_ino) != (taken.st_dev, taken.st_ino):
            raise DiskError(f"{self.path}: something else was mounted or put there; starting anew with it")

    def _lock(self) -> None:
        # The file says who holds it and is what people look for; the directory can be locked without an inode to
        # spare. Each is taken by everybody who can, so that any two workers meet at one of them at least.
        what = f"the output directory {self.path}"
        locked_file = self._lock_file(what)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"{what} is in use by another storage worker") from None
        except OSError as error:
            # NFS locks no directory.
            if not locked_file:
                raise DiskError(f"{what} can't be locked: {error.strerror}. Free some space on it by hand") from error

    def _lock_file(self, what: str) -> bool:
        try:
            fence.hold(self.path / LOCK_NAME, what)
        except DiskError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_ROOM:
                return False
            raise
        return True


def _check_mounted(path: Path) -> None:
    if not is_mount_point(path):
        raise DiskError(
            f"{path}: no file system is mounted there, and require_mount is true. "
            "Mount the disk, or set require_mount: false"
        )
