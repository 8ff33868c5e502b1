"""What a subscriber that never reads does to a recorder: to its memory, its pictures' timing, and other subscribers.

    .venv/bin/python bench/silent_subscriber.py [--minutes 10]

Two equal runs of a real recorder, one after the other: the built-in camera at 100 ms, a worker that only talks (100
events a second more), and one subscriber that reads everything. In the second run there is one more, which subscribes
to everything and is stopped (SIGSTOP) once it has got its first event: its socket stays connected and nobody reads.

Prints the supervisor's memory over the time (it grows until its ring of the last 10,000 events is full, after some
70 s, whoever reads), the lateness of the pictures in the first and in the last quarter, and the gaps in the numbers
that the reading subscriber saw. The last lines are ratios of the two runs, which carry over to other machines; the
times don't. Does not judge anything.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import Spread, ratios, spread
from bench.machine import describe, parser, work_directory
from bench.process_tree import memory_mb
from bench.scripted_capture import CAMERA, install
from shared.messages import Event
from tests.rig.recorder import Recorder

CONFIG = f"""
cameras:
  main: {{source: test, resolution: 640x360, interval: 100ms}}
  {CAMERA}: {{source: test, interval: 10s}}
"""
_EVENTS_A_SECOND = 100.0
_SILENT = """
import sys, time, zmq
tap = zmq.Context.instance().socket(zmq.SUB)
tap.subscribe(b"")
tap.connect(sys.argv[1])
tap.recv_multipart()
print("subscribed", flush=True)
time.sleep(1e6)
"""


class Run(NamedTuple):
    """Memory in MB; lateness in ms; `gaps` are events that the reading subscriber did not get."""

    rss_first: float
    rss_last: float
    early: Spread
    late: Spread
    events_a_second: float
    gaps: int


@contextlib.contextmanager
def _silent_subscriber(runtime_dir: Path) -> Iterator[None]:
    command = [sys.executable, "-c", _SILENT, f"ipc://{runtime_dir}/events.sock"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _run(minutes: float, where: Path | None, *, silent: bool) -> Run:
    with work_directory(where) as name, contextlib.ExitStack() as stack:
        install(Path(name), _EVENTS_A_SECOND)
        recorder = stack.enter_context(Recorder(Path(name), CONFIG, ahead=[Path(name)]))
        recorder.wait_for_frame("main")
        recorder.wait_for_frame(CAMERA)
        if silent:
            stack.enter_context(_silent_subscriber(recorder.runtime_dir))
        mark = recorder.log.mark()
        rss = _watch(recorder, minutes)
        events = recorder.log.events[mark:]
    frames = [e.data["lateness_us"] / 1000 for e in events if e.topic == "frame.written" and e.data["camera"] == "main"]
    quarter = max(1, len(frames) // 4)
    return Run(
        rss_first=rss[0],
        rss_last=rss[-1],
        early=spread(frames[:quarter]),
        late=spread(frames[-quarter:]),
        events_a_second=len(events) / minutes / 60,
        gaps=_gaps(events),
    )


def _watch(recorder: Recorder, minutes: float) -> list[float]:
    assert recorder.process is not None
    rss = []
    step_s = min(60.0, minutes * 15)
    begun_s = time.monotonic()
    while (passed_s := time.monotonic() - begun_s) < minutes * 60 + step_s / 2:
        rss.append(memory_mb(recorder.process.pid).rss_mb)
        print(f"  {passed_s:6.0f} s  supervisor RSS {rss[-1]:.2f} MB", flush=True)
        time.sleep(max(0.0, begun_s + len(rss) * step_s - time.monotonic()))
    return rss


def _gaps(events: list[Event]) -> int:
    numbers = [event.seq for event in events if event.topic != "bus.tick"]
    return numbers[-1] - numbers[0] + 1 - len(numbers)


def _print(name: str, run: Run) -> None:
    print(f"{name}: {run.events_a_second:.0f} events a second, {run.gaps} lost by the subscriber that reads")
    print(f"  supervisor RSS: {run.rss_first:.2f} MB at the beginning, {run.rss_last:.2f} at the end")
    print(f"  lateness, ms, first quarter: {run.early}\n  lateness, ms, last quarter:  {run.late}")


def main() -> None:
    """Run both and print the figures."""
    made = parser(__doc__)
    made.add_argument("--minutes", type=float, default=10.0, help="each of the two runs")
    given = made.parse_args()
    print(f"{describe(given.directory)}\n{given.minutes:g} minutes each\n\nwithout a silent subscriber", flush=True)
    without = _run(given.minutes, given.directory, silent=False)
    print("with a silent subscriber", flush=True)
    silent = _run(given.minutes, given.directory, silent=True)
    print()
    _print("without", without)
    _print("with   ", silent)
    print(f"\nwith / without, lateness in the last quarter: {ratios(silent.late, without.late)}")
    print(f"last / first quarter, with: {ratios(silent.late, silent.early)}")
    print(f"with / without, supervisor RSS at the end: {silent.rss_last / without.rss_last:.3f}")


if __name__ == "__main__":
    main()
