"""Whether a recorder on a machine without a free moment takes anything for a hang that is none.

    .venv/bin/python bench/loaded.py [--minutes 30]

Two CPU hogs for each core and one that keeps the disk busy; in that a real recorder is started, with the built-in
camera and an MJPEG camera, both at 1 s. The MJPEG camera stands for another machine: it takes precedence over the load
where it may (as root). Nothing hangs here, so each `worker.hung` is a false one; each is printed with its operation and
how long it was overdue. Also: frames, misses by cause, and lateness (of a stream, the time from the slot to its next
frame is part of it). Does not judge anything.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.all_events import all_events
from bench.camera import Camera
from bench.figures import spread
from bench.load import load
from bench.machine import describe, parser, work_directory
from shared.messages import Event
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  builtin: {{source: test, resolution: 1280x720, interval: 1s}}
  network: {{source: "{url}", interval: 1s}}
"""
HOGS_A_CORE = 2


def _events(url: str, minutes: float, where: Path | None) -> list[Event]:
    config = CONFIG.format(url=url)
    with (
        work_directory(where) as name,
        work_directory(where) as for_load,
        load(for_load, HOGS_A_CORE),
        Recorder(Path(name), config) as recorder,
    ):
        time.sleep(minutes * 60)
        return all_events(recorder)


def _data(events: list[Event], topic: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.topic == topic]


def _print_camera(camera: str, events: list[Event]) -> None:
    frames = [data for data in _data(events, "frame.written") if data["camera"] == camera]
    misses: Counter[str] = Counter()
    for data in _data(events, "frame.missed"):
        if data["camera"] == camera:
            misses[data["cause"]] += data["count"]
    causes = ", ".join(f"{cause} {count}" for cause, count in sorted(misses.items())) or "none"
    print(f"{camera}: {len(frames)} frames; misses: {causes}")
    late_ms = [data["lateness_us"] / 1000 for data in frames if data["lateness_us"] is not None]
    if late_ms:
        print(f"  lateness, ms: {spread(late_ms)}")


def main() -> None:
    """Record under load and print what happened."""
    made = parser(__doc__)
    made.add_argument("--minutes", type=float, default=30.0)
    given = made.parse_args()
    print(describe(given.directory))
    with Camera(fps=15.0, size=(1280, 720)) as camera:
        print(f"{camera}\n{given.minutes:g} minutes, {HOGS_A_CORE} CPU hogs a core and one on the disk\n")
        events = _events(camera.url, given.minutes, given.directory)
    for name in ("builtin", "network"):
        _print_camera(name, events)
    hung = _data(events, "worker.hung")
    exits = Counter(data["cause"] for data in _data(events, "worker.exited"))
    print(f"worker.hung: {len(hung)}; worker.exited by cause: {dict(exits)}")
    for data in hung:
        print(f"  {data['worker']}: {data['operation']}, overdue by {data['overdue_ms']} ms: {data['detail']}")


if __name__ == "__main__":
    main()
