"""From the words of `timelapse render` to what is to be rendered.

Owns: what each option means, and what it is where it is not given. Does not own: the options
(`timelapse.verbs.render`), which of them contradict each other (`timelapse.render_contradictions`), the archive
(`timelapse.where`), or rendering (`render_worker`).
Invariant: a mistake is a `UsageError` that says what to write; nothing was begun then.
"""

from __future__ import annotations

import argparse
import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from shared import tree
from shared.clock import NS_PER_MS, NS_PER_S
from shared.config.picture_values import parse_region
from shared.config.units import parse_percent
from shared.config.window import parse_window
from shared.disk import same_disk
from shared.errors import EX_UNAVAILABLE, TimelapseError, UsageError
from shared.ledger.archive import Archive
from shared.ledger.rows import DAY_MS, FrameRow, row_of_name
from timelapse.ranges import TimeRange, parse_range
from timelapse.render_contradictions import refuse_contradictions
from timelapse.where import Where

if TYPE_CHECKING:
    from render_worker.request import Encoding, Look, Picking, RenderRequest

SOLAR_NOON = "solar-noon"
_LENGTH_S = 60.0
_SIZE = re.compile(r"([0-9]{1,5})?\s*[xX]\s*([0-9]{1,5})?|([0-9]{2,4})[pP]", re.ASCII)
_VIDEOS, _STILLS = (".mp4", ".mkv"), (".jpg", ".jpeg", ".png")
_OTHER_DISK_PERCENT = 99.0
"""How full a disk without an archive may become by a render."""
_LEAST_FPS, _MOST_FPS = 0.25, 240.0
"""What ffmpeg's input can be told begins a little lower: 0.233."""
_MOST_BLENDED = 128
_LAST_NS = 253_370_764_800 * NS_PER_S
"""The year 9999, the last that a directory of frames can be called."""


class NoFramesError(TimelapseError):
    """There is nothing to render."""

    status = EX_UNAVAILABLE


def request_of(arguments: argparse.Namespace, place: Where, archive: Archive, now_ns: int) -> RenderRequest:
    """All of it. Blocks for the disk. Raises `UsageError`, and `NoFramesError` where the range has none."""
    from render_worker.request import RenderRequest

    refuse_contradictions(arguments)
    look, encoding = _look(arguments), _encoding(arguments)
    camera = _camera(arguments.camera, archive)
    span = _span(arguments, archive, camera, now_ns)
    picking = _picking(arguments, place, span)
    output = _output(arguments, camera, *_ends(archive, camera, picking))
    request = RenderRequest(
        output_dir=str(archive.output_dir.absolute()),
        camera=camera,
        output=str(output.absolute()),
        picking=picking,
        kind=arguments.still or "video",
        fps=_fps(arguments.fps),
        gaps=arguments.gaps,
        look=look,
        encoding=encoding,
        replace=arguments.force,
        stop_above_percent=_limit(place, archive, output),
        title=arguments.title.strip(),
    )
    _refuse_bytes(request)
    return request


def restore_range(arguments: argparse.Namespace) -> None:
    """Give back to RANGE what `--timestamp` without a FORMAT has taken from it: `--timestamp last 7 days`."""
    if arguments.timestamp and "%" not in arguments.timestamp:
        arguments.range = [arguments.timestamp, *arguments.range]
        arguments.timestamp = "%Y-%m-%d %H:%M"


