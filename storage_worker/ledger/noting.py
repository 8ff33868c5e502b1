"""From an event about slots to what the ledger says of them.

Owns: that translation. Does not own: hearing events (`following`), writing (`batch`), keeping notes (`pending`).
Invariant: pure. The same event noted twice is noted once.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.clock import NS_PER_MS
from shared.events import FrameMissed, FrameWritten
from shared.ledger.rows import FrameRow, Run, row_of_name
from shared.ledger.schema import KIND_OF_CAUSE, RECORDED
from shared.messages import Event
from shared.wire import check
from storage_worker.delete import is_frame_path

_MOST_PERCENT = 100.0


class Note(Struct, frozen=True, array_like=True):
    """What one event says of slots: their account, and the frame of a recorded one.

    `is_guess`: the interval of `run` is not the event's own.
    """

    camera: str
    run: Run
    row: FrameRow | None = None
    is_guess: bool = False


def note_of(event: Event, guessed_ms: Callable[[str, int], int]) -> Note | None:
    """What there is to write; None for an event that says nothing of slots. Raises `WireError`.

    `guessed_ms` gives the interval of a camera at a slot (ms) where the event does not.
    """
    if event.topic == "frame.written":
        frame = check(event.data, FrameWritten)
        if (row := row_of(frame)) is None:
            return None
        told_ms = interval_of(frame)
        run = run_of_frame(row.slot_ms, told_ms or guessed_ms(frame.camera, row.slot_ms))
        return Note(frame.camera, run, row, is_guess=told_ms is None)
    if event.topic == "frame.missed":
        missed = check(event.data, FrameMissed)
        missed_run = run_of_miss(missed)
        return None if missed_run is None else Note(missed.camera, missed_run)
    return None


def row_of(frame: FrameWritten) -> FrameRow | None:
    """The row of a frame as its event tells it; None where its path is not one of ours."""
    row = row_of_name(frame.path.rpartition("/")[2]) if is_frame_path(frame.path) else None
    if row is None or frame.path.partition("/")[0] != frame.camera:
        return None
    brightness = frame.brightness_percent
    return FrameRow(
        slot_ms=row.slot_ms,
        take=row.take,
        offset_min=row.offset_min,
        bytes=frame.bytes,
        raw_bytes=frame.raw_bytes,
        brightness_percent=None if brightness is None else max(0.0, min(_MOST_PERCENT, brightness)),
        exposure_us=frame.exposure_us,
        synchronised=frame.synchronised,
        checksum=frame.checksum,
    )


def interval_of(frame: FrameWritten) -> int | None:
    """The interval of the grid that a frame is of, in milliseconds; None where its event does not know."""
    interval_ms = (frame.interval_ns or 0) // NS_PER_MS
    return interval_ms if interval_ms > 0 else None


def run_of_frame(slot_ms: int, interval_ms: int) -> Run:
    """The account of a slot that has a frame."""
    return Run(slot_ms, slot_ms, interval_ms, RECORDED)


def run_of_miss(missed: FrameMissed) -> Run | None:
    """The account of slots that have none; None where the event contradicts itself."""
    interval_ms = missed.interval_ns // NS_PER_MS
    first_ms, last_ms = missed.first_slot_ns // NS_PER_MS, missed.last_slot_ns // NS_PER_MS
    if interval_ms < 1 or last_ms < first_ms:
        return None
    return Run(first_ms, last_ms, interval_ms, KIND_OF_CAUSE.get(missed.cause, KIND_OF_CAUSE["unknown"]))
