"""The frames of a request, found in an archive.

Owns: asking the archive, what is said where there is nothing, and putting the parts together. Does not own: the rules
(`picking`, `missing`), the archive (`shared.ledger.archive`).
Invariant: of several takes of one slot the last one counts, since they are of one instant; an hour that comes twice has
two of each slot, at two instants. What is held in memory for each frame that is not taken is 8 bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from render_worker.request import Gaps, Picking
from render_worker.selection import missing, noon
from render_worker.selection.chosen import Chosen, Gap, NothingToRender, Selection
from render_worker.selection.picking import Holes, Taken, at_most_every, evenly, every_frame, one_a_day
from render_worker.selection.words import nothing_found
from shared.clock import NS_PER_MS
from shared.config.window import ALWAYS, Window, parse_window
from shared.errors import DiskError, UsageError
from shared.ledger.archive import Archive
from shared.ledger.coverage import coverage_of
from shared.ledger.database import LedgerError
from shared.ledger.rows import FrameRow
from shared.ledger.spans import Span
from shared.window import open_intervals

SOLAR_NOON = "solar-noon"
_SETTLED_MS = 600_000
"""What is not told by so much later is not told any more."""


class _Source(Struct, frozen=True):
    """Where the frames are, and the times that are asked for. `few` are the frames, where they are known already."""

    archive: Archive
    camera: str
    open_times: list[Span]
    few: list[FrameRow] | None = None

    def rows(self) -> Iterator[FrameRow]:
        """The frames in those times, one for each slot, by instant."""
        if self.few is not None:
            return iter(self.few)
        return newest_takes(self.archive.frames_within(self.camera, self.open_times))


def select(picking: Picking, archive: Archive, camera: str, fps: float, gaps: Gaps = "hold") -> Selection:
    """The frames to render, and the gaps between them. Blocks for the disk: some 10 us a frame.

    `gaps` matters where a length is asked for: gaps that are kept in time are a part of it. Raises `UsageError` where
    the picking can't be carried out, `NothingToRender` where no frame is left, `DiskError` where the tree can't be
    read.
    """
    by_noon = picking.between.strip() == SOLAR_NOON
    window = ALWAYS if by_noon else _window(picking)
    if by_noon and picking.location is None:
        raise _needs_location(picking.between)
    try:
        source = _source(picking, archive, camera, window)
        if by_noon:
            source = _by_noon(picking, source)
        return _selected(picking, source, fps, gaps, by_noon=by_noon)
    except OSError as error:
        raise DiskError(f"{error.filename or archive.output_dir}: can't be read: {error.strerror}") from error


def newest_takes(rows: Iterable[FrameRow]) -> Iterator[FrameRow]:
    """The last take of each slot; `rows` are in order."""
    held: FrameRow | None = None
    for row in rows:
        if held is not None and row.slot_ms != held.slot_ms:
            yield held
        held = row
    if held is not None:
        yield held


def _selected(picking: Picking, source: _Source, fps: float, gaps: Gaps, *, by_noon: bool) -> Selection:
    slots = array("q", (row.slot_ms for row in source.rows()))
    if not slots:
        raise NothingToRender(nothing_found(source.archive, source.camera, picking))
    taken = one_a_day(slots, fps) if by_noon else _thinned(picking, source, slots, fps)
    if picking.length_s > 0:
        taken = evenly(slots, taken, max(1, int(picking.length_s * fps + 1e-6)), fps, kept=gaps != "skip")
    wanted = {slots[place] for place in taken.places}
    root = source.archive.output_dir.absolute() / source.camera
    # A second time round: what is not taken needs no memory. A frame that went meanwhile is not missed.
    frames = [chosen_of(row, root) for row in source.rows() if row.slot_ms in wanted]
    if not frames:
        raise NothingToRender(nothing_found(source.archive, source.camera, picking))
    return Selection(frames, len(slots), taken.spacing_ms, list(_gaps(frames, slots, taken)))


def _thinned(picking: Picking, source: _Source, slots: Sequence[int], fps: float) -> Taken:
    holes = _holes(source, slots)
    if picking.every_ms > 0:
        return at_most_every(slots, picking.every_ms, holes, fps)
    return every_frame(slots, holes, fps)


def _holes(source: _Source, slots: Sequence[int]) -> Holes:
    """What is missing: as the ledger tells, and where it tells nothing of this camera as the frames look."""
    reader = source.archive.reader
    span = slots[0], slots[-1] + 1
    try:
        knows = reader is not None and bool(reader.settings(source.camera) or reader.runs(source.camera, *span))
    except LedgerError as error:
        source.archive.problem, knows = str(error), False
    if knows:
        found = coverage_of(source.archive, reader, source.camera, span, span[1] + _SETTLED_MS, None)
        if found is not None and not source.archive.problem:
            return missing.told(slots, found.gaps, source.open_times)
    return missing.guessed(slots, source.open_times)


def _gaps(frames: Sequence[Chosen], slots: Sequence[int], taken: Taken) -> Iterator[Gap]:
    by_slot = {slots[taken.places[place]]: place for place in taken.holes}
    for after, before in pairwise(frames):
        if (place := by_slot.get(after.slot_ms)) is not None:
            hole, held = taken.holes[place], taken.pictures.get(place, 0)
            yield Gap(after, before, hole.missing, held, hole.missing_ms, hole.cause, cut=held < hole.steps)


def chosen_of(row: FrameRow, camera_dir: Path) -> Chosen:
    """A frame as it is given to whoever renders it. The checksum of a frame with a raw file is of both."""
    return Chosen(
        row.slot_ms,
        row.offset_min,
        f"{camera_dir}/{row.path()}",
        row.bytes,
        row.brightness_percent,
        row.exposure_us,
        None if row.raw_bytes else row.checksum,
    )


def _source(picking: Picking, archive: Archive, camera: str, window: Window) -> _Source:
    """Between the first and the last day that have anything: a range may go on for thousands of years."""
    days = list(archive.days(camera, picking.first_ms, picking.end_ms))
    if not days:
        raise NothingToRender(nothing_found(archive, camera, picking))
    first_ms, end_ms = max(picking.first_ms, days[0].earliest_ms), min(picking.end_ms, days[-1].end_ms)
    open_times = open_intervals(window, picking.location, first_ms * NS_PER_MS, end_ms * NS_PER_MS)
    return _Source(archive, camera, [(one.start_ns // NS_PER_MS, one.end_ns // NS_PER_MS) for one in open_times])


def _by_noon(picking: Picking, source: _Source) -> _Source:
    """The one frame of each day."""
    assert picking.location is not None, "it is asked for first"
    span = source.open_times[0][0], source.open_times[-1][1]
    at_noon = list(noon.noons(*span, picking.location))
    few = noon.nearest_to(at_noon, source.archive, source.camera, span)
    return _Source(source.archive, source.camera, source.open_times, few)


def _window(picking: Picking) -> Window:
    try:
        window = parse_window(picking.between or "always")
    except ValueError as error:
        raise UsageError(f"between: {error}, or {SOLAR_NOON}") from error
    if window.needs_location and picking.location is None:
        raise _needs_location(picking.between)
    return window


def _needs_location(between: str) -> UsageError:
    return UsageError(
        f"{between} goes by the sun, which takes knowing where the camera stands: write "
        "location: {latitude: 59.9, longitude: 10.7} into the configuration, with its own numbers"
    )
