"""`timelapse frames`: the frames of a span on standard output.

Owns: what is printed. Does not own: finding frames (`shared.ledger.archive`), what a span is (`timelapse.ranges`).
Invariant: memory does not grow with the archive: a line is printed when its frame is found.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator

import msgspec

from shared.errors import EX_OK, EX_UNAVAILABLE, DiskError, UsageError
from shared.ledger.archive import Archive, size_of
from shared.ledger.database import LedgerError
from shared.ledger.reading import Reader, reading
from shared.ledger.rows import FrameRow
from timelapse.ranges import TimeRange, parse_range, parse_time
from timelapse.show.words import plain
from timelapse.where import Where, chosen_cameras, where

_ALL = TimeRange(0, 1 << 53)


def frames(arguments: argparse.Namespace) -> int:
    """Print what was asked for; the exit status. Blocks for the disk."""
    now_ns = time.time_ns()
    text = " ".join(arguments.range)
    if text and (arguments.nearest or arguments.rebuild):
        raise UsageError(f"--{'nearest' if arguments.nearest else 'rebuild'} takes no RANGE")
    span = parse_range(text, now_ns) if text else _ALL
    at_ms = parse_time(arguments.nearest, now_ns) if arguments.nearest else 0
    place = where(arguments)
    if arguments.rebuild:
        from timelapse.rebuilding import rebuild

        return rebuild(place)
    with opened(place) as (archive, _):
        names = chosen_cameras(arguments.camera, archive.cameras())
        if arguments.verify:
            from timelapse.verifying import verify

            return verify(archive, names, span.first_ms, span.end_ms, as_json=arguments.json, null=arguments.null)
        if arguments.count:
            found = _print_count(archive, names, span, as_json=arguments.json)
        else:
            found = _print(archive, names, span, at_ms, arguments)
    return EX_OK if found else EX_UNAVAILABLE


@contextlib.contextmanager
def opened(place: Where) -> Iterator[tuple[Archive, Reader | None]]:
    """The archive, with its ledger where there is one that can be read; at the end, whether the tree was read instead.

    Raises `DiskError` for a file or directory that can't be read.
    """
    with contextlib.ExitStack() as stack:
        reader = None
        try:
            reader = stack.enter_context(reading(place.output_dir))
        except LedgerError as error:
            if error.kind in {"damaged", "newer", "locked"}:
                _say_done_without(str(error))
        archive = Archive(place.output_dir, reader)
        try:
            yield archive, reader
        except OSError as error:
            if error.filename is None:
                raise
            raise DiskError(f"{error.filename}: can't be read: {error.strerror}") from error
        if archive.problem:
            _say_done_without(archive.problem)


def _say_done_without(problem: str) -> None:
    print(f"timelapse: the ledger can't be read, so the files were: {plain(problem)}", file=sys.stderr)


def _print(archive: Archive, names: list[str], span: TimeRange, at_ms: int, arguments: argparse.Namespace) -> bool:
    end = "\0" if arguments.null else "\n"
    found = False
    for camera in names:
        for row in _rows(archive, camera, span, at_ms, nearest=arguments.nearest is not None):
            found = True
            if arguments.json:
                sys.stdout.write(msgspec.json.encode(_as_map(archive, camera, row)).decode() + "\n")
            else:
                sys.stdout.write(f"{archive.output_dir}/{camera}/{row.path()}{end}")
    return found


def _rows(archive: Archive, camera: str, span: TimeRange, at_ms: int, *, nearest: bool) -> Iterator[FrameRow]:
    if not nearest:
        yield from archive.frames(camera, span.first_ms, span.end_ms)
    elif (row := archive.nearest(camera, at_ms)) is not None:
        yield row


def _as_map(archive: Archive, camera: str, row: FrameRow) -> dict[str, object]:
    return {
        "camera": camera,
        "slot_ns": row.slot_ns,
        "take": row.take,
        "path": f"{camera}/{row.path()}",
        "bytes": size_of(archive.output_dir, camera, row),
        "raw_bytes": row.raw_bytes,
        "brightness_percent": row.brightness_percent,
        "exposure_us": row.exposure_us,
        "synchronised": row.synchronised,
        "checksum": row.checksum,
    }


def _print_count(archive: Archive, names: list[str], span: TimeRange, *, as_json: bool) -> bool:
    total = 0
    for camera in names:
        number, size = archive.count(camera, span.first_ms, span.end_ms)
        total += number
        if as_json:
            print(msgspec.json.encode({"camera": camera, "count": number, "bytes": size}).decode())
    if not as_json:
        print(total)
    return total > 0
