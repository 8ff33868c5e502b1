"""What is in the ledger: the tables, and the numbers that stand for words in them.

Owns: the file's name, the version, the DDL. Does not own: reading and writing rows.
Invariant: within one `VERSION` a table never changes. A cause keeps its number for ever; new ones are put at the end.
"""

from __future__ import annotations

from shared.causes import MissCause

FILE_NAME = ".ledger.sqlite"
REBUILD_NAME = ".ledger.rebuild"
"""A file of this name in the output directory asks the storage worker to compare every day with the ledger again."""
VERSION = 3

RECORDED = 0
"""The kind of a run of slots that have a frame, or had one that was deleted since."""
# Invariant: their numbers stand in ledgers. So this is a list of its own; what is new comes last, and none ever moves.
_CAUSES: tuple[MissCause, ...] = (
    "hang",
    "crash",
    "camera_lost",
    "stale",
    "damaged",
    "disk_full",
    "disk_error",
    "overrun",
    "starting",
    "clock_step",
    "stopped",
    "down",
    "unknown",
)
KIND_OF_CAUSE: dict[str, int] = {cause: number for number, cause in enumerate(_CAUSES, start=1)}

# Rows are small because SQLite stores small whole numbers in few bytes, 0 and 1 in none: milliseconds rather than
# nanoseconds, a camera's number rather than its name. A path is not stored, being a function of slot, offset and take.
# Brightness is in ten thousandths of white, `brightness_e4`; `brightness_percent`, whole ones, is what rows of before
# version 3 have instead.
TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE cameras (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE frames (
        camera INTEGER NOT NULL, slot_ms INTEGER NOT NULL, take INTEGER NOT NULL, offset_min INTEGER NOT NULL,
        bytes INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, brightness_percent INTEGER, exposure_us INTEGER,
        synchronised INTEGER, checksum INTEGER, brightness_e4 INTEGER,
        PRIMARY KEY (camera, slot_ms, take, offset_min)) WITHOUT ROWID""",
    """CREATE TABLE runs (
        camera INTEGER NOT NULL, kind INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
        first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        PRIMARY KEY (camera, kind, interval_ms, first_ms)) WITHOUT ROWID""",
    """CREATE TABLE days (
        camera INTEGER NOT NULL, day INTEGER NOT NULL,
        stamp_ns INTEGER NOT NULL, frames INTEGER NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (camera, day)) WITHOUT ROWID""",
    """CREATE TABLE settings (
        camera INTEGER NOT NULL, from_ms INTEGER NOT NULL, interval_ms INTEGER NOT NULL, window TEXT NOT NULL,
        zone TEXT NOT NULL, latitude REAL, longitude REAL,
        PRIMARY KEY (camera, from_ms)) WITHOUT ROWID""",
)

UPGRADES: dict[int, tuple[str, ...]] = {
    1: ("ALTER TABLE frames ADD COLUMN synchronised INTEGER", "ALTER TABLE frames ADD COLUMN checksum INTEGER"),
    2: ("ALTER TABLE frames ADD COLUMN brightness_e4 INTEGER",),
}
"""What makes the next version of an earlier one. Each is done within milliseconds, however many rows there are."""


def cause_of(kind: int) -> MissCause | None:
    """The cause that a number stands for, None for `RECORDED`; `unknown` for one of a later version."""
    if kind == RECORDED:
        return None
    return _CAUSES[kind - 1] if kind <= len(_CAUSES) else "unknown"
