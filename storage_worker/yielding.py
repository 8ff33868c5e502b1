"""Whose growth fills the disk, and how much of the archive may go for that of others (`storage.yield`).

Owns: that judgement, and what has to be remembered for it. Does not own: deleting, the thresholds, the file.
Invariant: pure. While others use no more than they did, nothing is ever held back, whatever the archive does. Whatever
others do, the archive is not cleaned below its share of what it would be without them.

How: others use what is in use and is neither frame nor ledger. `Ground.others` is what they used when the disk last had
room (was a step below `clean_to`: as far below as `clean_above` is above); less, if they have used less since.
`Ground.archive` is how large the archive would be had they stayed there: it follows everything that makes the archive
larger or smaller (new frames, `keep`, `max_size`, a hand) but what goes for the disk's room, up to what `clean_to`
leaves beside those others. So the archive may shrink to `(100 % - yield)` of that. When the disk has room again all of
it begins anew.
"""

from __future__ import annotations

import math

from msgspec import Struct

from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.status import GrowthStatus
from storage_worker.pressure import Need, used_bytes

_TOLD_PERCENT = 1.0
"""Of the disk: directories, the ledger and what is rounded move by less."""
_LEAST_PERCENT = 1.0
"""Of the disk: where cleaning is held back, it goes on when so much has been written, and not with each frame."""


class Ground(Struct, frozen=True):
    """What is remembered of one resource, bytes or inodes."""

    others: int
    archive: int


class Grounds(Struct, frozen=True):
    """What is remembered, of both. None where the file system does not count its inodes."""

    bytes: Ground
    inodes: Ground | None = None


class Resource(Struct, frozen=True):
    """One resource of the disk at one moment: `used` of `total`, of which the frames use `archive`.

    `beside` is what else is ours: the ledger.
    """

    used: int
    archive: int
    total: int
    beside: int = 0

    @property
    def others(self) -> int:
        """What is in use and is not ours."""
        return max(0, self.used - self.archive - self.beside)

    def entitled(self, others: int, storage: StorageConfig) -> int:
        """What `clean_to` leaves for the archive beside so much of others'."""
        return max(0, _share(storage.clean_to_percent, self.total) - self.beside - others)


def begun(now: Resource) -> Ground:
    """Nothing is remembered: it begins with what is."""
    return Ground(now.others, now.archive)


def followed(ground: Ground, now: Resource, own_change: int, storage: StorageConfig) -> Ground:
    """What has become of it. `own_change` is how the archive has changed, but for what went for the disk's room."""
    if now.used < _share(2 * storage.clean_to_percent - storage.clean_above_percent, now.total):
        return begun(now)
    others = min(ground.others, now.others)
    archive = max(ground.archive + own_change, now.archive)
    return Ground(others, max(0, min(archive, now.entitled(others, storage))))


def floor(ground: Ground, now: Resource, storage: StorageConfig) -> int:
    """Below which the archive must not go for room."""
    entitled = now.entitled(ground.others, storage)
    return math.ceil(min(ground.archive, entitled) * (100 - storage.yield_percent) / 100)


def allowed(wanted: int, ground: Ground, now: Resource, storage: StorageConfig) -> int:
    """How much of what has to go for room may."""
    least = floor(ground, now, storage)
    # Where nothing has to stay, nothing is held back for having been counted too low.
    return min(wanted, max(0, now.archive - least)) if least else wanted


