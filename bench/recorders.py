"""Recorders of a network camera side by side: one 1080p MJPEG camera at 30 frames a second, one picture each second.

    .venv/bin/python bench/recorders.py [--seconds 120] [--loaded] [--only NAME]

For each that is installed: how far its pictures are off a grid of one second (median, 99th percentile, worst; against
the line that fits them best), the drift of that line, the age of a picture when its file is complete, processor time
for each picture, and memory. The camera writes the time into its pictures, and that is what is read from them. The
last lines are ratios to GStreamer and ffmpeg, which carry over to other machines; the times don't. Does not judge
anything.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from bench.contenders import CONTENDERS, ROOT, Contender
from bench.lateness import load
from bench.process_tree import cpu_s, memory_mb, tree
from capture_worker.cameras.mark import read_mark
from tests.rig.camera_process import CameraProcess

SETTLE_S = 8.0
"""Opening, importing and the first pictures are left out of everything."""


class Figures(NamedTuple):
    """What came out: times in ms, memory in MB."""

    pictures: int
    off_p50: float
    off_p99: float
    off_worst: float
    drift: float
    age_p50: float
    age_p99: float
    cpu: float
    rss: float
    pss: float


def measure(contender: Contender, url: str, seconds: float, directory: Path) -> Figures | None:
    """Run one of them for so long; None where it gave too few pictures to say anything."""
    command = contender.command(url, directory)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=directory, env=environment)
        try:
            time.sleep(SETTLE_S)
            begun_s, before_s = time.time(), cpu_s(tree(process.pid))
            time.sleep(seconds)
            pids = tree(process.pid)
            used_s, memory = cpu_s(pids) - before_s, [memory_mb(pid) for pid in pids]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    shown = sorted(_shown(directory, begun_s, begun_s + seconds))
    if len(shown) < 10:
        return None
    return _figures(shown, used_s, memory)


def _shown(directory: Path, begun_s: float, ended_s: float) -> list[tuple[float, float]]:
    """For each picture of the time in question: when it was made and when its file was complete, in ms."""
    found = []
    for path in directory.rglob("*.jpg"):
        written_s = path.stat().st_ctime  # the last write, or the move to its name
        if path.is_symlink() or not begun_s < written_s < ended_s:
            continue
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        mark_ms = None if pixels is None else read_mark(np.asarray(pixels, np.uint8))
        if mark_ms is not None:
            found.append((float(mark_ms), written_s * 1000))
    return found


def _figures(shown: list[tuple[float, float]], used_s: float, memory: list[tuple[float, float]]) -> Figures:
    made_ms = [made - shown[0][0] for made, _ in shown]
    slots = [float(round(made / 1000)) for made in made_ms]
    if len(set(slots)) < len(slots):
        slots = [float(number) for number in range(len(shown))]
    line = statistics.linear_regression(slots, made_ms)
    off = sorted(abs(made - line.intercept - line.slope * slot) for made, slot in zip(made_ms, slots, strict=True))
    ages = sorted(written - made for made, written in shown)
    return Figures(
        pictures=len(shown),
        off_p50=statistics.median(off),
        off_p99=_percentile(off, 0.99),
        off_worst=off[-1],
        drift=line.slope - 1000,
        age_p50=statistics.median(ages),
        age_p99=_percentile(ages, 0.99),
        cpu=used_s * 1000 / len(shown),
        rss=sum(rss for rss, _ in memory),
        pss=sum(pss for _, pss in memory),
    )


def _percentile(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))]


def _print_table(results: dict[str, Figures | None]) -> None:
    print(f"{'':17} pictures  off the grid, ms p50/p99/worst  drift  age, ms p50/p99  CPU ms  RSS MB  PSS MB")
    for name, f in results.items():
        if f is None:
            print(f"{name:17} too few pictures with a readable mark")
            continue
        print(
            f"{name:17} {f.pictures:8} {f.off_p50:11.1f} {f.off_p99:8.1f} {f.off_worst:8.1f} {f.drift:9.3f} "
            f"{f.age_p50:7.1f} {f.age_p99:8.1f} {f.cpu:7.1f} {f.rss:7.1f} {f.pss:7.1f}"
        )
    ours = results.get("timelapse")
    for name in ("GStreamer copy", "ffmpeg -c copy"):
        other = results.get(name)
        if ours is not None and other is not None:
            print(f"timelapse / {name}: off p99 {ours.off_p99 / other.off_p99:.2f}, CPU {ours.cpu / other.cpu:.2f}")


def main() -> None:
    """Run all of them, one after the other, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--loaded", action="store_true", help="with every core and the disk kept busy")
    parser.add_argument("--only", help="one of them alone")
    given = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {given.seconds:g} s each"
    )
    results: dict[str, Figures | None] = {}
    with CameraProcess(fps=30, size=(1920, 1080)) as camera:
        for contender in CONTENDERS:
            if given.only not in {None, contender.name}:
                continue
            if not contender.is_installed():
                print(f"{contender.name} is not installed")
                continue
            with tempfile.TemporaryDirectory(prefix="timelapse-bench") as name:
                if given.loaded:
                    with load(name):
                        results[contender.name] = measure(contender, camera.url, given.seconds, Path(name))
                else:
                    results[contender.name] = measure(contender, camera.url, given.seconds, Path(name))
    _print_table(results)


if __name__ == "__main__":
    main()
