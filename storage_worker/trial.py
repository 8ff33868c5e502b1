"""What a clean-up would delete, found out by carrying one out that deletes nothing.

Owns: looking instead of deleting, and the list of what would go. Does not own: any decision: they are those of the
worker, in the same order.
Invariant: nothing on the disk is changed, and no lock is needed: an archive that grows meanwhile is as it was when it
was looked at.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct, structs

from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.frame_name import frame_beside, raw_beside
from storage_worker.archive import Archive
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.delete import Deleted, Refused, is_frame_path
from storage_worker.keeping.judge import Moment
from storage_worker.keeping_book import KeepingBook
from storage_worker.naming_clock import named_unsynchronised
from storage_worker.own_files import own_bytes
from storage_worker.pressure import Need
from storage_worker.schedule import Schedule
from storage_worker.set_aside import SetAside
from storage_worker.settling import Settling
from storage_worker.totals import Totals
from storage_worker.yielding import Yielding, why_held_back

_BLOCK_BYTES = 512
_MOST_ROUNDS = 8
_LONG_AGO_NS = 1 << 61


class WouldGo(Struct, frozen=True):
    """A frame that would be deleted. `path` is relative to the output directory; `bytes` is what that frees."""

    path: str
    rule: str
    bytes: int


class Found(Struct, frozen=True):
    """What a clean-up would do. `details` say what would stay that should go, `complaints` what can't be looked at."""

    would_go: list[WouldGo]
    details: list[str]
    complaints: list[str]
    archive_bytes: int | None


class _Looking:
    """In the place of deleting. A frame that would have gone is not there any more."""

    def __init__(self, totals: Totals) -> None:
        self.totals = totals
        self.gone: set[str] = set()
        self.would_go: list[WouldGo] = []

    def delete(self, output_dir: Path, path: str) -> Deleted | Refused:
        frame_path = frame_beside(path)
        if not is_frame_path(frame_path):
            return Refused("not a frame's path")
        if frame_path in self.gone:
            return Deleted(found=False)
        found = [status for each in (frame_path, raw_beside(frame_path)) if (status := _looked_at(output_dir / each))]
        self.gone.add(frame_path)
        freed = [status for status in found if status.st_nlink == 1]
        return Deleted(sum(status.st_blocks for status in freed) * _BLOCK_BYTES, len(freed), bool(found))

    def note(self, path: str, rule: str, deleted: Deleted) -> None:
        self.totals.deleted(path, deleted.freed_bytes, deleted.freed_inodes)
        self.would_go.append(WouldGo(path, rule, deleted.freed_bytes))


def look(
    output_dir: Path, storage: StorageConfig, usage: DiskUsage, *, wall_ns: int, synchronised: bool | None
) -> Found:
    """What an order to prune would delete now. Blocks for the disk: every day is listed once."""
    complaints = list[str]()
    totals = Totals(output_dir, lambda path, error: complaints.append(f"{path}: {error.strerror}"), keeps_file=False)
    totals.load()
    yielding = Yielding()
    yielding.grounds = totals.grounds
    looking = _Looking(totals)
    archive = Archive(output_dir, complaints.append)
    around = Surroundings(
        output_dir,
        archive,
        SetAside(),
        lambda: Moment(wall_ns=wall_ns, settled_ns=_LONG_AGO_NS),
        lambda: 0,
        complaints.append,
        delete=looking.delete,
        remove_day=lambda _output_dir, _camera, _day: False,
        note=looking.note,
        unsynchronised=lambda path: named_unsynchronised(output_dir, path),
    )
    archive_bytes = _size_of(totals, archive, wall_ns) if storage.max_size_bytes else None
    schedule, details = Schedule(0), list[str]()
    schedule.ordered()
    for _ in range(_MOST_ROUNDS):
        if totals.grounds is not None:
            yielding.look(usage, totals.bytes, totals.files, own_bytes(output_dir))
        need = schedule.due(
            usage,
            storage,
            written_bytes=0,
            now_ns=0,
            today="",
            synchronised=synchronised,
            archive_bytes=archive_bytes,
            limited=lambda need: yielding.limited(need, storage),
        )
        if need is None:
            growth = yielding.status(storage)
            details += [why_held_back(growth, str(output_dir))] if growth is not None and growth.exhausted else []
            break
        rules = schedule.rules(storage, 0, synchronised=synchronised)
        done = _cleaned(around, rules, need, KeepingBook(output_dir, keeps_file=False) if need.met else None)
        if not done.need.met:
            details.append(done.why_not_more())
        usage = _less(usage, done.freed_bytes, done.freed_inodes)
        archive_bytes = None if archive_bytes is None else archive_bytes - done.freed_bytes
        schedule.ended(Settling(0, 0, 0, 0), met=done.need.met, failures=False)
    return Found(looking.would_go, details, complaints, archive_bytes)


def _cleaned(around: Surroundings, rules: StorageConfig, need: Need, book: KeepingBook | None) -> CleanUp:
    around.archive.stale = True
    clean_up = CleanUp(around, rules, need, book)
    for _ in clean_up.steps():
        pass
    return clean_up


def _size_of(totals: Totals, archive: Archive, wall_ns: int) -> int:
    for _ in totals.refresh(archive.directories(), wall_ns):
        pass
    return totals.bytes


def _less(usage: DiskUsage, freed_bytes: int, freed_inodes: int) -> DiskUsage:
    percent = 100.0 * freed_bytes / usage.usable_bytes if usage.usable_bytes else 0.0
    inodes = usage.inodes_percent
    if inodes is not None and usage.total_inodes:
        inodes -= 100.0 * freed_inodes / usage.total_inodes
    return structs.replace(
        usage,
        used_percent=usage.used_percent - percent,
        free_bytes=usage.free_bytes + freed_bytes,
        inodes_percent=inodes,
    )


def _looked_at(path: Path) -> os.stat_result | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None