def size_of(text: str) -> tuple[int, int]:
    """(width, height) in pixels of `1280x720`, `1280x`, `x720` or `720p`, 0 where it is left open."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise UsageError(f"--size {text}: write 1280x720, 1280x, x720 or 720p")
    width, height = int(match[1] or 0), int(match[2] or match[3] or 0)
    if not (width or height) or any(part and not 16 <= part <= 16_384 for part in (width, height)):
        raise UsageError(f"--size {text}: each side has from 16 to 16384 pixels")
    return width, height


def _camera(wanted: str | None, archive: Archive) -> str:
    known = archive.cameras()
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted in known:
        return str(wanted)
    if not known:
        raise NoFramesError(f"there is no frame of any camera in {archive.output_dir}")
    there = f"there are: {', '.join(known)}"
    raise UsageError(f"no camera is called {wanted!r}; {there}" if wanted else f"which --camera? T{there[1:]}")


def _span(arguments: argparse.Namespace, archive: Archive, camera: str, now_ns: int) -> TimeRange:
    """The range, or the 24 hours up to the newest frame, be it years old."""
    if arguments.range:
        return parse_range(" ".join(arguments.range), now_ns)
    directory = archive.output_dir / camera
    # Where the clock was put back, all of them may be in the future.
    newest = tree.newest_frame(directory, now_ns) or tree.newest_frame(directory, _LAST_NS)
    if newest is None:
        raise NoFramesError(f"there is no frame of {camera} in {archive.output_dir}")
    end_ms = newest.name.slot_ns // NS_PER_MS + 1
    return TimeRange(end_ms - DAY_MS, end_ms)


def _ends(archive: Archive, camera: str, picking: Picking) -> tuple[FrameRow, FrameRow]:
    """The first and the last frame of a span."""
    from render_worker.selection.words import nothing_found

    first = next(archive.frames(camera, picking.first_ms, picking.end_ms), None)
    found = tree.newest_frame(archive.output_dir / camera, picking.end_ms * NS_PER_MS - 1) if first else None
    if first is None or found is None:
        raise NoFramesError(nothing_found(archive, camera, picking))
    return first, row_of_name(Path(found.path).name) or first


def _picking(arguments: argparse.Namespace, place: Where, span: TimeRange) -> Picking:
    from render_worker.request import Picking

    length_s = arguments.length
    if length_s is None:
        length_s = 0.0 if arguments.every or arguments.still else _LENGTH_S
    between = (arguments.between or "").strip()
    location = place.configuration.location
    if between and between != SOLAR_NOON:
        try:
            needs_location = parse_window(between).needs_location
        except ValueError as error:
            raise UsageError(f"--between {error}, or {SOLAR_NOON}") from error
    else:
        needs_location = between == SOLAR_NOON
    if needs_location and location is None:
        raise UsageError(
            f"--between {between} goes by the sun, which takes knowing where the camera stands: write "
            "location: {latitude: 59.9, longitude: 10.7} into the configuration, with its own numbers"
        )
    return Picking(
        first_ms=span.first_ms,
        end_ms=span.end_ms,
        between=between,
        location=location,
        every_ms=round((arguments.every or 0.0) * 1000),
        length_s=length_s,
    )


def _look(arguments: argparse.Namespace) -> Look:
    from render_worker.overlay.fields import check_overlay
    from render_worker.request import Look, Overlay, Rotation

    try:
        crop = parse_region(arguments.crop) if arguments.crop else None
    except ValueError as error:
        raise UsageError(f"--crop {error}") from error
    if arguments.blend > _MOST_BLENDED:
        raise UsageError(f"--blend {arguments.blend}: from 1 to {_MOST_BLENDED} frames")
    overlay = Overlay(
        timestamp=arguments.timestamp or "",
        text=arguments.text,
        place=arguments.place,
        font=_font(arguments.font),
        height_percent=_text_size(arguments.text_size),
        day_bar=arguments.day_bar,
    )
    check_overlay(overlay)
    return Look(
        size=size_of(arguments.size) if arguments.size else None,
        crop=crop,
        rotation=cast(Rotation, int(arguments.rotate)),
        blend=arguments.blend,
        deflicker=not arguments.no_deflicker and arguments.codec != "copy",
        overlay=overlay,
    )


def _font(given: str) -> str:
    if not given:
        return ""
    path = Path(given).absolute()
    if not path.is_file():
        raise UsageError(f"--font {given}: there is no such file")
    return str(path)


def _text_size(text: str) -> float:
    try:
        percent = parse_percent(text)
    except ValueError as error:
        raise UsageError(f"--text-size {error}") from error
    if not 1.0 <= percent <= 25.0:
        raise UsageError(f"--text-size {text}: from 1% to 25% of the video's height")
    return percent


def _encoding(arguments: argparse.Namespace) -> Encoding:
    from render_worker.request import Encoding

    crf = None
    if arguments.crf is not None:
        if not arguments.crf.isascii() or not arguments.crf.isdigit() or int(arguments.crf) > 51:
            raise UsageError(f"--crf {arguments.crf}: a whole number from 0 (best, largest) to 51")
        crf = int(arguments.crf)
    return Encoding(
        codec=arguments.codec,
        crf=crf,
        profile="small" if arguments.small else "auto",
        hardware="auto" if arguments.hardware else "never",
    )


def _fps(fps: float) -> float:
    if not math.isfinite(fps) or not _LEAST_FPS <= fps <= _MOST_FPS:
        raise UsageError(f"--fps {fps:g}: from {_LEAST_FPS:g} to {_MOST_FPS:g} pictures a second")
    return fps


def _refuse_bytes(request: RenderRequest) -> None:
    """A path may be of any bytes; what crosses to the process that renders, and into the file, is text."""
    try:
        msgspec.json.encode(request)
    except UnicodeEncodeError as error:
        text = error.object.encode(errors="backslashreplace").decode()
        raise UsageError(f"{text}: is not of UTF-8 characters, and can't be used here; give it another name") from error


def _output(arguments: argparse.Namespace, camera: str, first: FrameRow, last: FrameRow) -> Path:
    endings = _STILLS if arguments.still else _VIDEOS
    if arguments.output is None:
        return Path(_own_name(arguments, camera, first, last))
    path = Path(arguments.output)
    if path.is_dir():
        return path / _own_name(arguments, camera, first, last)
    if path.suffix.lower() not in endings:
        raise UsageError(f"-o {arguments.output}: its name has to end in {' or '.join(endings)}")
    return path


def _own_name(arguments: argparse.Namespace, camera: str, first: FrameRow, last: FrameRow) -> str:
    """`CAMERA-2026-11-22.mp4`, by the days of the first and the last frame, which are those of their names."""
    days = [time.strftime("%Y-%m-%d", time.gmtime(row.day * DAY_MS // 1000)) for row in (first, last)]
    span = days[0] if days[0] == days[1] else "..".join(days)
    if arguments.still:
        return f"{camera}-{span}-{arguments.still}.jpg"
    return f"{camera}-{span}{'.mkv' if arguments.codec == 'copy' else '.mp4'}"


def _limit(place: Where, archive: Archive, output: Path) -> float:
    """How full the disk may become: that of the archive never so full that recording would stop."""
    if same_disk(archive.output_dir, output.absolute().parent):
        return place.configuration.storage.stop_above_percent
    return _OTHER_DISK_PERCENT
