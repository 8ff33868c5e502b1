"""One render, from a request to a file under its name.

Owns: the order of the steps: choose, measure, render, finish. Does not own: any of them.
Invariant: the file gets its name in the last step, whole and on the disk; whatever ends the render before that leaves
nothing. No frame is changed.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

from msgspec.structs import replace

from render_worker import describing
from render_worker.course import Course
from render_worker.encoding.output import Unfinished
from render_worker.preparing import check_output, opened, pictures_of, selection_of
from render_worker.request import RenderRequest
from render_worker.selection.chosen import Selection
from render_worker.telling import Finished


def render(request: RenderRequest, course: Course) -> Finished:
    """Make it. Blocks: minutes or hours. Raises `TimelapseError`; `CancelledError` where it was cancelled."""
    began_s = time.monotonic()
    course.at("choosing")
    check_output(request)
    with opened(Path(request.output_dir)) as archive:
        selection = selection_of(request, archive)
    course.check()
    finished = _video(request, selection, course) if request.kind == "video" else _still(request, selection, course)
    return replace(
        finished,
        found=selection.found,
        seconds=time.monotonic() - began_s - course.paused_s,
        paused_s=course.paused_s,
        peak_bytes=_peak_bytes(),
    )


def _video(request: RenderRequest, selection: Selection, course: Course) -> Finished:
    # Loaded late: a still needs nothing of it.
    from render_worker.video import make_video  # noqa: PLC0415

    return make_video(request, selection, pictures_of(request, selection), course)


def _still(request: RenderRequest, selection: Selection, course: Course) -> Finished:
    from render_worker.stills.still import make_still  # noqa: PLC0415 - numpy and OpenCV

    words = describing.metadata(request, selection)
    output = Path(request.output)
    with Unfinished(output, replace=request.replace) as unfinished:
        course.unfinished = unfinished.path
        made = make_still(
            request.kind,
            selection.frames,
            unfinished.path,
            request.look.size,
            lambda done, total: course.at("rendering", done, total),
            suffix=output.suffix,
            title=words["title"],
            comment=words["comment"],
            look=request.look,
        )
        course.at("finishing")
        size = unfinished.path.stat().st_size
        unfinished.place()
    return Finished(
        output=str(output),
        pictures=1,
        frames=made.used,
        damaged=made.damaged,
        gone=made.gone,
        gaps=len(selection.gaps),
        seconds=0.0,
        bytes=size,
        width=made.width,
        height=made.height,
        duration_s=0.0,
        missing=sum(gap.missing for gap in selection.gaps),
        causes=describing.causes_of(selection.gaps),
    )


def _peak_bytes() -> int:
    """At the most: this process's and that of the largest child, though they need not have been at one time."""
    return 1024 * sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
