"""What became of the slots while no worker was there to tell: the disk knows.

Owns: comparing the slots of a span with the tree. Does not own: telling the result (`capture_worker.accounts`).
Invariant: a slot whose frame is on the disk is never told as missed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.grid import SlotRange, subtract
from capture_worker.plan import Plan
from shared.events import FrameWritten
from shared.tree import FoundFrame, frames_between


def look_back(
    camera_dir: Path, camera: str, plan: Plan, after_ns: int, before_ns: int
) -> Iterator[FrameWritten | SlotRange]:
    """The frames and the missed slots strictly between two times, in order. Blocks for the disk. Raises OSError."""
    by_slot = {frame.name.slot_ns: frame for frame in frames_between(camera_dir, after_ns + 1, before_ns)}
    parts: list[SlotRange | int] = []
    for slots in plan.slots_between(after_ns, before_ns):
        # A frame off the grid is of an interval that was changed meanwhile; it counts as what it is.
        parts += subtract(slots, sorted(slot_ns for slot_ns in by_slot if slots.first_ns <= slot_ns <= slots.last_ns))
    parts += by_slot.keys() - set(parts)
    for part in sorted(parts, key=lambda part: part if isinstance(part, int) else part.first_ns):
        yield part if isinstance(part, SlotRange) else _recovered(camera_dir, camera, by_slot[part])


def _recovered(camera_dir: Path, camera: str, frame: FoundFrame) -> FrameWritten:
    data, width, height = b"", 0, 0
    # It was whole when it was written; a card that loses bytes, or a file deleted since, is another matter than the
    # slot's account. A start that failed here would fail at the same frame each time.
    with contextlib.suppress(OSError, DamagedFrame):
        data = (camera_dir / frame.path).read_bytes()
        width, height = check_jpeg(data)
    return FrameWritten(
        camera=camera,
        slot_ns=frame.name.slot_ns,
        take=frame.name.take,
        path=f"{camera}/{frame.path}",
        bytes=len(data),
        width=width,
        height=height,
        recovered=True,
    )
