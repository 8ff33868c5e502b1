"""How exactly the built-in camera keeps the grid: 1,000 slots at 100 ms, idle, and with all cores and the disk loaded.

The loaded run is made twice, the second time with `realtime: true`, which needs root or a limit of RTPRIO.

    .venv/bin/python bench/lateness.py [--slots 1000]

Prints, for each: frames, lateness of the exposure (median, 99th percentile, worst), and the drift as the slope of
lateness over slots. The last lines are ratios, which carry over to other machines; the times don't.
Does not judge anything.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import Spread, ratios, spread
from bench.load import load
from bench.machine import describe, parser, work_directory
from tests.rig.recorder import Recorder

INTERVAL_NS = 100_000_000
CONFIG = """
cameras:
  main: {{source: test, resolution: 1280x720, interval: 100ms, realtime: {realtime}}}
"""


class Kept(NamedTuple):
    """How the grid was kept: lateness in microseconds, its slope over slots likewise."""

    slots: int
    frames: int
    late: Spread
    drift: float


def record(slots: int, where: Path | None, *, loaded: bool, realtime: bool = False) -> Kept:
    """Record so many slots; the figures."""
    config = CONFIG.format(realtime=str(realtime).lower())
    with work_directory(where) as name, Recorder(Path(name), config) as recorder:
        first = recorder.wait_for_frame().data["slot_ns"]
        last = first + (slots - 1) * INTERVAL_NS
        with load(name) if loaded else contextlib.nullcontext():
            _wait_for_slot(recorder, last)
        frames = [d for d in recorder.log.of("frame.written") if first <= d["slot_ns"] <= last]
        told = {slot for slot in recorder.slots_told() if first <= slot <= last}
    late_us = [frame["lateness_us"] for frame in frames]
    numbers = [(frame["slot_ns"] - first) / INTERVAL_NS for frame in frames]
    drift = statistics.linear_regression(numbers, late_us).slope
    return Kept(len(told), len(frames), spread(late_us), drift)


def _wait_for_slot(recorder: Recorder, slot_ns: int) -> None:
    recorder.log.wait_for(
        lambda event: event.topic == "frame.written" and event.data["slot_ns"] >= slot_ns, patience_s=1200
    )


def main() -> None:
    """Run all three and print the table."""
    made = parser(__doc__)
    made.add_argument("--slots", type=int, default=1000)
    given = made.parse_args()
    print(f"{describe(given.directory)}\n{given.slots} slots at 100 ms, lateness in microseconds\n")
    idle = record(given.slots, given.directory, loaded=False)
    loaded = record(given.slots, given.directory, loaded=True)
    realtime = record(given.slots, given.directory, loaded=True, realtime=True)
    for name, kept in (("idle", idle), ("loaded", loaded), ("loaded, realtime", realtime)):
        print(f"{name:17} slots {kept.slots}  frames {kept.frames}  {kept.late}  drift a slot {kept.drift:.3f}")
    print(f"loaded / idle: {ratios(loaded.late, idle.late)}")
    print(f"loaded, realtime / loaded: {ratios(realtime.late, loaded.late)}")


if __name__ == "__main__":
    main()
