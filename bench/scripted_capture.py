"""A capture worker that only talks, under the real supervisor: `frame.written` at a given rate, stamped as it is made.

Owns: the worker, and having the supervisor start it for the camera `load` in the place of a real one.
Does not own: other cameras, which get the real worker; the supervisor.
Invariant: what it says is numbered without a hole by `slot_ns`, so that a listener can count what was lost on the way,
and goes through everything that a real worker's event goes through.
"""

from __future__ import annotations

import itertools
import signal
import time
from pathlib import Path

from bench.machine import ROOT
from shared.clock import NS_PER_S
from shared.events import FrameWritten
from shared.worker import Worker, run

CAMERA = "load"
SLOT_NS = 1_000_000
"""Between the slots of two events that follow each other. Nothing is recorded, so it may be anything."""
_NO_ROOM_S = 0.001
_TURN = 64
"""Events between two looks at the signals, when there is no pause."""

_DISPATCH = """
import runpy, sys
sys.path[0] = {root!r}
if "--worker=capture.{camera}" in sys.argv:
    from bench.scripted_capture import talk
    talk({rate})
del sys.modules["capture_worker"]
runpy.run_module("capture_worker", run_name="__main__", alter_sys=True)
"""


def install(directory: Path, rate: float) -> None:
    """Have recorders that import from this directory first start it for the camera `load`. `rate` 0: no pause."""
    package = directory / "capture_worker"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_DISPATCH.format(root=str(ROOT), camera=CAMERA, rate=rate))


def talk(rate: float) -> None:
    """The worker's main function; `rate` in events a second. Does not return."""

    def work(worker: Worker) -> int:
        worker.configuration()
        worker.ready()
        first_ns = worker.clock.wall_ns() // SLOT_NS * SLOT_NS
        for number in itertools.count():
            if rate:
                _wait(worker, int(NS_PER_S / rate))
            if (rate or number % _TURN == 0) and signal.SIGTERM in worker.signals.taken():
                break
            worker.lease.renew("write", 30)
            _say(worker, _frame(first_ns + number * SLOT_NS))
        return 0

    run(work, ())


def _wait(worker: Worker, period_ns: int) -> None:
    due_ns = (time.monotonic_ns() // period_ns + 1) * period_ns
    time.sleep(max(0, due_ns - worker.clock.mono_ns()) / NS_PER_S)


def _say(worker: Worker, frame: FrameWritten) -> None:
    # A real worker never waits for room. This one does, or it would spend a core on throwing events away.
    while not worker.offer("frame.written", frame, worker.clock.wall_ns(), worker.clock.mono_ns()):
        time.sleep(_NO_ROOM_S)


def _frame(slot_ns: int) -> FrameWritten:
    """Of the size and the kind of a real one."""
    return FrameWritten(
        camera=CAMERA,
        slot_ns=slot_ns,
        take=1,
        path=f"{CAMERA}/2026/06/01/20260601T120000.{slot_ns // SLOT_NS % 1000:03}+0200.jpg",
        bytes=335_123,
        width=1920,
        height=1080,
        lateness_us=7_812,
        age_us=5_310,
        exposure_us=4_990,
        analogue_gain=1.5,
    )
