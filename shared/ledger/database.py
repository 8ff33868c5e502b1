"""The one module that imports sqlite3: opening the ledger's file, and what its errors mean.

Owns: connections and their settings, and the words for what can go wrong. Does not own: any statement about a slot.
Invariant: nothing but `LedgerError` comes out, with its kind; the writer never waits for another process's lock.
sqlite3 is loaded when a ledger is opened, and not before.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shared.errors import TimelapseError
from shared.ledger.schema import TABLES, UPGRADES, VERSION

if TYPE_CHECKING:
    import sqlite3

Kind = Literal["locked", "damaged", "full", "newer", "empty", "other"]
Parameters = Sequence[Any]

_BUSY, _LOCKED, _CORRUPT, _FULL, _NOT_A_DATABASE = 5, 6, 11, 13, 26
_CACHE_KIB = 512
_CHECKPOINT_PAGES = 250
"""1 MB: what a checkpoint has to write in one go stays well below a second on a slow card."""
_WAL_LIMIT_BYTES = 1 << 20
_READER_WAITS_S = 2.0
"""A writer that opens or closes the file has it to itself for some milliseconds."""


class LedgerError(TimelapseError):
    """The ledger could not be read or written. `kind` says what can be done about it."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Database:
    """One connection. Not for several threads; close it when done, which may be done twice."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection

    def rows(self, statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Everything that a statement gives."""
        with _translated(self.path):
            return self._connection.execute(statement, parameters).fetchall()

    def each(self, statement: str, parameters: Parameters = ()) -> Iterator[tuple[Any, ...]]:
        """What a statement gives, read as it is taken: the database's state of the first row lasts to the last."""
        with _translated(self.path):
            yield from self._connection.execute(statement, parameters)

    def run(self, statement: str, parameters: Parameters = ()) -> int:
        """Carry a statement out; how many rows it changed."""
        with _translated(self.path):
            return self._connection.execute(statement, parameters).rowcount

    def run_each(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Carry a statement out once for each set of parameters."""
        with _translated(self.path):
            self._connection.executemany(statement, parameters)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is in the block, or nothing: it is on the disk when the block has been left. Blocks for it."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            with contextlib.suppress(LedgerError):
                self.run("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go of the file. The last one to do so puts everything into it, where it may write."""
        with contextlib.suppress(LedgerError), _translated(self.path):
            self._connection.close()


def open_for_writing(path: Path) -> Database:
    """The ledger at `path`, made where there is none. Blocks for the disk. Raises `LedgerError`."""
    database = _connected(path, "rwc")
    try:
        _prepare(database)
    except LedgerError:
        database.close()
        raise
    return database


def open_for_reading(path: Path) -> Database:
    """The ledger at `path` as it is, whoever writes it and whatever may be written here. Raises `LedgerError`.

    Who may not write next to the file can't open it while nobody else has it open (its shared memory file is gone
    then). Without a write-ahead log the file itself is all there is, and lies still.
    """
    try:
        return _checked(_connected(path, "ro"))
    except LedgerError as error:
        if error.kind not in {"other", "full"} or _has_content(_beside(path, "-wal")):
            raise
    return _checked(_connected(path, "ro&immutable=1"))


def files_of(path: Path) -> list[Path]:
    """The file and those that SQLite keeps beside it."""
    return [path, _beside(path, "-wal"), _beside(path, "-shm")]


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _connected(path: Path, mode: str) -> Database:
    import sqlite3  # noqa: PLC0415 - 2 MB that only who needs a ledger pays for

    with _translated(path):
        # isolation_level=None: what is a transaction is said here, and nowhere guessed.
        return Database(
            sqlite3.connect(
                f"file:{_quoted(path)}?mode={mode}",
                uri=True,
                timeout=0.0 if mode == "rwc" else _READER_WAITS_S,
                isolation_level=None,
                cached_statements=32,
            ),
            path,
        )


def _quoted(path: Path) -> str:
    """A path as it stands in a URI. urllib, which can do this too, is half a megabyte."""
    return os.fspath(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _checked(database: Database) -> Database:
    """One that can be read: opening alone reads nothing."""
    try:
        version = _check_version(database)
        if version < VERSION:
            what = f"written by an earlier version ({version})" if version else "nothing is in it yet"
            raise LedgerError("empty", f"{database.path}: {what}")
        database.run(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except LedgerError:
        database.close()
        raise
    return database


def _prepare(database: Database) -> None:
    version = _check_version(database)
    if database.rows("PRAGMA journal_mode = WAL") != [("wal",)]:
        # A file system without shared memory maps, of a network mostly: slower, and still whole.
        database.run("PRAGMA journal_mode = TRUNCATE")
    for setting in (
        # Rows of misses can be had from nowhere else: each commit is on the disk when it returns.
        "synchronous = FULL",
        f"cache_size = -{_CACHE_KIB}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        "temp_store = MEMORY",
    ):
        database.rows(f"PRAGMA {setting}")
    if version == 0:
        with database.transaction():
            for table in TABLES:
                database.run(table)
            database.run(f"PRAGMA user_version = {VERSION}")
    while 0 < version < VERSION:
        with database.transaction():
            for statement in UPGRADES[version]:
                database.run(statement)
            version += 1
            database.run(f"PRAGMA user_version = {version}")


def _check_version(database: Database) -> int:
    version: int = database.rows("PRAGMA user_version")[0][0]
    if version > VERSION:
        raise LedgerError("newer", f"{database.path}: written by a later version of timelapse")
    if version == 0 and database.rows("SELECT count(*) FROM sqlite_master")[0][0]:
        raise LedgerError("damaged", f"{database.path}: not a ledger")
    return version


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    import sqlite3  # noqa: PLC0415 - see `_connected`

    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        raise LedgerError(_kind_of(code), f"{path}: {error}") from error


def _kind_of(code: int) -> Kind:
    if code in {_BUSY, _LOCKED}:
        return "locked"
    if code in {_CORRUPT, _NOT_A_DATABASE}:
        return "damaged"
    return "full" if code == _FULL else "other"
