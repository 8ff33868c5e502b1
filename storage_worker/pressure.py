"""How full is too full, and how much must go.

Owns: the levels, how often they are told, and the arithmetic of a clean-up. Does not own: asking the disk, deleting.
Invariant: pure. A level is a function of the disk's figures alone, with no memory: capture judges the same figures in
the same way before each frame, and a `full` that outlasts its judgement would cost slots that had room. What keeps the
disk from going to and fro is the distance from `clean_above` down to `clean_to`.
"""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct

from shared.causes import PressureLevel
from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from shared.events import DiskPressure
from shared.status import ForecastStatus, GrowthStatus

_REPEAT_NS: dict[PressureLevel, int] = {"ok": 60 * NS_PER_S, "high": NS_PER_S, "full": NS_PER_S}
_LOOK_NS: dict[PressureLevel, int] = {"ok": 10 * NS_PER_S, "high": NS_PER_S, "full": NS_PER_S}


class Need(Struct, frozen=True):
    """What still has to be deleted. It may go below zero: the last frame was larger than what was left to do.

    `rule` is what needs the room.
    """

    bytes: int = 0
    inodes: int = 0
    rule: Literal["pressure", "max_size"] = "pressure"

    @property
    def met(self) -> bool:
        """Nothing more has to go."""
        return self.bytes <= 0 and self.inodes <= 0

    def is_nearer_by(self, freed_bytes: int, freed_inodes: int) -> bool:
        """Whether that much helps with what is still to do."""
        return (self.bytes > 0 and freed_bytes > 0) or (self.inodes > 0 and freed_inodes > 0)

    def less(self, freed_bytes: int, freed_inodes: int) -> Need:
        """What is left after that much was deleted."""
        return Need(self.bytes - freed_bytes, self.inodes - freed_inodes, self.rule)


def level_of(usage: DiskUsage, storage: StorageConfig) -> PressureLevel:
    """`full` above `stop_above`, `high` above `clean_above`, by the fuller of bytes and inodes."""
    if usage.worst_percent > storage.stop_above_percent:
        return "full"
    return "high" if usage.worst_percent > storage.clean_above_percent else "ok"


def repeat_after_ns(level: PressureLevel) -> int:
    """How long after a `disk.pressure` of this level the next one is due."""
    return _REPEAT_NS[level]


def look_after_ns(level: PressureLevel) -> int:
    """How long after a look at the disk the next one is due, without a frame meanwhile: others fill disks too."""
    return _LOOK_NS[level]


def need_of(usage: DiskUsage, clean_to_percent: float) -> Need:
    """What must be deleted to come from these figures down to `clean_to_percent`, in bytes and in inodes."""
    inodes_percent = usage.inodes_percent or 0.0
    return Need(
        bytes=_share(usage.used_percent - clean_to_percent, usage.usable_bytes),
        inodes=_share(inodes_percent - clean_to_percent, usage.total_inodes),
    )


def used_bytes(usage: DiskUsage) -> int:
    """What is in use."""
    return round(usage.usable_bytes * usage.used_percent / 100)


def pressure_event(
    usage: DiskUsage,
    level: PressureLevel,
    path: str,
    detail: str,
    *,
    forecast: ForecastStatus | None = None,
    growth: GrowthStatus | None = None,
) -> DiskPressure:
    """The figures as the tap has them."""
    return DiskPressure(
        level=level,
        used_percent=usage.used_percent,
        free_bytes=usage.free_bytes,
        inodes_percent=usage.inodes_percent,
        path=path,
        detail=detail,
        forecast=forecast,
        growth=growth,
    )


def _share(percent: float, of: int) -> int:
    return max(0, math.ceil(of * percent / 100))
