"""How many frames a second can be kept: a 1080p camera with 100 frames a second, and every frame wanted.

    .venv/bin/python bench/rates.py [--seconds 30] [--directory DIR]

timelapse at several intervals, down to the shortest that the configuration takes: slots, frames, misses by cause,
frames a second, processor time a frame. Beside it GStreamer, ffmpeg (both copying) and an OpenCV loop without a sleep,
each keeping every frame that it gets, where they are installed. **Only timelapse has each frame on the disk (fsync)
before it counts**, and only it checks them; the others hand theirs to the page cache and would lose the last half
minute with the power. What the disk can do at most is measured in the same run: write, fsync, rename and fsync of the
directory, one frame after the other, with nothing else.

Give a --directory on a real disk: on a tmpfs (the first lines say) there is nothing to make durable. Does not judge
anything.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import trial
from bench.all_events import all_events
from bench.camera import PHASE_MS, Camera
from bench.contenders import EVERY_FRAME
from bench.machine import describe, parser, work_directory
from bench.pictures import written_between
from bench.process_tree import cpu_s, tree
from shared.clock import NS_PER_MS
from shared.config.bounds import SHORTEST_INTERVAL_MS
from tests.rig.recorder import Recorder, slots_of

INTERVALS_MS = (SHORTEST_INTERVAL_MS, 33, 50, 100)
CAMERA_FPS = 100.0
_DISK_S = 3.0
_LAST_S = 1.0
"""For the last slots of the time in question: a stop may find them in flight, and a later start would tell of them."""


class Rate(NamedTuple):
    """What came of one run. `slots` is 0 for a program that knows none."""

    slots: int
    frames: int
    misses: Counter[str]
    frames_a_second: float
    cpu_ms_a_frame: float


def _ours(url: str, interval_ms: int, given: argparse.Namespace) -> Rate:
    config = f'cameras:\n  main: {{source: "{url}", interval: {interval_ms}ms}}\n'
    with _empty_directory(given) as directory, Recorder(directory, config) as recorder:
        recorder.wait_for_frame()
        time.sleep(trial.SETTLE_S / 2)
        assert recorder.process is not None
        pids, begun_ns = tree(recorder.process.pid), time.time_ns()
        before_s = cpu_s(pids)
        time.sleep(given.seconds)
        ended_ns, used_s = time.time_ns(), cpu_s(pids) - before_s
        time.sleep(_LAST_S)
        events = all_events(recorder)
    slots = _slots(begun_ns, ended_ns, interval_ms * NS_PER_MS)
    written = {e.data["slot_ns"] for e in events if e.topic == "frame.written"}
    causes = {slot: e.data["cause"] for e in events if e.topic == "frame.missed" for slot in slots_of(e.data)}
    misses = Counter(causes.get(slot, "not told") for slot in slots if slot not in written)
    frames = len(slots) - misses.total()
    return _rate(len(slots), frames, misses, (ended_ns - begun_ns) / 1e9, used_s)


def _slots(begun_ns: int, ended_ns: int, interval_ns: int) -> range:
    return range(-(-begun_ns // interval_ns) * interval_ns, ended_ns, interval_ns)


def _rate(slots: int, frames: int, misses: Counter[str], seconds: float, used_s: float) -> Rate:
    return Rate(slots, frames, misses, frames / seconds, used_s * 1000 / max(1, frames))


def _disk_alone(jpeg: bytes, given: argparse.Namespace) -> float:
    """Durable files a second, one after the other, and nothing else."""
    with _empty_directory(given) as directory:
        directory_fd = os.open(directory, os.O_RDONLY)
        begun_s, number = time.monotonic(), 0
        while time.monotonic() < begun_s + _DISK_S:
            with (directory / "new").open("wb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
            (directory / "new").rename(directory / f"{number}.jpg")
            os.fsync(directory_fd)
            number += 1
        os.close(directory_fd)
        return number / (time.monotonic() - begun_s)


@contextlib.contextmanager
def _empty_directory(given: argparse.Namespace) -> Iterator[Path]:
    """What one leaves for the disk to write must not burden the next."""
    with work_directory(given.directory) as name:
        yield Path(name)
    os.sync()


def _print(name: str, rate: Rate) -> None:
    slots = f"{rate.slots:7}" if rate.slots else f"{'-':>7}"
    misses = ", ".join(f"{cause} {count}" for cause, count in sorted(rate.misses.items())) or "-"
    print(f"{name:18} {slots} {rate.frames:7} {rate.frames_a_second:9.1f} {rate.cpu_ms_a_frame:8.2f}  {misses}")


def _arguments() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--seconds", type=float, default=30.0, help="to measure each of them")
    made.add_argument("--interval-ms", type=int, action="append", help="of timelapse; may be given several times")
    return made.parse_args()


def main() -> None:
    """Run all of them, one after the other, and print the table."""
    given = _arguments()
    with Camera(fps=CAMERA_FPS, phase_ms=PHASE_MS / 2) as camera:
        with urllib.request.urlopen(camera.snapshot_url, timeout=10) as answer:
            jpeg = answer.read()
        print(f"{describe(given.directory)}\n{camera}, {len(jpeg) / 1000:.0f} kB each; {given.seconds:g} s each")
        print(f"timelapse's shortest interval is {SHORTEST_INTERVAL_MS} ms; it alone makes its frames durable\n")
        print(f"{'':18} {'slots':>7} {'frames':>7} {'frames/s':>9} {'CPU ms':>8}  misses")
        disk = _disk_alone(jpeg, given)
        print(f"{'the disk alone':18} {'-':>7} {'-':>7} {disk:9.1f} {'-':>8}  -")
        ours = {}
        for interval_ms in given.interval_ms or INTERVALS_MS:
            rate = ours[interval_ms] = _ours(camera.url, interval_ms, given)
            _print(f"timelapse {interval_ms} ms", rate)
        others = _others(camera.url, given)
    whole = [interval_ms for interval_ms, rate in ours.items() if not rate.misses]
    print(f"\nthe shortest interval at which timelapse missed nothing: {min(whole, default='none of these')} ms")
    best = max(rate.frames_a_second for rate in ours.values())
    print(f"timelapse at its best / the disk alone: {best / disk:.2f}")
    for name, rate in others.items():
        print(f"timelapse at its best / {name}: {best / max(0.001, rate.frames_a_second):.2f}")


def _others(url: str, given: argparse.Namespace) -> dict[str, Rate]:
    rates = {}
    for contender in EVERY_FRAME:
        if not contender.is_installed():
            print(f"{contender.name} is not installed")
            continue
        with _empty_directory(given) as directory:
            ran = trial.run(contender, url, directory, given.seconds)
            frames = len(written_between(directory, ran.begun_s, ran.ended_s))
        seconds = ran.ended_s - ran.begun_s
        rates[contender.name] = _rate(0, frames, Counter(), seconds, ran.used_s)
        _print(contender.name, rates[contender.name])
    return rates


if __name__ == "__main__":
    main()
