"""The one file that deletes frames.

Owns: unlinking one frame with the raw file beside it, and removing the directories of a day that became empty. Does not
own: which, and when.
Invariant: nothing but a regular file in its place in our tree, with a name of ours, is ever unlinked. No symbolic link
below the output directory is followed, at the end of a path or in the middle of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from shared.frame_name import frame_beside, parse, raw_beside

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES = 512
"""The unit of `st_blocks`, whatever the file system's own blocks are."""


class Deleted(Struct, frozen=True):
    """The frame is gone. Both are 0 where somebody else had deleted it, or another name of the file lives on."""

    freed_bytes: int = 0
    freed_inodes: int = 0
    found: bool = True


class Refused(Struct, frozen=True):
    """The frame is still there. `code` is the errno, or 0 where it was not ours to delete."""

    reason: str
    code: int = 0


def delete_frame(output_dir: Path, path: str) -> Deleted | Refused:
    """Unlink the frame at `path` (`CAMERA/YYYY/MM/DD/NAME`, relative to `output_dir`). Blocks for the disk.

    Its raw file goes with it; `path` may be that of the raw file too, where the frame is gone already. May be called
    twice. Raises nothing: a failure is a result.
    """
    frame_path = frame_beside(path)
    if not is_frame_path(frame_path):
        return Refused("not a frame's path")
    *directories, name = frame_path.split("/")
    try:
        with _opened(output_dir, directories) as fd:
            return _unlink_both(name, fd)
    except FileNotFoundError:
        return Deleted(found=False)
    except OSError as error:
        return Refused(error.strerror or str(error), error.errno or 0)


def is_frame_path(path: str) -> bool:
    """Whether `path` is `CAMERA/YYYY/MM/DD/NAME` with a frame's name that belongs into that very day."""
    parts = path.split("/")
    if len(parts) != 5 or parts[0].startswith(".") or not parts[0]:
        return False
    return parts[4].startswith("".join(parts[1:4]) + "T") and parse(parts[4]) is not None


def remove_empty_day(output_dir: Path, camera: str, day: str) -> bool:
    """Remove the directory of `day` (`YYYY/MM/DD`) if nothing at all is in it, then its month's and its year's.

    Whether the day is gone. Blocks for the disk; raises nothing, since what can't be removed may as well stay.
    """
    names = day.split("/")
    for depth in range(len(names), 0, -1):
        try:
            with _opened(output_dir, [camera, *names[: depth - 1]]) as fd:
                os.rmdir(names[depth - 1], dir_fd=fd)
        except OSError:
            return depth < len(names)
    return True


def _unlink_both(name: str, fd: int) -> Deleted | Refused:
    """The frame first: one that somebody protects keeps its raw file. A raw file that stays has its turn alone."""
    frame = _unlink(name, fd)
    if isinstance(frame, Refused):
        return frame
    try:
        raw = _unlink(raw_beside(name), fd)
    except OSError as error:
        raw = Refused(error.strerror or str(error), error.errno or 0)
    if isinstance(raw, Refused):
        return frame if frame.found else raw
    return Deleted(frame.freed_bytes + raw.freed_bytes, frame.freed_inodes + raw.freed_inodes, frame.found or raw.found)


def _unlink(name: str, fd: int) -> Deleted | Refused:
    try:
        status = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            return Refused("not a regular file")
        os.unlink(name, dir_fd=fd)
    except FileNotFoundError:
        return Deleted(found=False)
    if status.st_nlink > 1:
        return Deleted()
    return Deleted(freed_bytes=status.st_blocks * _BLOCK_BYTES, freed_inodes=1)


@contextlib.contextmanager
def _opened(output_dir: Path, directories: list[str]) -> Iterator[int]:
    # One name at a time: O_NOFOLLOW minds only the last part of a path.
    fd = os.open(output_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for directory in directories:
            inner = _open_in(fd, directory)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)


def _open_in(fd: int, directory: str) -> int:
    try:
        return os.open(directory, _DIRECTORY, dir_fd=fd)
    except NotADirectoryError as error:
        # With O_PATH a symbolic link comes as "not a directory", which would puzzle whoever reads it.
        raise OSError(errno.ELOOP, f"{directory} is a symbolic link or no directory") from error
