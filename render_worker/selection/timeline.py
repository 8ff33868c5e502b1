"""Which frame each picture of a video shows.

Owns: what gaps become: the last frame held, a fade to the next one, or nothing. Does not own: which gaps there are
(`finding`), blending (`fade`).
Invariant: pure. Every frame is shown, in order, and time never goes back. A weight is between 0 and 1, both excluded
where there is a fade.
"""

from __future__ import annotations

from collections.abc import Iterator

from render_worker.request import Gaps
from render_worker.selection.chosen import Picture, Selection
from render_worker.selection.picking import most_held


def timeline(selection: Selection, gaps: Gaps, fps: float) -> list[Picture]:
    """One for each picture of the video, in order. A gap is at most 2 s of it, however long it was.

    `hold` repeats the frame before a gap so often that what comes later is where it belongs in time; `fade` goes over
    to the frame behind it in as many pictures; `skip` takes no time for it.
    """
    return list(_pictures(selection, gaps, most_held(fps)))


def _pictures(selection: Selection, gaps: Gaps, most: int) -> Iterator[Picture]:
    held = {} if gaps == "skip" else {gap.after.slot_ms: min(gap.held_pictures, most) for gap in selection.gaps}
    for index, frame in enumerate(selection.frames):
        yield Picture(index)
        count = held.get(frame.slot_ms, 0) if index + 1 < len(selection.frames) else 0
        for number in range(1, count + 1):
            yield Picture(index, index + 1, number / (count + 1)) if gaps == "fade" else Picture(index)
