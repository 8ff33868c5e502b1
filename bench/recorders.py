"""Recorders of a network camera side by side: a 1080p camera with 30 frames a second, one picture each second.

    .venv/bin/python bench/recorders.py [--seconds 120] [--snapshot] [--loaded] [--only NAME]... [--directory DIR]

From its MJPEG stream, or with --snapshot from an address that gives one JPEG, the newest frame, for each request. For
each recorder that is installed: how far its pictures are off a grid of one second (median, 99th percentile, worst;
against the line that fits them best), the drift of that line for each second, the age of a picture when its file is
complete, processor time for each picture with that of all its processes, and the most memory that they held at a time.

The camera writes the time into its pictures in whole milliseconds, and that is what is read from them; differences of
less than 1 ms are not seen, and count as 1 ms in ratios. When a file is complete is told by the file system, whose
clock may stand still for a tick of the kernel: an age may be short by up to 4 ms, and even be less than 0. A frame is
made 10 ms after each full second, and each 1/30 s after that. With --phase-ms 0 it would be made within jitter of the
full second: whoever takes the first frame at or after the second then gets one or the other of two frames, 33 ms apart,
by chance (`bench/camera.py`).

Only timelapse checks its pictures and has them on the disk (fsync) before it says so; the check is told apart. The
last lines are ratios, which carry over to other machines; the times don't. Does not judge anything.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import trial
from bench.camera import PHASE_MS, Camera
from bench.check_cost import check_cpu_ms
from bench.contender import OURS, Contender
from bench.contenders import CONTENDERS
from bench.figures import ratios
from bench.load import load
from bench.machine import describe, parser, work_directory
from bench.pictures import Figures, figures_of
from bench.snapshot_contenders import SNAPSHOT_CONTENDERS
from bench.trial import Part

Results = dict[str, Figures | None]
_LEAST_OFF_MS = 1.0


def _measure(contender: Contender, url: str, given: argparse.Namespace) -> tuple[Figures | None, list[Part]]:
    with work_directory(given.directory) as name, work_directory(given.directory) as for_load:
        with load(for_load) if given.loaded else contextlib.nullcontext():
            ran = trial.run(contender, url, Path(name), given.seconds)
        return figures_of(Path(name), ran), ran.parts


def _print_table(results: Results, contenders: tuple[Contender, ...]) -> None:
    print(f"{'':17} pictures  off the grid, ms p50/p99/worst   drift  age, ms p50/p99  CPU ms  RSS MB  PSS MB  stored")
    as_it_came = {contender.name for contender in contenders if contender.keeps_bytes}
    for name, f in results.items():
        if f is None:
            print(f"{name:17} too few pictures with a readable mark")
            continue
        print(
            f"{name:17} {f.pictures:8} {f.off.p50:12.1f} {f.off.p99:8.1f} {f.off.worst:8.1f} {f.drift:9.3f} "
            f"{f.age.p50:7.1f} {f.age.p99:8.1f} {f.cpu_a_picture:7.1f} {f.memory.rss_mb:7.1f} {f.memory.pss_mb:7.1f}  "
            f"{'as it came' if name in as_it_came else 'encoded anew'}"
        )


def _print_parts(parts: list[Part]) -> None:
    print("\ntimelapse by process:")
    for part in parts:
        print(
            f"  {part.name:14} CPU {part.cpu_ms_a_second:6.2f} ms a second, "
            f"RSS {part.memory.rss_mb:.1f} MB, PSS {part.memory.pss_mb:.1f} MB"
        )


def _print_ratios(results: Results, check_ms: float) -> None:
    ours = results.get(OURS.name)
    if ours is None:
        return
    without_ms = ours.cpu_a_picture - check_ms
    print(
        f"timelapse: CPU {ours.cpu_a_picture:.2f} ms a picture, of which the check {check_ms:.2f}; "
        f"without it {without_ms:.2f}\n"
    )
    for name, other in results.items():
        if other is not None and other is not ours:
            print(
                f"timelapse / {name}: off the grid {ratios(ours.off, other.off, _LEAST_OFF_MS)}; "
                f"CPU {ours.cpu_a_picture / other.cpu_a_picture:.2f}, without the check "
                f"{without_ms / other.cpu_a_picture:.2f}; PSS {ours.memory.pss_mb / other.memory.pss_mb:.2f}"
            )


def _arguments(contenders: tuple[Contender, ...]) -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, default=120.0, help="to measure each of them")
    made.add_argument("--snapshot", action="store_true", help="from an address that gives one picture a request")
    made.add_argument("--loaded", action="store_true", help="with every core and the disk kept busy")
    made.add_argument("--phase-ms", type=float, default=PHASE_MS, help="when frames are made, after the full second")
    made.add_argument("--only", action="append", metavar="NAME", help="this one; may be given several times")
    given = made.parse_args()
    known = sorted({contender.name for contender in contenders})
    for name in given.only or []:
        if name not in known:
            made.error(f"--only {name!r}: one of {', '.join(known)}")
    return given


def main() -> None:
    """Run all of them, one after the other, and print the table."""
    given = _arguments((*CONTENDERS, *SNAPSHOT_CONTENDERS))
    contenders = SNAPSHOT_CONTENDERS if given.snapshot else CONTENDERS
    results: Results = {}
    parts: list[Part] = []
    check_ms = 0.0
    with Camera(phase_ms=given.phase_ms) as camera:
        url = camera.snapshot_url if given.snapshot else camera.url
        print(f"{describe(given.directory)}\n{camera}\nfrom {url}, {given.seconds:g} s each, loaded: {given.loaded}\n")
        for contender in contenders:
            if given.only and contender.name not in given.only:
                continue
            if not contender.is_installed():
                print(f"{contender.name} is not installed")
                continue
            results[contender.name], of_each = _measure(contender, url, given)
            if contender is OURS:
                parts, check_ms = of_each, check_cpu_ms(camera.snapshot_url)
    _print_table(results, contenders)
    if parts:
        _print_parts(parts)
        _print_ratios(results, check_ms)


if __name__ == "__main__":
    main()
