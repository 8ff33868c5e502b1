"""What measuring each picture costs beside the check that it passes anyway, and whether it takes more and more memory.

    .venv/bin/python bench/measures.py [--pictures 600] [--interval 10]

Pictures of the built-in scene at 1920x1080 and at 12 MP, as they are drawn (which compresses as no photograph does) and
with the noise of a sensor; each is checked, then inspected, all in one run. Prints processor time a picture and the
ratio, once for an ordinary picture and once with the sharpness that is measured each 10 minutes; and the memory of
this process after a third of the pictures and after all. Does not judge anything.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.machine import parser
from capture_worker.cameras.scene import render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.inspection import Inspection
from shared.clock import NS_PER_S
from tests.rig.bad_pictures import noisy

NOON_NS = 1_795_435_200 * NS_PER_S
SIZES = {"1920x1080": (1920, 1080), "4056x3040": (4056, 3040)}
DIFFERENT = 12
"""Pictures that are made before, and then come in turn."""


class Cost(NamedTuple):
    """Microseconds of processor time: medians of a check and of an inspection, and the sums over all pictures."""

    check: float
    inspection: float
    all_checks: float
    all_inspections: float


def main() -> None:
    """Measure and print."""
    command = parser(__doc__)
    command.add_argument("--pictures", type=int, default=600)
    command.add_argument("--interval", type=float, default=10.0, help="seconds")
    given = command.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("                       kB   check  measures, us   ratio   with sharpness   RSS, MB")
    for size, pixels in SIZES.items():
        for noise in (0.0, 3.0):
            jpegs = pictures(pixels, noise)
            cost, memory = measured(jpegs, given.pictures, round(given.interval * NS_PER_S))
            print(
                f"{size} {'noisy' if noise else 'drawn'} {len(jpegs[0]) // 1000:>8} {cost.check:>7.0f} "
                f"{cost.inspection:>12.0f} {1 + cost.inspection / cost.check:>10.3f} "
                f"{1 + cost.all_inspections / cost.all_checks:>13.3f}       {memory[0]:.1f}, {memory[1]:.1f}",
                flush=True,
            )


def pictures(size: tuple[int, int], noise: float) -> list[bytes]:
    """JPEGs of one noon, 10 s apart."""
    found = []
    for number in range(DIFFERENT):
        image = render(NOON_NS + number * 10 * NS_PER_S, *size)
        found.append(encode_jpeg(noisy(image, noise, number) if noise else image, 90))
    return found


def measured(jpegs: list[bytes], count: int, interval_ns: int) -> tuple[Cost, tuple[float, float]]:
    """What `count` of them cost, and the memory after a third of them and after all."""
    inspection, checks, inspections, memory = Inspection(), [], [], []
    for number in range(count):
        jpeg = jpegs[number % len(jpegs)]
        begun_ns = time.thread_time_ns()
        checked = check_jpeg(jpeg)
        checked_ns = time.thread_time_ns()
        inspection.take(NOON_NS + number * interval_ns, jpeg, checked)
        inspections.append((time.thread_time_ns() - checked_ns) / 1000)
        checks.append((checked_ns - begun_ns) / 1000)
        if number in {count // 3, count - 1}:
            memory.append(_rss_mb())
    cost = Cost(statistics.median(checks), statistics.median(inspections), sum(checks), sum(inspections))
    return cost, (memory[0], memory[-1])


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
