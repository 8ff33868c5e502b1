"""From kill -9 of a capture worker to the next frame, with a stand-by and without, and what each process takes.

    .venv/bin/python bench/standby.py [--times 50] [--interval 50ms]

The built-in camera, and an MJPEG stream over HTTP with 30 frames a second. The worker is killed at a random moment of
the interval; with a stand-by, once one is ready; without, once the worker has lasted long enough to be started again
at once. Prints milliseconds from the kill until the supervisor knew it, until the camera was open again, and until the
next frame was durable, which waits for its slot too; then the memory of every process. The two take turns, ten kills
each, so that what else the machine does weighs on both. Does not judge anything.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.camera import Camera
from bench.figures import spread
from bench.machine import describe, parser, work_directory
from bench.process_tree import memory_mb, name_of, tree
from shared.messages import Event
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {{source: "{source}", resolution: 1280x720, interval: {interval}}}
storage: {{clean: false}}
supervisor:
  restart: {{stable: 1s}}
  standby: {mode}
"""
_LASTED_S = 1.5
_MEMORY_AFTER_S = 5.0
_BLOCK = 10


class Back(NamedTuple):
    """After a kill: milliseconds to each step."""

    noticed: float
    opened: float
    frame: float


def _ready(recorder: Recorder) -> None:
    while recorder.status()["standby"]["state"] != "ready":
        time.sleep(0.05)


def _kill(recorder: Recorder) -> Back:
    """Kill the worker once."""
    pid = recorder.pid_of("capture.main")
    mark = recorder.log.mark()
    killed_ns = time.monotonic_ns()
    os.kill(pid, signal.SIGKILL)
    noticed = recorder.log.wait_for(lambda event: event.topic == "worker.exited", after=mark)
    opened = recorder.log.wait_for(lambda event: event.topic == "camera.opened", after=mark)

    def is_next(event: Event) -> bool:
        return event.topic == "frame.written" and event.mono_ns > opened.mono_ns

    frame = recorder.log.wait_for(is_next, after=mark)
    return Back(*((event.mono_ns - killed_ns) / 1e6 for event in (noticed, opened, frame)))


def _measure(config: str, times: int, where: Path | None) -> tuple[list[Back], list[str]]:
    """So many kills, and the memory of each process some seconds after the last."""
    has_standby = "standby: never" not in config
    with work_directory(where) as name, Recorder(Path(name), config) as recorder:
        recorder.wait_for_frame()
        kills = []
        for _ in range(times):
            if has_standby:
                _ready(recorder)
            else:
                time.sleep(_LASTED_S)
            time.sleep(random.uniform(0.0, 0.1))
            kills.append(_kill(recorder))
        if has_standby:
            _ready(recorder)
        time.sleep(_MEMORY_AFTER_S)
        return kills, _memory(recorder)


def _memory(recorder: Recorder) -> list[str]:
    assert recorder.process is not None
    held = [(name_of(pid), memory_mb(pid)) for pid in tree(recorder.process.pid)]
    return [f"{name:14} RSS {memory.rss_mb:6.1f} MB  PSS {memory.pss_mb:6.1f} MB" for name, memory in held]


def _compare(kind: str, source: str, given: argparse.Namespace) -> None:
    kills: dict[str, list[Back]] = {"never": [], "always": []}
    memory = {}
    for begun in range(0, given.times, _BLOCK):
        for mode in kills:
            config = CONFIG.format(source=source, interval=given.interval, mode=mode)
            more, memory[mode] = _measure(config, min(_BLOCK, given.times - begun), given.directory)
            kills[mode] += more
    for mode, all_of_them in kills.items():
        print(f"{kind}, standby: {mode}")
        for step, values in zip(Back._fields, zip(*all_of_them, strict=True), strict=True):
            print(f"  {step:8} {spread(values)}")
        print("\n".join(f"  {line}" for line in memory[mode]), flush=True)


def main() -> None:
    """Kill, and print the tables."""
    made = parser(__doc__)
    made.add_argument("--times", type=int, default=50)
    made.add_argument("--interval", default="50ms", help="as in the configuration")
    given = made.parse_args()
    print(
        f"{describe(given.directory)}\n{given.times} kills each, interval {given.interval}, milliseconds\n", flush=True
    )
    _compare("test", "test", given)
    with Camera() as camera:
        _compare("http", camera.url, given)


if __name__ == "__main__":
    main()
