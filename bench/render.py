"""A video of many frames, made by timelapse and by others: time, processor time and memory, in one run.

    .venv/bin/python bench/render.py [--frames 1000] [--size 1920x1080] [--rounds 3] [--different 100] [--small]
                                     [--only NAME]... [--directory DIR]

The frames are of the built-in scene with the noise of a sensor, ten seconds apart, JPEG of quality 90; of so many
different ones, each taken again in turn. They lie in memory (the page cache) for all alike.

timelapse is the whole job, as `timelapse render` starts it (the frames found in a bare tree, each checked, fed, and
the video moved to its name when it is on the disk), without deflicker and overlay, at its lowest priority. `encoder
alone` is what of that feeds ffmpeg. The first ffmpeg reads the same files by `-f concat`, with the very filters and
settings that timelapse gives it; the other one is told what people write (`-pix_fmt yuv420p`, the same preset and crf).
PyAV decodes and encodes in one process with the same preset and crf; OpenCV's writer can't make H.264, and makes what
it can (mp4v).

Each round runs each of them once, in an order that changes. Printed are medians: wall time, processor time of all its
processes, the most memory that they held together (RSS, looked at ten times a second), the file's size, and the ratio
of timelapse to each of the others, which carries over to other machines. Does not judge anything.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.machine import describe, parser, work_directory
from bench.process_tree import tree
from bench.render_contenders import CONTENDERS, OURS, Job, RenderContender
from bench.render_frames import planted

_LOOK_EACH_S = 0.1


class Cost(NamedTuple):
    """One run: seconds, seconds of processor time, megabytes, bytes of the file."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    made_bytes: int


def main() -> None:
    """Measure and print."""
    given = _arguments()
    width, height = (int(side) for side in given.size.split("x"))
    contenders = [each for each in CONTENDERS if not given.only or each.name in given.only]
    costs: dict[str, list[Cost]] = {each.name: [] for each in contenders}
    with work_directory(given.directory) as name:
        directory = Path(name)
        frames = planted(directory / "archive", given.frames, given.different, (width, height))
        job = Job(directory, frames, (width, height), small=given.small)
        print(
            f"{describe(given.directory)}\n{given.frames} frames of {given.size}, {given.rounds} rounds\n", flush=True
        )
        for number in range(given.rounds):
            turn = number % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                if (missing := contender.missing()) is None:
                    costs[contender.name].append(cost := measured(contender, job))
                    print(f"round {number + 1}: {contender.name}: {cost.wall_s:.2f} s", flush=True)
                elif not number:
                    print(f"{contender.name}: {missing}")
    _print(costs, given.frames)


def measured(contender: RenderContender, job: Job) -> Cost:
    """Run it once; its file is looked at and removed. Raises RuntimeError where it fails. Blocks."""
    output = job.directory / f"{contender.name.replace(' ', '-')}.mp4"
    log = job.directory / "log"
    begun_s = time.monotonic()
    with log.open("wb") as errors:
        process = contender.start(job, output, errors)
        watched = _Watched(process.pid)
        # The usage of it and of all that it has waited for; `wait` alone would not tell it.
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - begun_s
        process.returncode = os.waitstatus_to_exitcode(status)
        memory_mb = watched.most_mb()
        if process.stdin is not None:
            process.stdin.close()
    if process.returncode != 0 or not output.exists():
        raise RuntimeError(f"{contender.name} failed: {log.read_text(errors='replace')[-2000:]}")
    made_bytes = output.stat().st_size
    output.unlink()
    return Cost(wall_s, used.ru_utime + used.ru_stime, memory_mb, made_bytes)


class _Watched:
    """The most that a process and its descendants hold together, looked at beside it until it has ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def most_mb(self) -> float:
        """When it has ended."""
        self._ended.set()
        self._thread.join()
        return self._most_mb

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EACH_S):
            self._most_mb = max(self._most_mb, sum(_rss_mb(pid) for pid in tree(self._pid)))


def _rss_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def _print(costs: dict[str, list[Cost]], frames: int) -> None:
    print(f"\n{'':22}   wall, s  (least - most)   CPU, ms a frame   memory, MB   file, MB   timelapse / it: wall   CPU")
    medians = {name: _median(runs) for name, runs in costs.items() if runs}
    ours = medians.get(OURS)
    for name, cost in medians.items():
        walls = [run.wall_s for run in costs[name]]
        line = (
            f"{name:22} {cost.wall_s:9.2f}  ({min(walls):.2f} - {max(walls):.2f}) {cost.cpu_s / frames * 1000:15.1f} "
            f"{cost.memory_mb:12.0f} {cost.made_bytes / 1e6:10.1f}"
        )
        if ours is not None and name != OURS:
            line += f" {ours.wall_s / cost.wall_s:22.3f} {ours.cpu_s / cost.cpu_s:5.3f}"
        print(line)


def _median(runs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(run.wall_s for run in runs),
        statistics.median(run.cpu_s for run in runs),
        statistics.median(run.memory_mb for run in runs),
        round(statistics.median(run.made_bytes for run in runs)),
    )


def _arguments() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--frames", type=int, default=1000)
    made.add_argument("--size", default="1920x1080", metavar="WxH")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument(
        "--different", type=int, default=100, help="pictures that are drawn; the others are links to them"
    )
    made.add_argument("--small", action="store_true", help="timelapse with its profile for small machines")
    made.add_argument("--only", action="append", metavar="NAME", help="this one; may be given several times")
    given = made.parse_args()
    known = [contender.name for contender in CONTENDERS]
    for name in given.only or []:
        if name not in known:
            made.error(f"--only {name!r}: one of {', '.join(known)}")
    return given


if __name__ == "__main__":
    main()
