"""How exactly the built-in camera keeps the grid: 1,000 slots at 100 ms, idle, and with all cores and the disk loaded.

    .venv/bin/python bench/lateness.py [--slots 1000]

Prints, for each: frames, lateness of the exposure (median, 99th percentile, worst), and the drift as the slope of
lateness over slots. The last lines are ratios, which carry over to other machines; the times don't.
Does not judge anything.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {source: test, resolution: 1280x720, interval: 100ms}
"""
CPU_HOG = "while True: pass"
DISK_HOG = """
import os, sys
path = os.path.join(sys.argv[1], "hog")
while True:
    with open(path, "wb") as file:
        for _ in range(64):
            file.write(os.urandom(1 << 20))
        os.fsync(file.fileno())
"""


@contextmanager
def load(directory: str) -> Iterator[None]:
    """Keep every core and the disk busy."""
    commands = [[sys.executable, "-c", CPU_HOG] for _ in range(os.cpu_count() or 1)]
    commands.append([sys.executable, "-c", DISK_HOG, directory])
    hogs = [subprocess.Popen(command) for command in commands]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def record(slots: int, *, loaded: bool) -> dict[str, float]:
    """Record so many slots; the figures."""
    with tempfile.TemporaryDirectory(prefix="timelapse-bench") as name, Recorder(Path(name), CONFIG) as recorder:
        first = recorder.wait_for_frame().data["slot_ns"]
        if loaded:
            with load(name):
                last = _wait_for_slot(recorder, first + (slots - 1) * 100_000_000)
        else:
            last = _wait_for_slot(recorder, first + (slots - 1) * 100_000_000)
        frames = [d for d in recorder.log.of("frame.written") if first <= d["slot_ns"] <= last]
        told = {slot for slot in recorder.slots_told() if first <= slot <= last}
        recorder.stop()
    late_us = [frame["lateness_us"] for frame in frames]
    numbers = [(frame["slot_ns"] - first) / 100_000_000 for frame in frames]
    return {
        "slots": len(told),
        "frames": len(frames),
        "p50_us": statistics.median(late_us),
        "p99_us": statistics.quantiles(late_us, n=100)[98],
        "worst_us": max(late_us),
        "drift_us_per_slot": statistics.linear_regression(numbers, late_us).slope,
    }


def _wait_for_slot(recorder: Recorder, slot_ns: int) -> int:
    recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.data["slot_ns"] >= slot_ns, patience_s=1200
    )
    return slot_ns


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=1000)
    slots = parser.parse_args().slots
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {slots} slots at 100 ms")
    results = {"idle": record(slots, loaded=False), "loaded": record(slots, loaded=True)}
    for name, figures in results.items():
        print(f"{name:7}", "  ".join(f"{key} {value:.3f}".rstrip("0").rstrip(".") for key, value in figures.items()))
    for key in ("p50_us", "p99_us", "worst_us"):
        print(f"loaded / idle, {key}: {results['loaded'][key] / results['idle'][key]:.1f}")


if __name__ == "__main__":
    main()
