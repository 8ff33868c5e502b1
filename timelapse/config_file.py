"""Changing the configuration file: all of it or nothing, and nobody's permissions.

Owns: the way from the old file to the new one on the disk. Does not own: the edit of the text (`shared.config.edit`).
Invariant: a reader sees the old or the new file, whole, with the same mode and owner, and never more open than before;
a symbolic link stays one. Two who edit at the same time do so one after the other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from shared.config.read import read_text
from shared.durable import sync_directory, write_synced
from shared.errors import DiskError


def edit_file(path: str, edit: Callable[[str], str]) -> tuple[str, str]:
    """Replace the text by what `edit` makes of it; the text before and after. Blocks for the disk and other editors.

    Raises `DiskError`, `ConfigError` where the file is no text, and what `edit` raises; the file is then as it was.
    """
    target = Path(path).resolve()
    try:
        with _locked(target.parent):
            before = read_text(path)
            after = edit(before)
            if after != before:
                _replace(target, after.encode())
    except PermissionError as error:
        raise DiskError(f"{target}: no permission to replace it and keep its owner. Try it with sudo") from error
    except OSError as error:
        raise DiskError(f"{target}: can't be changed: {error.strerror or error}") from error
    return before, after


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One editor at a time: a lock on the directory, since the file itself is replaced."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    try:
        # Mode and owner first, content second: it may hold a password.
        _create_like(target, temporary)
        write_synced(temporary, data)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)


def _create_like(model: Path, new: Path) -> None:
    stat = model.stat()
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if (stat.st_uid, stat.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(fd, stat.st_uid, stat.st_gid)
        os.fchmod(fd, stat.st_mode & 0o7777)
    finally:
        os.close(fd)
