"""What a recorder takes from its machine: memory, processor time and wake-ups, by process.

    .venv/bin/python bench/footprint.py [--minutes 10] [--interval 10s] [--camera http|test]

A real recorder with one 1080p camera: an MJPEG stream over HTTP with 30 frames a second, all of which have to be read,
or the built-in one, which makes and encodes each picture itself. Begins some seconds after the first frame. Prints for
each process its memory at the beginning and at the end, processor time, and how often a second it waited for something
and was woken (voluntary context switches of all threads). The last line is the whole recorder. Does not judge anything.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.camera import Camera
from bench.machine import describe, parser, work_directory
from bench.process_tree import Memory, memory_mb, name_of, own_cpu_s, tree, wake_ups
from tests.rig.recorder import Recorder

_SETTLE_S = 5.0


class Reading(NamedTuple):
    """Of one process, so far."""

    at_s: float
    cpu_s: float
    wake_ups: int
    memory: Memory


class Row(NamedTuple):
    """Of one process, or of all together."""

    name: str
    begun: Memory
    ended: Memory
    cpu_percent: float
    wake_ups_a_second: float


def _reading(pid: int) -> Reading:
    return Reading(time.monotonic(), own_cpu_s(pid), wake_ups(pid), memory_mb(pid))


def _row(pid: int, before: Reading) -> Row:
    after = _reading(pid)
    took_s = after.at_s - before.at_s
    return Row(
        name=name_of(pid),
        begun=before.memory,
        ended=after.memory,
        cpu_percent=(after.cpu_s - before.cpu_s) / took_s * 100,
        wake_ups_a_second=(after.wake_ups - before.wake_ups) / took_s,
    )


def _sum(rows: list[Row]) -> Row:
    return Row(
        name="together",
        begun=Memory(sum(row.begun.rss_mb for row in rows), sum(row.begun.pss_mb for row in rows)),
        ended=Memory(sum(row.ended.rss_mb for row in rows), sum(row.ended.pss_mb for row in rows)),
        cpu_percent=sum(row.cpu_percent for row in rows),
        wake_ups_a_second=sum(row.wake_ups_a_second for row in rows),
    )


def _print(rows: list[Row]) -> None:
    print(f"{'':14} RSS MB begin    end  PSS MB begin    end  CPU %  wake-ups/s")
    for row in rows:
        print(
            f"{row.name:14} {row.begun.rss_mb:12.1f} {row.ended.rss_mb:6.1f} {row.begun.pss_mb:13.1f} "
            f"{row.ended.pss_mb:6.1f} {row.cpu_percent:6.2f} {row.wake_ups_a_second:11.1f}"
        )


def _measure(source: str, given: argparse.Namespace) -> tuple[list[Row], int]:
    config = f'cameras:\n  main: {{source: "{source}", resolution: 1920x1080, interval: {given.interval}}}\n'
    with work_directory(given.directory) as name, Recorder(Path(name), config) as recorder:
        recorder.wait_for_frame()
        time.sleep(_SETTLE_S)
        assert recorder.process is not None
        mark = recorder.log.mark()
        before = {pid: _reading(pid) for pid in tree(recorder.process.pid)}
        time.sleep(given.minutes * 60)
        rows = [_row(pid, before[pid]) for pid in tree(recorder.process.pid) if pid in before]
        return [*rows, _sum(rows)], len(recorder.log.of("frame.written", after=mark))


def main() -> None:
    """Record for a while and print the table."""
    made = parser(__doc__)
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--interval", default="10s", help="as in the configuration")
    made.add_argument("--camera", choices=("http", "test"), default="http")
    given = made.parse_args()
    print(describe(given.directory))
    with Camera() if given.camera == "http" else contextlib.nullcontext() as camera:
        print(camera or "camera: test, 1920x1080")
        rows, frames = _measure(camera.url if camera else "test", given)
    print(f"{frames} frames in {given.minutes:g} minutes, one each {given.interval}\n")
    _print(rows)


if __name__ == "__main__":
    main()
