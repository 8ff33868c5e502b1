"""A render in words: what stands in the file, and what a person has to know of it.

Owns: those words. Does not own: the numbers.
Invariant: pure. A time is told in the zone that stands in its frame's name.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from render_worker.request import RenderRequest
from render_worker.selection.chosen import GONE, Chosen, Gap, Selection
from shared.version import VERSION

_MOST_NAMED = 3
_MS_PER_MINUTE = 60_000


def metadata(request: RenderRequest, selection: Selection) -> dict[str, str]:
    """What stands in the file, by the names that ffmpeg has for it."""
    first, last = selection.frames[0], selection.frames[-1]
    return {
        "title": title_of(request, selection),
        "comment": f"{len(selection.frames):,} frames of camera {request.camera}, from {moment(first, seconds=True)} "
        f"to {moment(last, seconds=True)}; made by timelapse {VERSION}",
        "date": moment(first)[:10],
        "creation_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first.slot_ms // 1000)),
    }


def title_of(request: RenderRequest, selection: Selection) -> str:
    """As it was asked for, else the camera and the range: `main, 2026-11-22 06:00 to 18:00`."""
    if request.title:
        return request.title
    first, last = moment(selection.frames[0]), moment(selection.frames[-1])
    if first == last:
        return f"{request.camera}, {first}"
    return f"{request.camera}, {first} to {last[11:] if first[:10] == last[:10] else last}"


def moment(chosen: Chosen, *, seconds: bool = False) -> str:
    """`2026-11-22 14:05`, in the frame's own zone."""
    local_s = (chosen.slot_ms + chosen.offset_min * _MS_PER_MINUTE) // 1000
    return time.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M", time.gmtime(local_s))


def causes_of(gaps: Iterable[Gap]) -> dict[str, int]:
    """How many slots are missing for what."""
    causes: Counter[str] = Counter()
    for gap in gaps:
        causes[gap.cause] += gap.missing
    return dict(causes.most_common())


def left_out(frames: Sequence[Chosen], damaged: Mapping[int, str]) -> list[str]:
    """A sentence for each of the first few frames that could not be used, and one for the rest.

    Not for what was deleted meanwhile: there is nothing wrong with that.
    """
    wrong = [index for index in sorted(damaged) if damaged[index] != GONE]
    named = [f"left out: {frames[index].path}: {damaged[index]}" for index in wrong[:_MOST_NAMED]]
    more = len(wrong) - len(named)
    return [*named, f"and {more:,} more were left out"] if more else named
