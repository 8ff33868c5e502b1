"""Where the sockets of a supervisor are.

Owns: the search for the runtime directory and the names in it. Does not own: the sockets.
Invariant: every `ipc://` path that comes from here fits into `sockaddr_un` (108 bytes with its end).
"""

from __future__ import annotations

import os
from pathlib import Path

from shared.errors import DiskError, UsageError

SOCKETS = ("workers.sock", "leases.sock", "events.sock", "control.sock")
SYSTEM = Path("/run/timelapse")
_MOST_BYTES = 107


def candidates(explicit: str | None) -> list[Path]:
    """The directories to look in, in order: `--runtime-dir` alone, else the environment's and the system's."""
    if explicit:
        return [_checked(Path(explicit).absolute())]
    found = []
    if runtime := os.environ.get("RUNTIME_DIRECTORY"):
        # systemd separates several with colons; the first is ours.
        found.append(Path(runtime.split(":")[0]))
    if session := os.environ.get("XDG_RUNTIME_DIR"):
        found.append(Path(session) / "timelapse")
    found.append(SYSTEM)
    return [_checked(path) for path in dict.fromkeys(found)]


def create(explicit: str | None) -> Path:
    """The directory for a new supervisor, made with mode 0750. Raises `DiskError` and `UsageError`."""
    path = candidates(explicit)[0]
    try:
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(
            f"{path}: the runtime directory can't be made: {error.strerror}. Give another one with --runtime-dir"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise DiskError(f"{path}: no permission to write there. Give another runtime directory with --runtime-dir")
    return path


def endpoint(runtime_dir: Path, socket: str) -> str:
    """The ZeroMQ address of one of `SOCKETS`."""
    return f"ipc://{runtime_dir / socket}"


def _checked(path: Path) -> Path:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(f"{str(path)!r}: is no UTF-8 text. Choose another --runtime-dir") from None
    longest = max(len(os.fsencode(path / name)) for name in SOCKETS)
    if longest > _MOST_BYTES:
        raise UsageError(
            f"{path}: too long for a socket's address, which has at most {_MOST_BYTES} bytes "
            f"and would be {longest}. Choose a shorter --runtime-dir"
        )
    return path
