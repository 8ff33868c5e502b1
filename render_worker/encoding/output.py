"""The file that a render makes, from its hidden name to its own.

Owns: giving it its name, the lock on what is unfinished, what earlier runs have left, the room on the disk.
Does not own: its hidden name (`render_worker.results`), nor what is written into it.
Invariant: under its own name the file is whole and on the disk, or not there; what was there before stays until then.
What is unfinished is locked by who makes it, so whatever nobody holds was left by a run that ended in the middle.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
from pathlib import Path
from typing import Self

from render_worker.encoding.encoders import DEFAULT_CRF
from render_worker.encoding.plan import Plan, crop_box
from render_worker.request import Codec
from render_worker.results import unfinished_beside
from shared.disk import usage_of
from shared.durable import move_without_replacing, sync_directory
from shared.errors import BusyError, DiskError, OutputError

_LEFT = re.compile(r"\..+\.(?:mp4|mkv|jpe?g|png)\.part", re.IGNORECASE | re.DOTALL)
_SHARE_OF_JPEG: dict[Codec, float] = {"h264": 0.2, "h265": 0.1, "copy": 1.0}
"""How large a picture is beside its JPEG of quality 90, at the default crf: measured, with a sensor's noise in it."""
_CRF_TO_HALVE = 6
_BYTES_A_PICTURE = 64
"""What the container needs to find it again."""
_FIXED_BYTES = 8_192


class Unfinished:
    """A context: `path` is the hidden file to write to; `place` gives it its name; without that, it goes.

    Entering raises `BusyError` where another process makes the same, and `OutputError` where it can't be made.
    """

    def __init__(self, final: Path, *, replace: bool) -> None:
        self.path = unfinished_beside(final)
        self._final = final
        self._replace = replace
        self._fd = -1

    def __enter__(self) -> Self:
        """What a dead run has left under this name is taken over, and emptied."""
        try:
            self._fd = _locked(self.path, create=True)
            os.ftruncate(self._fd, 0)
        except BlockingIOError:
            raise BusyError(
                f"{self._final}: is being made by another process; wait for it, or choose another name"
            ) from None
        except OSError as error:
            self.__exit__()
            raise OutputError(f"{self._final}: can't be made there: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            # Before the lock goes: a moment later it may be somebody else's.
            with contextlib.suppress(OSError):
                self.path.unlink()
            os.close(self._fd)
            self._fd = -1

    def place(self) -> None:
        """Give it its name, when all of it is written. Blocks until it is on the disk.

        Raises `OutputError` where something has come to be under that name and is not to be replaced, `DiskError`.
        """
        try:
            _sync(self.path)
            if self._replace:
                self.path.replace(self._final)
            else:
                move_without_replacing(self.path, self._final)
            sync_directory(self._final.parent)
        except FileExistsError:
            raise OutputError(f"{self._final}: has come to be there meanwhile, and is not replaced") from None
        except OSError as error:
            raise DiskError(
                f"{self._final}: can't be written: {error.strerror}; is the disk full or broken?"
            ) from error
        os.close(self._fd)
        self._fd = -1


def leftovers(directory: Path) -> list[Path]:
    """What runs that ended in the middle have left here; nothing that is still being made. Blocks for the disk."""
    found = []
    for path in sorted(directory.iterdir()):
        if _LEFT.fullmatch(path.name) and (fd := _free(path)) is not None:
            os.close(fd)
            found.append(path)
    return found


def remove_leftover(path: Path) -> bool:
    """Delete it, unless a living process holds it or it has gone. Whether it was deleted. Raises OSError."""
    if not _LEFT.fullmatch(path.name) or (fd := _free(path)) is None:
        return False
    try:
        path.unlink()
    finally:
        os.close(fd)
    return True


def estimate_bytes(plan: Plan, jpeg_bytes_mean: int) -> int:
    """About how large the file becomes, rather more than less. `jpeg_bytes_mean` is of the frames. Pure.

    From frames of 1080p with a sensor's noise at quality 90, the most there is to encode: with x264 at its default here
    a picture took 0.17 of its JPEG, with x265 0.02 to 0.1, and half as much with a crf greater by 6.
    """
    if plan.pictures is None:
        return 0
    codec, box = plan.encoding.codec, crop_box(plan.source, plan.look)
    share = _SHARE_OF_JPEG[codec]
    if codec != "copy":
        crf = DEFAULT_CRF[codec] if plan.encoding.crf is None else plan.encoding.crf
        share *= 2 ** ((DEFAULT_CRF[codec] - crf) / _CRF_TO_HALVE)
        kept = box.width * box.height / (plan.source[0] * plan.source[1])
        # Larger than the frame, it holds no more than the frame did.
        share *= kept * min(1.0, plan.size[0] * plan.size[1] / (box.width * box.height))
    return _FIXED_BYTES + round(plan.pictures * (jpeg_bytes_mean * share + _BYTES_A_PICTURE))


class DiskGuard:
    """Looks after the room on the disk of `directory`, which may be full up to so many percent."""

    def __init__(self, directory: Path, stop_above_percent: float) -> None:
        self._directory = directory
        self._stop_above_percent = stop_above_percent

    def check(self, more_bytes: int) -> None:
        """Raises `DiskError` where `more_bytes` have no room any more, or the disk can't be asked. Blocks for it."""
        try:
            usage = usage_of(self._directory)
        except OSError as error:
            raise DiskError(f"{self._directory}: the disk does not answer: {error.strerror}") from error
        room = usage.usable_bytes * (self._stop_above_percent - usage.used_percent) / 100
        if usage.usable_bytes and more_bytes > room:
            needs = f"the result needs about {_readable(more_bytes)}, and " if more_bytes else "it is full: "
            raise DiskError(
                f"{self._directory}: {needs}{_readable(max(0, round(room)))} may still be written there, as the disk "
                f"is to stay below {self._stop_above_percent:g} %; make room, or choose another disk with -o"
            )


def _readable(count: int) -> str:
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} bytes"


def _locked(path: Path, *, create: bool) -> int:
    """A descriptor of `path` with its lock. Raises BlockingIOError where somebody has it, and OSError."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | (os.O_CREAT if create else 0)
    while True:
        fd = os.open(path, flags, 0o644)
        try:
            _flock(fd)
            # Between the two who had it may have given it its name, or deleted it: then this is another file's lock.
            if os.path.samestat(os.fstat(fd), path.stat(follow_symlinks=False)):
                return fd
        except FileNotFoundError:
            if not create:
                os.close(fd)
                raise
        except OSError:
            os.close(fd)
            raise
        os.close(fd)


def _flock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # A file system without locks, over a network: there two that make one file at one time are not told apart.
        if error.errno not in {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL}:
            raise


def _free(path: Path) -> int | None:
    """Locked; None where a living process holds it, it is no file, or has gone."""
    try:
        if not path.is_file() or path.is_symlink():
            return None
        return _locked(path, create=False)
    except OSError:
        return None


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
