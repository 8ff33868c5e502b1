"""`timelapse gaps`: what is missing, on standard output.

Owns: what is printed, and the exit status. Does not own: finding it out (`shared.ledger.coverage`), how it looks
(`timelapse.show.gaps`).
Invariant: the exit status tells of exactly those gaps that were asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import msgspec

from shared.clock import NS_PER_MS
from shared.durable import replace_file
from shared.errors import EX_OK, EX_UNAVAILABLE, DiskError
from shared.ledger.coverage import Coverage, Gap, coverage_of
from timelapse import terminal
from timelapse.frames import opened
from timelapse.ranges import parse_range
from timelapse.show.gaps import by_hours, gaps_page
from timelapse.where import chosen_cameras, where

_GAPS = 1
_NOT_ASKED = "last 7 days"
_STDOUT = "-"


def gaps(arguments: argparse.Namespace) -> int:
    """Print what was asked for; the exit status. Blocks for the disk."""
    now_ns = time.time_ns()
    span = parse_range(" ".join(arguments.range) or _NOT_ASKED, now_ns)
    place = where(arguments)
    found: list[Coverage] = []
    with opened(place) as (archive, reader):
        for camera in chosen_cameras(arguments.camera, sorted({*archive.cameras(), *place.settings})):
            told = coverage_of(
                archive,
                reader,
                camera,
                (span.first_ms, span.end_ms),
                now_ns // NS_PER_MS,
                place.settings.get(camera),
            )
            found += [] if told is None else [_longer(told, arguments.longer_than)]
    if not found:
        print("timelapse: nothing is known of any camera in that time", file=sys.stderr)
        return EX_UNAVAILABLE
    if arguments.png:
        _draw(found, arguments.png)
    if arguments.png != _STDOUT:
        _print(found, as_json=arguments.json, whole=arguments.all)
    return _GAPS if any(coverage.gaps for coverage in found) else EX_OK


def _longer(coverage: Coverage, than_s: float) -> Coverage:
    kept = [gap for gap in coverage.gaps if gap.end_ms - gap.first_ms > than_s * 1000]
    return msgspec.structs.replace(coverage, gaps=kept)


def _draw(found: list[Coverage], target: str) -> None:
    from timelapse.show.calendar import calendar_png

    picture = calendar_png({coverage.camera: by_hours(coverage) for coverage in found})
    if target == _STDOUT:
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
        return
    try:
        replace_file(Path(target), picture)
    except OSError as error:
        raise DiskError(f"{target}: the picture can't be written there: {error.strerror}") from error


def _print(found: list[Coverage], *, as_json: bool, whole: bool) -> None:
    if as_json:
        for coverage in found:
            for gap in coverage.gaps:
                sys.stdout.write(msgspec.json.encode(_as_map(coverage.camera, gap)).decode() + "\n")
        return
    width, ink = terminal.columns(), terminal.ink()
    pages = [gaps_page(coverage, width=width, ink=ink, whole=whole) for coverage in found]
    print("\n\n".join("\n".join(page) for page in pages))


def _as_map(camera: str, gap: Gap) -> dict[str, object]:
    return {
        "camera": camera,
        "first_slot_ns": gap.first_ms * NS_PER_MS,
        "last_slot_ns": gap.last_ms * NS_PER_MS,
        "interval_ns": gap.interval_ms * NS_PER_MS,
        "count": gap.count,
        "cause": gap.cause,
    }
