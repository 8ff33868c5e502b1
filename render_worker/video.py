"""One video, from the pictures it is made of to a file under its name.

Owns: bringing the parts together: the feed, the gains, the strips, ffmpeg, the room on the disk.
Does not own: any of them.
Invariant: while this waits for ffmpeg, the course can end it. What goes wrong leaves no file, and no ffmpeg.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from render_worker import describing
from render_worker.course import Course
from render_worker.deflicker.commands import FILTER
from render_worker.deflicker.measure import measure
from render_worker.encoding.command import check
from render_worker.encoding.encoders import SOFTWARE, check_encoder, find_ffmpeg
from render_worker.encoding.output import DiskGuard, Unfinished, estimate_bytes
from render_worker.encoding.plan import Plan
from render_worker.encoding.process import STALL_S, Encoded, Encoder, EncodingFailed
from render_worker.feeding import Feed
from render_worker.levelling import CommandsFiles, Levels, levels_of, per_picture
from render_worker.preparing import VIDEOS, First, first_of
from render_worker.request import RenderRequest
from render_worker.selection.chosen import DamagedFrame, Picture, Selection
from render_worker.selection.reading import read_frame
from render_worker.telling import Finished

if TYPE_CHECKING:
    from render_worker.overlay.strips import Strips

_LOOK_AT_DISK_EACH_S = 1.0
_STALL_VARIABLE = "TIMELAPSE_RENDER_STALL_S"


def make_video(request: RenderRequest, selection: Selection, pictures: Sequence[Picture], course: Course) -> Finished:
    """Make it. Blocks. Raises `TimelapseError`."""
    with ExitStack() as held:
        output = held.enter_context(Unfinished(Path(request.output), replace=request.replace))
        course.unfinished = output.path
        first = first_of(selection.frames)
        plan = plan_of(request, selection, pictures, first, output.path)
        # What ends it is to do so now, and not after the brightness of a thousand frames.
        check(plan)
        check_encoder(find_ffmpeg(), request.encoding)
        guard = DiskGuard(output.path.parent, request.stop_above_percent)
        guard.check(estimate_bytes(plan, mean_bytes(selection, first)))
        strips = _strips(request, selection, plan)
        levels = _levels(request, selection, course)
        first = first_of(selection.frames, {**levels.damaged, **_damaged_end(request, selection)})
        plan = _with_encoder(replace(plan, source=first.size), selection)
        plan = _with_parts(plan, strips, _commands_files(levels, pictures, request.fps, held))
        feed = Feed(selection.frames, pictures, first, first.size if request.encoding.codec == "copy" else None)
        encoded = _encoded(plan, _Source(selection, feed, strips), guard, course)
        course.at("finishing")
        if encoded.undecodable:
            _find_undecodable(selection, feed, course)
        output.place()
    return _finished(request, selection, plan, encoded, feed)


def plan_of(
    request: RenderRequest, selection: Selection, pictures: Sequence[Picture], first: First, output: Path
) -> Plan:
    """What ffmpeg is told, but for what is drawn and how bright it is made."""
    return Plan(
        fps=request.fps,
        source=first.size,
        look=request.look,
        encoding=request.encoding,
        output=output,
        container=VIDEOS[Path(request.output).suffix.lower()],
        metadata=describing.metadata(request, selection),
        pictures=len(pictures),
    )


def mean_bytes(selection: Selection, first: First) -> int:
    """Of a frame, by those of which it is known."""
    known = [chosen.bytes for chosen in selection.frames if chosen.bytes >= 0]
    return round(statistics.fmean(known)) if known else len(first.jpeg)


class _Source(Struct, frozen=True):
    """What ffmpeg is fed with: the pictures' JPEGs, and what is drawn over them."""

    selection: Selection
    feed: Feed
    strips: Strips | None

    def __iter__(self) -> Iterator[tuple[bytes, Sequence[bytes]]]:
        """Each picture with its strips."""
        for shown in self.feed:
            frame = self.selection.frames[shown.index]
            yield shown.jpeg, self.strips.draw(frame, shown.index + 1) if self.strips is not None else ()


def _encoded(plan: Plan, source: _Source, guard: DiskGuard, course: Course) -> Encoded:
    """All pictures through ffmpeg. Raises `CancelledError` where that is why it failed."""
    with Encoder(plan, stall_s=float(os.environ.get(_STALL_VARIABLE) or STALL_S)) as encoder:
        try:
            encoder.start()
            course.steer(encoder)
            looked_s = time.monotonic()
            for jpeg, strips in source:
                encoder.feed(jpeg, strips)
                course.at("rendering", encoder.encoded, plan.pictures or 0)
                if time.monotonic() - looked_s >= _LOOK_AT_DISK_EACH_S:
                    guard.check(0)
                    looked_s = time.monotonic()
            return encoder.finish()
        except EncodingFailed:
            course.check()
            raise
        finally:
            course.steer(None)


