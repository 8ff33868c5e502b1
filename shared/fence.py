"""The fence: a lock that outlives supervisors and that only the death of its holder opens.

Owns: `flock` on a file named after the thing that must have one user only: a camera, a runtime directory, an
output directory. Does not own: who needs which; nor what to do when it is taken.
Invariant: the lock belongs to the open file, so a child that inherits the descriptor holds it too, and a process in
uninterruptible sleep keeps it however dead it looks. The file itself stays: removing it would let two in.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import zlib
from pathlib import Path

from shared.errors import BusyError, DiskError

_HELD: list[int] = []
"""Descriptors of fences held until the process ends, kept from the garbage collector's sight as plain numbers."""


def hold(path: Path, what: str, *, inherit: bool = False) -> None:
    """Lock `path` until this process (and with `inherit` each child of it) has ended. Does not block.

    Raises `BusyError`, naming `what` and the holder's pid, where somebody else has it; `DiskError` where the file
    can't be made. Calling it twice for one path in one process is an error of the first kind.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660)
    except OSError as error:
        raise DiskError(f"{path}: the lock for {what} can't be opened: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(fd, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise BusyError(f"{what} is in use by process {holder} (lock {path})") from None
    except OSError as error:
        os.close(fd)
        raise DiskError(f"{path}: this file system has no locks ({error.strerror}), and {what} needs one") from error
    # The pid is for people. On a disk without a byte to spare it can't be written, and the lock holds all the same.
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)
    os.set_inheritable(fd, inherit)
    _HELD.append(fd)


def camera_fence_path(key: str) -> Path:
    """Where the fence of the camera with this key lies; its directory is made. Raises `DiskError`.

    The key says what is really opened: a sysfs path, a libcamera id, `host:port/path`.
    """
    # A password may stand in the query, and in the path of some cameras (`/user=...&password=...`): it counts, but
    # is not shown.
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", re.split("[?;&=]", key)[0])[-60:]
    # A checksum rather than a cryptographic hash, which costs every process the 3.6 MB of OpenSSL. Two keys that differ
    # within four bytes (a port, a channel) never have the same one, any others of one length in 4,000,000,000 do.
    data = key.encode()
    return _lock_directory() / f"{readable}-{zlib.crc32(data):08x}{len(data):04x}.lock"


def _lock_directory() -> Path:
    candidates = [Path("/run/lock/timelapse")]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        candidates.append(Path(runtime) / "timelapse-locks")
    candidates.append(Path(f"/tmp/timelapse-{os.getuid()}"))  # noqa: S108 - checked below to be ours
    for candidate in candidates:
        if _is_usable(candidate):
            return candidate
    tried = ", ".join(str(candidate) for candidate in candidates)
    raise DiskError(f"no directory for camera locks can be written; tried {tried}")


def _is_usable(directory: Path) -> bool:
    try:
        directory.mkdir(mode=0o770, exist_ok=True)
        status = directory.lstat()
    except OSError:
        return False
    # In /tmp anybody may make a directory or a link first; one that is not ours (or root's) is no place for a lock.
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid in {0, os.getuid()}
    return ours and os.access(directory, os.W_OK | os.X_OK)
