"""What became of the slots while no worker was there to tell: the disk knows.

Owns: comparing the slots of a span with the tree. Does not own: telling the result (`capture_worker.accounts`).
Invariant: a slot whose frame is on the disk is never told as missed, unless that frame was told already, and the slot
came a second time since.
"""

from __future__ import annotations

import contextlib
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.exif_read import HEAD_BYTES, read_note
from capture_worker.grid import SlotRange, subtract
from capture_worker.plan import Plan
from capture_worker.shot_note import says_unsynchronised
from shared.events import FrameWritten
from shared.frame_name import FrameName, raw_beside
from shared.tree import FoundFrame, frames_between


class Earlier(Struct, frozen=True):
    """Slots that were told before the clock was put back; none where the last is before the first."""

    first_ns: int = 0
    last_ns: int = -1

    def told(self, name: FrameName) -> bool:
        """Whether this frame was told then: what is lived a second time becomes a further take."""
        return name.take == 1 and self.first_ns <= name.slot_ns <= self.last_ns


class Span(Struct, frozen=True):
    """The time strictly between two instants, in slots."""

    after_ns: int
    before_ns: int
    earlier: Earlier = Earlier()


def look_back(
    camera_dir: Path, camera: str, plan: Plan, span: Span, still_alive: Callable[[], None]
) -> Iterator[FrameWritten | SlotRange]:
    """The frames and the missed slots of a span, in order, each frame that is news. Blocks for the disk.

    Calls `still_alive` again and again meanwhile. Raises OSError.
    """
    by_slot: dict[int, list[FoundFrame]] = {}
    for frame in frames_between(camera_dir, span.after_ns + 1, span.before_ns):
        still_alive()
        if not span.earlier.told(frame.name):
            by_slot.setdefault(frame.name.slot_ns, []).append(frame)
    for part in _parts(plan, span, sorted(by_slot), still_alive):
        if isinstance(part, SlotRange):
            yield part
        else:
            for frame in sorted(by_slot[part], key=lambda frame: frame.name):
                still_alive()
                yield _recovered(camera_dir, camera, frame, plan)


def _parts(plan: Plan, span: Span, taken: list[int], still_alive: Callable[[], None]) -> Iterator[SlotRange | int]:
    """The missed slots, and those that are taken, all in order.

    A frame off the grid is of an interval that was changed meanwhile, or of another window; it counts as what it is.
    """
    done = 0
    for slots in plan.slots_between(span.after_ns, span.before_ns):
        still_alive()
        first, last = bisect_left(taken, slots.first_ns, done), bisect_right(taken, slots.last_ns, done)
        yield from taken[done:first]
        yield from subtract(slots, taken[first:last])
        done = last
    yield from taken[done:]


def _recovered(camera_dir: Path, camera: str, frame: FoundFrame, plan: Plan) -> FrameWritten:
    data, width, height = b"", 0, 0
    # It was whole when it was written; a card that loses bytes, or a file deleted since, is another matter than the
    # slot's account. A start that failed here would fail at the same frame each time.
    with contextlib.suppress(OSError, DamagedFrame):
        data = (camera_dir / frame.path).read_bytes()
        width, height = check_jpeg(data).size
    raw_bytes = _size(camera_dir / raw_beside(frame.path))
    return FrameWritten(
        camera=camera,
        slot_ns=frame.name.slot_ns,
        take=frame.name.take,
        path=f"{camera}/{frame.path}",
        bytes=len(data),
        width=width,
        height=height,
        recovered=True,
        raw_path=f"{camera}/{raw_beside(frame.path)}" if raw_bytes else "",
        raw_bytes=raw_bytes,
        # What it does not say may mean that the clock was right, or that nobody knew.
        synchronised=False if says_unsynchronised(read_note(data[:HEAD_BYTES])) else None,
        # One off the grid is of an interval that was in force before.
        interval_ns=plan.grid.interval_ns if plan.grid.at_or_before(frame.name.slot_ns) == frame.name.slot_ns else None,
    )


def _size(file: Path) -> int:
    """Of a regular file; 0 where there is none."""
    try:
        status = file.lstat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
