"""What a render would be, without making it.

Owns: looking at all that can be known before. Does not own: how it is shown (`timelapse.show.render`).
Invariant: nothing is written. What it promises of pictures, frames and sizes is what a render makes of the same frames;
how large the file becomes is an estimate.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from render_worker import describing
from render_worker.preparing import check_output, first_of, pictures_of, selection_of
from render_worker.request import RenderRequest
from shared.disk import usage_of
from shared.ledger.archive import Archive


class Trial(Struct, frozen=True):
    """As `telling.Finished`, where a name is the same. `bytes` is estimated; of a still it and the size are 0.

    `first_ns` and `last_ns` are the slots of the first and the last frame, `held` the pictures that stand for gaps.
    `fits` is whether the disk has room for it, below `stop_above_percent`.
    """

    output: str
    pictures: int
    frames: int
    found: int
    first_ns: int
    last_ns: int
    gaps: int
    missing: int
    causes: dict[str, int]
    held: int
    damaged: int
    bytes: int
    width: int
    height: int
    duration_s: float
    title: str
    free_bytes: int
    fits: bool


def look(request: RenderRequest, archive: Archive) -> Trial:
    """Blocks for the disk. Raises what would end the render."""
    check_output(request)
    selection = selection_of(request, archive)
    first = first_of(selection.frames)
    pictures = pictures_of(request, selection) if request.kind == "video" else []
    size, estimated = (0, 0), 0
    if request.kind == "video":
        from render_worker import video  # noqa: PLC0415 - as where it is made
        from render_worker.encoding.command import check  # noqa: PLC0415
        from render_worker.encoding.encoders import check_encoder, find_ffmpeg  # noqa: PLC0415
        from render_worker.encoding.output import estimate_bytes  # noqa: PLC0415

        plan = video.plan_of(request, selection, pictures, first, Path(request.output))
        check(plan)
        check_encoder(find_ffmpeg(), request.encoding)
        size, estimated = plan.size, estimate_bytes(plan, video.mean_bytes(selection, first))
    usage = usage_of(Path(request.output).parent)
    limit_bytes = usage.usable_bytes * request.stop_above_percent / 100
    used_bytes = usage.usable_bytes - usage.free_bytes
    return Trial(
        output=request.output,
        pictures=len(pictures),
        frames=len(selection.frames),
        found=selection.found,
        first_ns=selection.frames[0].slot_ms * 1_000_000,
        last_ns=selection.frames[-1].slot_ms * 1_000_000,
        gaps=len(selection.gaps),
        missing=sum(gap.missing for gap in selection.gaps),
        causes=describing.causes_of(selection.gaps),
        held=len(pictures) - len(selection.frames) if pictures else 0,
        damaged=len(first.damaged),
        bytes=estimated,
        width=size[0],
        height=size[1],
        duration_s=len(pictures) / request.fps,
        title=describing.title_of(request, selection),
        free_bytes=usage.free_bytes,
        fits=used_bytes + estimated <= limit_bytes,
    )
