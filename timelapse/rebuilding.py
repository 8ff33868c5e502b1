"""`timelapse frames --rebuild`: the whole ledger compared with the tree again.

Owns: asking for it, and the progress. Does not own: the comparison (`storage_worker.ledger`).
Invariant: who holds the output directory does it: the storage worker that runs, else this process, which then holds it.
What no tree can tell (misses, settings, brightness) stays as it is noted.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from shared import tree
from shared.clock import NS_PER_MS, NS_PER_S, SystemClock
from shared.errors import EX_OK, BusyError, DiskError
from shared.ledger.database import LedgerError
from shared.ledger.reading import reading
from shared.ledger.schema import REBUILD_NAME
from timelapse import terminal
from timelapse.show.words import count, interval
from timelapse.where import Where

_TURN_S = 0.3
_TAKEN_S = 30.0
"""A storage worker looks for a request each five seconds, and may be at other work for some more."""


def rebuild(place: Where) -> int:
    """Have it done, and wait for the end; the exit status. Raises `DiskError`, `BusyError`."""
    from storage_worker.claim import OutputDirectory
    from storage_worker.ledger.keeper import Keeper

    output_dir = place.output_dir
    if not output_dir.is_dir():
        raise DiskError(f"{output_dir}: there is no such directory, so there is nothing to compare")
    began_ms = time.time_ns() // NS_PER_MS
    request = _request(output_dir)
    try:
        claim = OutputDirectory(output_dir, require_mount=place.configuration.require_mount)
    except BusyError:
        _wait(output_dir, began_ms, _taken_in_time(request))
        return EX_OK
    clock = SystemClock()
    keeper = Keeper(claim.path, place.configuration, clock, None)
    try:
        _wait(output_dir, began_ms, lambda: keeper.work(clock.mono_ns() + int(_TURN_S * NS_PER_S)))
    finally:
        keeper.close()
    return EX_OK


def _request(output_dir: Path) -> Path:
    request = output_dir / REBUILD_NAME
    try:
        os.close(os.open(request, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
    except OSError as error:
        raise DiskError(f"{request}: can't be made: {error.strerror}. Try it as the service's user") from error
    return request


def _taken_in_time(request: Path) -> Callable[[], None]:
    """Wait a little; raises `BusyError` where the storage worker does not take the request."""
    until_s = time.monotonic() + _TAKEN_S

    def turn() -> None:
        time.sleep(_TURN_S)
        if time.monotonic() > until_s and request.exists():
            with contextlib.suppress(OSError):
                request.unlink()
            raise BusyError(f"the storage worker that has {request.parent} did not begin within {interval(_TAKEN_S)}")

    return turn


def _wait(output_dir: Path, began_ms: int, turn: Callable[[], None]) -> None:
    total = sum(1 for camera in tree.cameras(output_dir) for _ in tree.days(output_dir / camera))
    while True:
        turn()
        done, compared_ms = _progress(output_dir)
        _show(min(done, total), total)
        if compared_ms >= began_ms:
            break
    if terminal.is_terminal():
        print()
    print(f"compared {count(total, 'day')} with the ledger")


def _progress(output_dir: Path) -> tuple[int, int]:
    """How many days have been compared, and when all had last been."""
    try:
        with reading(output_dir) as reader:
            days = [row for camera in reader.cameras for row in reader.days(camera).values()]
            return sum(row.stamp_ns != 0 for row in days), reader.compared_ms()
    except LedgerError:
        return 0, 0


def _show(done: int, total: int) -> None:
    if not terminal.is_terminal():
        return
    length = max(10, min(50, terminal.columns() - 30))
    filled = round(length * done / total) if total else length
    sys.stdout.write(f"\r[{'#' * filled}{'.' * (length - filled)}] {done:,} of {total:,} days")
    sys.stdout.flush()
