"""What a long render does to a recorder on the same machine: how late its frames are, without one and beside one.

    .venv/bin/python bench/render_beside.py [--frames 10000] [--size 1920x1080] [--rounds 2] [--minutes 5]

A real recorder takes a frame a second from the built-in camera. In turns it is left alone for some minutes, and has
`timelapse render` of so many frames of another camera of its archive beside it, which reads the same disk and wants
every core. Prints lateness, misses by cause, and how long the render took and stood still. The last line is the ratio,
which carries over to other machines; the times don't. Does not judge anything.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec

from bench.figures import ratios, spread
from bench.machine import ROOT, describe, parser, work_directory
from bench.render_frames import planted
from tests.rig.recorder import Recorder

CONFIG = """
cameras:
  main: {source: test, resolution: 1920x1080, interval: 1s}
storage: {clean: false}
"""
OLD = "old"
_DIFFERENT = 40


class Phase:
    """What was told of the camera in one stretch of time."""

    def __init__(self, events: list[dict[str, Any]], misses: list[dict[str, Any]]) -> None:
        self.late_ms = [data["lateness_us"] / 1000 for data in events if data["lateness_us"] is not None]
        self.misses = Counter[str]()
        for data in misses:
            self.misses[data["cause"]] += data["count"]

    def __str__(self) -> str:
        causes = ", ".join(f"{cause} {count}" for cause, count in sorted(self.misses.items())) or "none"
        return f"{len(self.late_ms)} frames, missed: {causes}; lateness, ms: {spread(self.late_ms)}"


def alone(recorder: Recorder, minutes: float) -> Phase:
    """The recorder by itself. Blocks for so long."""
    mark = recorder.log.mark()
    time.sleep(minutes * 60)
    return _since(recorder, mark)


def beside(recorder: Recorder, output: Path) -> tuple[Phase, dict[str, Any]]:
    """The recorder beside a render from its beginning to its end, and what the render told. Blocks for all of it."""
    mark = recorder.log.mark()
    words = ["render", "2026", "--camera", OLD, "--length", "0", "--json", "--force", "-o", str(output)]
    command = [sys.executable, "-m", "timelapse", *words, "--runtime-dir", str(recorder.runtime_dir)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return _since(recorder, mark), msgspec.json.decode(done.stdout)


def _since(recorder: Recorder, mark: int) -> Phase:
    of = recorder.log.of
    return Phase(
        [data for data in of("frame.written", after=mark) if data["camera"] == "main"],
        [data for data in of("frame.missed", after=mark) if data["camera"] == "main"],
    )


def main() -> None:
    """Measure in turns and print."""
    made = parser(__doc__)
    made.add_argument("--frames", type=int, default=10_000)
    made.add_argument("--size", default="1920x1080", metavar="WxH")
    made.add_argument("--rounds", type=int, default=2)
    made.add_argument("--minutes", type=float, default=5.0, help="left alone, in each round")
    given = made.parse_args()
    width, _, height = given.size.partition("x")
    print(describe(given.directory))
    late: dict[str, list[float]] = {"alone": [], "beside": []}
    with work_directory(given.directory) as name, Recorder(Path(name), CONFIG) as recorder:
        planted(recorder.output_dir, given.frames, _DIFFERENT, (int(width), int(height)), OLD)
        recorder.wait_for_frame()
        for number in range(1, given.rounds + 1):
            quiet = alone(recorder, given.minutes)
            print(f"round {number}\n  alone: {quiet}")
            busy, told = beside(recorder, Path(name) / "old.mp4")
            late["alone"] += quiet.late_ms
            late["beside"] += busy.late_ms
            print(f"  beside a render: {busy}")
            print(
                f"    {told['pictures']} pictures in {told['seconds']:.0f} s, stood still for {told['paused_s']:.0f} s",
                flush=True,
            )
    print(f"beside a render / alone: {ratios(spread(late['beside']), spread(late['alone']))}")


if __name__ == "__main__":
    main()