def _levels(request: RenderRequest, selection: Selection, course: Course) -> Levels:
    if not request.look.deflicker or request.encoding.codec == "copy":
        return Levels([], {})
    return levels_of(selection.frames, course)


def _with_encoder(plan: Plan, selection: Selection) -> Plan:
    """The machine's own encoder, where it may be taken and does work."""
    if plan.encoding.hardware == "never":
        return plan
    from render_worker.encoding.hardware import TRIAL_PICTURES, with_hardware  # noqa: PLC0415 - hardly anybody asks

    jpegs = []
    for chosen in selection.frames[:: max(1, len(selection.frames) // TRIAL_PICTURES)]:
        with contextlib.suppress(DamagedFrame):
            jpegs.append(read_frame(chosen))
        if len(jpegs) == TRIAL_PICTURES:
            break
    return with_hardware(plan, jpegs)


def _strips(request: RenderRequest, selection: Selection, plan: Plan) -> Strips | None:
    if request.look.overlay.is_empty or request.encoding.codec == "copy":
        return None
    from render_worker.overlay.strips import Strips  # noqa: PLC0415 - Pillow, which most videos need not

    return Strips(request.look.overlay, plan.size, request.camera, len(selection.frames))


def _with_parts(plan: Plan, strips: Strips | None, commands: CommandsFiles | None) -> Plan:
    if strips is not None:
        plan = replace(plan, strips=strips.places)
    if commands is not None:
        plan = replace(plan, commands_files=commands.paths, deflicker_filter=FILTER)
    return plan


def _commands_files(levels: Levels, pictures: Sequence[Picture], fps: float, held: ExitStack) -> CommandsFiles | None:
    """None where no picture is made brighter or darker."""
    if all(gain == 1.0 for gain in levels.gains):
        return None
    files = CommandsFiles(per_picture(levels.gains, pictures), fps)
    held.callback(files.close)
    return files


def _damaged_end(request: RenderRequest, selection: Selection) -> dict[int, str]:
    """The last frames that can't be decoded: ffmpeg has nothing behind them that would show where they were."""
    damaged: dict[int, str] = {}
    if request.encoding.codec == "copy":
        return damaged
    for index in range(len(selection.frames) - 1, -1, -1):
        try:
            problem = _problem(read_frame(selection.frames[index]))
        except DamagedFrame as error:
            problem = error.reason
        if not problem:
            break
        damaged[index] = problem
    return damaged


def _find_undecodable(selection: Selection, feed: Feed, course: Course) -> None:
    """How many pictures could not be decoded is known: look which frames they were of. 4 ms a frame at 1080p."""
    for index, chosen in enumerate(selection.frames):
        course.at("finishing", index, len(selection.frames))
        # What has gone since was there when it was needed.
        with contextlib.suppress(DamagedFrame):
            if index not in feed.damaged and (problem := _problem(read_frame(chosen))):
                feed.damaged[index] = problem


def _problem(jpeg: bytes) -> str:
    try:
        measure(jpeg)
    except ValueError as error:
        return str(error)
    return ""


def _finished(request: RenderRequest, selection: Selection, plan: Plan, encoded: Encoded, feed: Feed) -> Finished:
    sentences = describing.left_out(selection.frames, feed.damaged)
    if request.encoding.hardware == "auto" and not plan.encoder:
        sentences.append("no encoder of this machine's own has passed its trial, so it was done in software")
    if encoded.undecodable:
        sentences.append(f"pictures that could not be decoded, and show the one before: {encoded.undecodable:,}")
    return Finished(
        output=request.output,
        pictures=encoded.pictures,
        frames=len(selection.frames) - len(feed.damaged),
        damaged=len(feed.damaged) - feed.gone,
        gone=feed.gone,
        gaps=len(selection.gaps),
        seconds=0.0,
        bytes=encoded.bytes,
        width=encoded.width,
        height=encoded.height,
        duration_s=encoded.pictures / float(plan.rate),
        detail="\n".join(sentences),
        missing=sum(gap.missing for gap in selection.gaps),
        causes=describing.causes_of(selection.gaps),
        encoder=plan.encoder or SOFTWARE[plan.encoding.codec],
    )
