"""When a render that was started by hand stands still: for heat, a late capture, and a disk that is being cleaned.

Owns: hearing what captures, storage and the machine say; when a clean-up is of no use to wait for. Does not own: the
other rules (`render_worker.pausing`).
Invariant: a render never waits for a supervisor: where none answers, or it goes away, the render goes on. Nor does it
wait for room that does not come: where frames are not deleted for it, `stop_above` is its limit, and nothing else.
"""

from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.clock import NS_PER_S
from shared.disk import same_disk
from shared.errors import TimelapseError, WireError
from shared.events import DiskPressure
from shared.messages import Event
from shared.wire import check
from timelapse.client import Client, find
from timelapse.where import Where

if TYPE_CHECKING:
    from render_worker.request import RenderRequest

_READ_HEAT_EACH_NS = 5 * NS_PER_S
_FREES_WITHIN_NS = 120 * NS_PER_S
"""A clean-up that has freed nothing for so long has nothing more to delete; after a failure it tries each minute."""


class Pausable(Protocol):
    """A render: `render_worker.child.Child`."""

    def pause(self, reason: str) -> None:
        """Have it stand still."""

    def resume(self) -> None:
        """Have it go on."""


class CleaningRule:
    """Whether frames are being deleted for room, which a render would take again. Pure; monotonic nanoseconds."""

    def __init__(self) -> None:
        from render_worker.pausing import RoomRule

        self._room = RoomRule()
        self._least_percent = math.inf
        self._freed_ns = 0

    def pressure(self, told: DiskPressure, now_ns: int) -> None:
        """The disk is so full."""
        self._room.pressure(told.level, now_ns)
        if told.level == "ok":
            self._least_percent = math.inf
        elif told.used_percent < self._least_percent:
            self._least_percent, self._freed_ns = told.used_percent, now_ns

    def why(self, now_ns: int) -> str:
        """`the disk is nearly full, and being cleaned`; empty where it is not, or that does not help."""
        return self._room.why(now_ns) if now_ns - self._freed_ns < _FREES_WITHIN_NS else ""


class Watch:
    """Listens to one supervisor. Close it when done; closing twice is fine.

    `cleaned` is the archive whose frames may be deleted for the render's room, empty where none may.
    """

    def __init__(self, client: Client, pause_above_c: float | None, cleaned: str = "") -> None:
        from render_worker.hearing import CAPTURE_TOPICS, hear_capture
        from render_worker.heat import Thermometer
        from render_worker.pausing import HeatRule, LateRule

        self._client = client
        self._tap = client.tap((*CAPTURE_TOPICS, "disk.pressure"))
        self._hear_capture = hear_capture
        self._late, self._hot, self._cleaning = LateRule(), HeatRule(), CleaningRule()
        self._thermometer = Thermometer()
        self._heat = self._thermometer.read()
        self._read_ns = time.monotonic_ns()
        self._pause_above_c = pause_above_c
        self._cleaned = cleaned
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
        hot = self._hot.why(self._heat, self._pause_above_c)
        why = hot or self._late.why(now_ns) or self._cleaning.why(now_ns)
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
        if event.topic != "disk.pressure":
            self._hear_capture(self._late, event, now_ns)
        elif (told := check(event.data, DiskPressure)).path == self._cleaned:
            self._cleaning.pressure(told, now_ns)


def watch(runtime_dir: str | None, pause_above_c: float | None, cleaned: str = "") -> Watch | None:
    """A watch on the supervisor that runs; None where there is none. Blocks for its answer."""
    try:
        return Watch(find(runtime_dir), pause_above_c, cleaned)
    except TimelapseError:
        return None


def cleaned_for(place: Where, request: RenderRequest) -> str:
    """The archive whose frames would go for what this render writes; empty where none would. Blocks for the disks."""
    storage, output_dir = place.configuration.storage, place.configuration.output_dir
    cleans = storage.clean and storage.when_full != "stop"
    return output_dir if cleans and same_disk(Path(output_dir), Path(request.output).parent) else ""
