"""When a render that was started by hand stands still: as the render worker's does, while a supervisor runs.

Owns: hearing what captures and the machine say. Does not own: the rules (`render_worker.pausing`).
Invariant: a render never waits for a supervisor: where none answers, or it goes away, the render goes on.
"""

from __future__ import annotations

import contextlib
import time
from typing import Protocol

from shared.errors import TimelapseError, WireError
from shared.events import FrameMissed, FrameWritten
from shared.messages import Event
from shared.wire import check
from timelapse.client import Client, find

_READ_HEAT_EACH_NS = 5_000_000_000


class Pausable(Protocol):
    """A render: `render_worker.child.Child`."""

    def pause(self, reason: str) -> None:
        """Have it stand still."""

    def resume(self) -> None:
        """Have it go on."""


class Watch:
    """Listens to one supervisor. Close it when done; closing twice is fine."""

    def __init__(self, client: Client, pause_above_c: float | None) -> None:
        from render_worker.heat import Thermometer
        from render_worker.pausing import HeatRule, LateRule

        self._client = client
        self._tap = client.tap(("frame.written", "frame.missed"))
        self._late, self._hot = LateRule(), HeatRule()
        self._thermometer = Thermometer()
        self._heat = self._thermometer.read()
        self._read_ns = time.monotonic_ns()
        self._pause_above_c = pause_above_c
        self._why = ""

    def steer(self, render: Pausable) -> None:
        """Have it stand still or go on, by what was heard since the last call. Never blocks."""
        now_ns = time.monotonic_ns()
        if not self._why:
            self._late.worked(now_ns)
        for event in self._tap.arrived():
            with contextlib.suppress(WireError):
                self._hear(event, now_ns)
        if now_ns - self._read_ns >= _READ_HEAT_EACH_NS:
            self._heat, self._read_ns = self._thermometer.read(), now_ns
        why = self._hot.why(self._heat, self._pause_above_c) or self._late.why(now_ns)
        if why != self._why:
            self._why = why
            if why:
                render.pause(why)
            else:
                render.resume()

    def close(self) -> None:
        """Leave."""
        self._tap.close()
        self._client.close()

    def _hear(self, event: Event, now_ns: int) -> None:
        if event.topic == "frame.written":
            frame: FrameWritten = check(event.data, FrameWritten)
            if frame.lateness_us is not None:
                self._late.frame(frame.camera, frame.lateness_us, now_ns)
        elif event.topic == "frame.missed":
            miss: FrameMissed = check(event.data, FrameMissed)
            self._late.missed(miss.camera, miss.cause, now_ns)


def watch(runtime_dir: str | None, pause_above_c: float | None) -> Watch | None:
    """A watch on the supervisor that runs; None where there is none. Blocks for its answer."""
    try:
        return Watch(find(runtime_dir), pause_above_c)
    except TimelapseError:
        return None
