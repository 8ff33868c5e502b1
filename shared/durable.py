"""Files that are whole or not there, whatever happens to the power.

Owns: replacing a file atomically; moving a finished file to its name without replacing anything; making directories
durable. Does not own: what the files are called.
Invariant: under a final name there is never a partial file, and no power cut makes one. But for `replace_file`, what a
function has done when it returns can't be undone by a power cut either.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_libc = ctypes.CDLL(None, use_errno=True)


def replace_file(path: Path, data: bytes) -> None:
    """Give `path` this content, atomically: a reader sees the old or the new one, whole. Blocks for the disk.

    So does who reads after a power cut: one of both, as the directory is not synced for what is replaced each second.

    Raises OSError, with nothing left behind but the old content. Only one process may write a given `path`.
    """
    temporary = path.with_name(f"{path.name}.new")
    try:
        write_synced(temporary, data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_synced(path: Path, data: bytes) -> None:
    """Write `path` and wait until its content is on the disk. May leave a partial file. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def move_without_replacing(source: Path, target: Path) -> None:
    """Rename `source` to `target`. Raises FileExistsError where `target` is there already, in whatever form.

    `renameat2` where the file system has it (vfat and exfat do), else link and unlink, else look and rename: the
    last is not atomic against another writer, but each camera's directory has just one, by its lock.
    """
    if not _rename_noreplace(source, target) and not _link_and_unlink(source, target):
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        source.rename(target)


def make_directories(path: Path) -> None:
    """Create `path` and its missing parents, each made durable in its parent. May be called again. Raises OSError."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable. Raises OSError, but not where the file system can't do it."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(fd)


def _rename_noreplace(source: Path, target: Path) -> bool:
    names = os.fsencode(source), os.fsencode(target)
    if _libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(code, os.strerror(code), str(source), None, str(target))


def _link_and_unlink(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}:
            return False
        raise
    source.unlink()
    return True
