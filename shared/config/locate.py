"""Finding the configuration file.

Owns: the search chain, and telling why a file that should be used can't be.
Does not own: reading it (`shared.config.read`).
Invariant: the first of the chain that exists is the one; a broken one is never skipped in favour of the next.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from shared.errors import ConfigError

SEARCH = ("/etc/timelapse/timelapse.yml", "./config/timelapse.yml")


def locate(explicit: str | None, search: Sequence[str] = SEARCH) -> str:
    """The path of the configuration file: `explicit` (from `--config`) if given, else the first of `search`.

    Raises ConfigError where none is there, or the one that counts is no regular file or can't be read.
    """
    if explicit == "":
        raise ConfigError("--config names no file: what follows it is empty")
    if explicit is not None:
        if not _is_there(explicit):
            raise ConfigError(f"{explicit}: there is no such file (it was named by --config)")
        return _usable(explicit)
    for path in search:
        if _is_there(path):
            return _usable(path)
    looked_at = "\n".join(f"  {_whole(path)}" for path in search)
    raise ConfigError(
        f"there is no configuration file; looked at\n{looked_at}\n"
        f"Put one at {search[0]} (config/timelapse.yml of the project is an example), or name one by --config PATH"
    )


def _is_there(path: str) -> bool:
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: can't be looked at: {_reason(error)}") from error
    return True


def _usable(path: str) -> str:
    """`path` if it can be read. A pipe can't be: a reload has to read it a second time."""
    try:
        mode = Path(path).stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{path}: is {'a directory' if stat.S_ISDIR(mode) else 'no regular file'}")
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {_reason(error)}") from error
    return path


def _whole(path: str) -> str:
    try:
        return str(Path(path).absolute())
    except OSError:
        return f"{path} (the current directory was removed)"


def _reason(error: Exception) -> str:
    """The system's own words, and for a refusal the user that it refused."""
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{words} (as user {os.geteuid()})" if isinstance(error, PermissionError) else words
