"""The rows of runs: each account joined to those that it continues.

Owns: what a new account does to the rows that are there. Does not own: when it is written (`batch`).
Invariant: among runs that are alike (camera, kind, interval) none touches another. Writing one twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.ledger.database import Database
from shared.ledger.rows import Run
from shared.ledger.schema import RECORDED


def write_run(database: Database, camera: int, run: Run) -> None:
    """Add a run, joined to those that it continues: among runs that are alike none touches another."""
    alike = (camera, run.kind, run.interval_ms)
    among = "FROM runs WHERE (camera, kind, interval_ms) = (?, ?, ?) AND first_ms"
    first_ms, last_ms = run.first_ms, run.last_ms
    before = database.rows(f"SELECT first_ms, last_ms {among} <= ? ORDER BY first_ms DESC LIMIT 1", (*alike, first_ms))
    if before and before[0][1] + run.interval_ms >= first_ms:
        if before[0][1] >= last_ms:
            return
        first_ms = before[0][0]
    after = database.rows(
        f"SELECT max(last_ms) {among} > ? AND first_ms <= ?",
        (*alike, first_ms, last_ms + run.interval_ms),
    )
    if after[0][0] is not None:
        database.run(f"DELETE {among} > ? AND first_ms <= ?", (*alike, first_ms, last_ms + run.interval_ms))
        last_ms = max(last_ms, after[0][0])
    database.run("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", (*alike, first_ms, last_ms))


def take_over(database: Database, camera: int, run: Run) -> None:
    """Take the slots of a recorded run, whose interval was told, out of those that were guessed to have another."""
    for interval_ms in _intervals(database, camera):
        if interval_ms == run.interval_ms:
            continue
        for other in _overlapping(database, camera, interval_ms, run):
            key = (camera, RECORDED, interval_ms, other.first_ms)
            left = list(_without(other, run))
            if left == [other]:
                continue
            database.run("DELETE FROM runs WHERE (camera, kind, interval_ms, first_ms) = (?, ?, ?, ?)", key)
            database.run_each(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?)",
                ((camera, RECORDED, interval_ms, part.first_ms, part.last_ms) for part in left),
            )


def not_recorded(database: Database, camera: int, guess: Run) -> list[Run]:
    """What of a run, whose interval is a guess, is not recorded with another one already."""
    left = [guess]
    for interval_ms in _intervals(database, camera):
        if interval_ms != guess.interval_ms:
            for other in _overlapping(database, camera, interval_ms, guess):
                left = [part for each in left for part in _without(each, other)]
    return left


def _intervals(database: Database, camera: int) -> list[int]:
    """Those of all recorded runs: one step in the index for each."""
    found: list[int] = []
    statement = "SELECT min(interval_ms) FROM runs WHERE camera = ? AND kind = ? AND interval_ms > ?"
    while (following := database.rows(statement, (camera, RECORDED, found[-1] if found else -1))[0][0]) is not None:
        found.append(following)
    return found


def _overlapping(database: Database, camera: int, interval_ms: int, run: Run) -> list[Run]:
    among = "SELECT first_ms, last_ms FROM runs WHERE camera = ? AND kind = ? AND interval_ms = ? AND first_ms"
    alike = (camera, RECORDED, interval_ms)
    found = database.rows(f"{among} < ? ORDER BY first_ms DESC LIMIT 1", (*alike, run.first_ms))
    found += database.rows(f"{among} BETWEEN ? AND ?", (*alike, run.first_ms, run.last_ms))
    return [Run(first_ms, last_ms, interval_ms, RECORDED) for first_ms, last_ms in found if last_ms >= run.first_ms]


def _without(other: Run, run: Run) -> Iterator[Run]:
    """What is left of `other` without the slots of `run`."""
    first_ms = other.first_ms
    begin_ms = max(
        first_ms, other.first_ms + -(-(run.first_ms - other.first_ms) // other.interval_ms) * other.interval_ms
    )
    for slot_ms in range(begin_ms, min(other.last_ms, run.last_ms) + 1, other.interval_ms):
        if (slot_ms - run.first_ms) % run.interval_ms:
            continue
        if slot_ms > first_ms:
            yield Run(first_ms, slot_ms - other.interval_ms, other.interval_ms, other.kind)
        first_ms = slot_ms + other.interval_ms
    if first_ms <= other.last_ms:
        yield Run(first_ms, other.last_ms, other.interval_ms, other.kind)
