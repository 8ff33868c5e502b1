"""What has to be done about the ledger's file as a file: lost, damaged, of another owner.

Owns: looking at it, setting it aside, saving from a damaged one what no tree has. Does not own: its content.
Invariant: a damaged ledger is kept, but never more than one: what fills a disk must not be what was broken.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.clock import NS_PER_S
from shared.ledger.database import Database, LedgerError, files_of, open_for_reading
from shared.ledger.rows import Run, SettingsRow
from storage_worker.ledger.following import Position


def is_there(path: Path) -> bool:
    """Whether something is; where that can't be told, it counts as there. Blocks for the disk."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def is_still_at(path: Path, inode: int) -> bool:
    """Whether the file there is still the one with this number."""
    try:
        return path.lstat().st_ino == inode
    except FileNotFoundError:
        return False
    except OSError:
        return True


def hand_over(path: Path, output_dir: Path) -> int:
    """Give what root has made to the directory's owner, whose service could not write it otherwise; its inode.

    Raises `LedgerError` where it is gone again.
    """
    try:
        owner, status = output_dir.stat(), path.stat()
        if os.geteuid() == 0 and status.st_uid != owner.st_uid:
            for file in files_of(path):
                with contextlib.suppress(FileNotFoundError):
                    os.chown(file, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise LedgerError("other", f"{path}: {error.strerror}") from error
    return status.st_ino


def position_in(database: Database) -> Position | None:
    """Up to where events were heard when the ledger was last written. Raises `LedgerError`."""
    found = dict(database.rows("SELECT key, value FROM meta WHERE key IN ('boot', 'seq')"))
    return (str(found["boot"]), int(found["seq"])) if len(found) == 2 else None


def set_aside(path: Path, kind: str, wall_ns: int) -> Path:
    """Rename the ledger, and what is beside it, to `...damaged-TIME`; its new path. Raises OSError."""
    for earlier in path.parent.glob(f"{path.name}.{kind}-*"):
        earlier.unlink(missing_ok=True)
    when = time.strftime("%Y%m%dT%H%M%S", time.localtime(wall_ns // NS_PER_S))
    aside = path.with_name(f"{path.name}.{kind}-{when}")
    for file, new in zip(files_of(path), files_of(aside), strict=True):
        with contextlib.suppress(FileNotFoundError):
            file.rename(new)
    return aside


def runs_in(aside: Path) -> Iterator[tuple[str, Run]]:
    """What can still be read of the accounts in a damaged ledger: no tree says why a slot has no frame."""
    for name, *values in _readable(aside, "runs", "first_ms, last_ms, interval_ms, kind", "camera, kind, first_ms"):
        if all(isinstance(value, int) for value in values) and values[2] > 0 and values[0] <= values[1]:
            yield str(name), Run(*values)


def settings_in(aside: Path) -> Iterator[tuple[str, SettingsRow]]:
    """What can still be read of how cameras were configured, by time."""
    columns = "from_ms, interval_ms, window, zone, latitude, longitude"
    for name, *values in _readable(aside, "settings", columns, "camera, from_ms"):
        if [type(value) for value in values[:4]] == [int, int, str, str]:
            yield str(name), SettingsRow(*values)


def _readable(aside: Path, table: str, columns: str, order: str) -> Iterator[tuple[Any, ...]]:
    """The rows before the first that can't be read, each with its camera's name."""
    try:
        database = open_for_reading(aside)
    except LedgerError:
        return
    joined = f"{table} JOIN cameras ON cameras.id = {table}.camera"
    statement = f"SELECT name, {columns} FROM {joined} ORDER BY {order}"  # noqa: S608 - our own words
    try:
        yield from database.each(statement)
    except LedgerError:
        return
    finally:
        database.close()


def take_request(request: Path, complain: Callable[[str], None]) -> bool:
    """Remove the file that asks for a rebuild; whether it is to be followed: once, and not again and again."""
    try:
        request.unlink()
    except OSError as error:
        complain(f"{request}: can't be removed, so it is not followed: {error.strerror}")
        return False
    return True