class Yielding:
    """The judgement of one disk. `grounds` is what has to outlive this process; set it before the first call."""

    def __init__(self) -> None:
        self.grounds: Grounds | None = None
        self._known: tuple[int, int] | None = None
        self._freed = (0, 0)
        self._now: tuple[Resource, Resource | None] | None = None

    def freed_for_room(self, freed_bytes: int, freed_inodes: int) -> None:
        """So much was deleted because the disk was full."""
        self._freed = (self._freed[0] + freed_bytes, self._freed[1] + freed_inodes)

    def look(self, usage: DiskUsage, archive_bytes: int, archive_files: int, beside_bytes: int = 0) -> None:
        """These are the figures; `beside_bytes` of the ledger. Touches nothing that is remembered."""
        inodes = round(usage.total_inodes * (usage.inodes_percent or 0.0) / 100)
        self._now = (
            Resource(used_bytes(usage), archive_bytes, usage.usable_bytes, beside_bytes),
            Resource(inodes, archive_files, usage.total_inodes) if usage.total_inodes else None,
        )

    def follow(self, storage: StorageConfig) -> None:
        """The figures of the last `look` can be believed: all is counted, and the disk shows what was deleted."""
        if self._now is None:
            return
        of_bytes, of_inodes = self._now
        files = of_inodes.archive if of_inodes else 0
        before, self._known = self._known, (of_bytes.archive, files)
        freed, self._freed = self._freed, (0, 0)
        # What happened while nobody looked is taken for nothing: it would be guessing.
        changed = (0, 0) if before is None else (of_bytes.archive - before[0] + freed[0], files - before[1] + freed[1])
        known = self.grounds
        ground = begun(of_bytes) if known is None else followed(known.bytes, of_bytes, changed[0], storage)
        self.grounds = Grounds(ground, _followed_inodes(known, of_inodes, changed[1], storage))

    def limited(self, need: Need, storage: StorageConfig) -> Need | None:
        """What may go of what has to; None where it is nothing, or too little to begin."""
        if self.grounds is None or self._now is None:
            return need
        of_bytes, of_inodes = self._now
        bytes_allowed = allowed(need.bytes, self.grounds.bytes, of_bytes, storage)
        inodes_allowed = need.inodes
        if of_inodes is not None and self.grounds.inodes is not None:
            inodes_allowed = allowed(need.inodes, self.grounds.inodes, of_inodes, storage)
        found = Need(bytes_allowed, inodes_allowed, need.rule)
        if found == need:
            return need
        full = any(_is_full(resource, storage) for resource in self._now)
        enough = bytes_allowed > of_bytes.total * _LEAST_PERCENT / 100 or (
            of_inodes is not None and inodes_allowed > of_inodes.total * _LEAST_PERCENT / 100
        )
        return found if not found.met and (full or enough) else None

    def status(self, storage: StorageConfig) -> GrowthStatus | None:
        """What the figures of the last `look` mean; None where there are none."""
        if self._now is None:
            return None
        of_bytes, of_inodes = self._now
        plain = GrowthStatus(
            archive_bytes=of_bytes.archive, others_bytes=of_bytes.others, yield_percent=storage.yield_percent
        )
        if self.grounds is None:
            return plain
        pairs = [(self.grounds.bytes, of_bytes)]
        if self.grounds.inodes is not None and of_inodes is not None:
            pairs.append((self.grounds.inodes, of_inodes))
        return GrowthStatus(
            archive_bytes=of_bytes.archive,
            others_bytes=of_bytes.others,
            others_grown_bytes=max(0, of_bytes.others - self.grounds.bytes.others),
            yielded_percent=max(_yielded_percent(ground, now, storage) for ground, now in pairs),
            yield_percent=storage.yield_percent,
            exhausted=any(_is_exhausted(ground, now, storage) for ground, now in pairs),
        )


def why_they_go(growth: GrowthStatus) -> str:
    """That frames go because of others, in words."""
    return (
        f"other files on this disk have grown by {_size(growth.others_grown_bytes)}, and {growth.yielded_percent:g} % "
        f"of the archive goes for them; up to {growth.yield_percent:g} % may (storage.yield)"
    )


def why_held_back(growth: GrowthStatus, output_dir: str) -> str:
    """That nothing more goes, and what to do, in words."""
    return (
        f"other files on this disk have grown by {_size(growth.others_grown_bytes)}, and storage.yield "
        f"({growth.yield_percent:g} %) lets no more of the archive go for them: make room on the disk of {output_dir}, "
        "or raise storage.yield"
    )


def _size(count_bytes: int) -> str:
    return f"{count_bytes / 1e9:.1f} GB" if count_bytes >= 1e9 else f"{count_bytes / 1e6:.1f} MB"


def _followed_inodes(
    known: Grounds | None, now: Resource | None, own_change: int, storage: StorageConfig
) -> Ground | None:
    if now is None:
        return None
    if known is None or known.inodes is None:
        return begun(now)
    return followed(known.inodes, now, own_change, storage)


def _yielded_percent(ground: Ground, now: Resource, storage: StorageConfig) -> float:
    """How much of the archive has gone for others, or will when it is cleaned up next."""
    if now.others - ground.others <= _share(_TOLD_PERCENT, now.total):
        return 0.0
    unhindered = min(ground.archive, now.entitled(ground.others, storage))
    left = min(now.entitled(now.others, storage), unhindered)
    return round(100 * (unhindered - left) / unhindered, 1) if unhindered else 0.0


def _is_exhausted(ground: Ground, now: Resource, storage: StorageConfig) -> bool:
    """Whether the disk is above the watermark, and nothing may be done about it because of others."""
    if now.used <= _share(storage.clean_above_percent, now.total):
        return False
    wanted = now.used - _share(storage.clean_to_percent, now.total)
    held_back = wanted - allowed(wanted, ground, now, storage)
    return held_back > 0 and now.others - ground.others > _share(_TOLD_PERCENT, now.total)


def _is_full(resource: Resource | None, storage: StorageConfig) -> bool:
    return resource is not None and resource.used > resource.total * storage.stop_above_percent / 100


def _share(percent: float, of: int) -> int:
    return math.floor(of * percent / 100)
