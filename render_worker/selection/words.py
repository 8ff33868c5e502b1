"""What is said where there is nothing to render.

Owns: those words, and looking for what there is instead. Does not own: choosing.
Invariant: it says where it was looked, for what, and what there is; and it raises nothing of its own.
"""

from __future__ import annotations

import time

from render_worker.request import Picking
from shared.clock import NS_PER_MS
from shared.ledger.archive import Archive
from shared.ledger.rows import DAY_MS, row_of_name
from shared.tree import newest_frame

_NO_END_MS = 1 << 53
_LAST_MS = 221_845_000_000_000
"""In the year 9000, where ranges without an end have theirs."""


def nothing_found(archive: Archive, camera: str, picking: Picking) -> str:
    """No frame of that camera is left; what there is. Blocks for the disk."""
    where = archive.output_dir.absolute() / camera
    try:
        cameras = archive.cameras()
        extent = _extent(archive, camera)
    except OSError as error:
        return f"{where}: can't be read: {error.strerror}"
    if extent is None:
        others = [name for name in cameras if name != camera]
        instead = f"; there are frames of: {', '.join(others)}" if others else ""
        return f"{where}: there are no frames of camera {camera} at all{instead}"
    limits = f" that {picking.between} leaves in" if picking.between else ""
    if picking.between == "solar-noon":
        limits = " within three hours of the sun's noon"
    asked = f"from {_said(picking.first_ms)} to {_said(picking.end_ms)}"
    return f"{where}: no frame {asked}{limits}; there are frames from {_said(extent[0])} to {_said(extent[1])}"


def _extent(archive: Archive, camera: str) -> tuple[int, int] | None:
    """The slots of the first and the last frame there is."""
    first = next(archive.frames(camera, 0, _NO_END_MS), None)
    last = newest_frame(archive.output_dir / camera, _LAST_MS * NS_PER_MS)
    row = row_of_name(last.path.rpartition("/")[2]) if last else None
    if first is None or row is None:
        return None
    return first.slot_ms, row.slot_ms


def _said(at_ms: int) -> str:
    if at_ms <= DAY_MS:
        return "the beginning"
    if at_ms >= _LAST_MS:
        return "the end"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_ms // 1000))
