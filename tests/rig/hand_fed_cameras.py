"""Small cameras that give what the test hands them, when the test hands it.

Owns: a streaming one, a shooting one, and one that rests. Does not own: slots; like any camera they know none.
Invariant: nothing comes out that was not put in, and an exception that was put in is raised where a real one would be.
Until something is put in they block, for ever: their thread must be a daemon.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from capture_worker.cameras.base import Drained, Exposure, Frame, Opened, always

T = TypeVar("T")


class _Fed:
    def __init__(self, opened: Opened | Exception) -> None:
        self._opened = opened

    def open(self) -> Opened:
        """See `Camera.open`."""
        return _given(self._opened)

    def close(self) -> None:
        """See `Camera.close`."""


class FedStream(_Fed):
    """A `StreamingCamera`. `feed` sends it a frame with its own time.

    `drains` counts the calls, with the one that waits: beyond n, n frames were drained and done with.
    """

    def __init__(self, opened: Opened | Exception) -> None:
        super().__init__(opened)
        if isinstance(opened, Opened):
            self._opened = replace(opened, streams=True)
        self.takes = 0
        self.drains = 0
        self._frames: queue.Queue[Frame | Exception] = queue.Queue()
        self._drained: Frame | None = None

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return 3.0

    def feed(self, frame: Frame | Exception) -> None:
        """The camera sends this next."""
        self._frames.put(frame)

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`. Every frame from before that moment is thrown away."""
        self.drains += 1
        frame = _given(self._frames.get())
        is_kept = frame.own_mono_ns >= wanted_from_ns()
        self._drained = frame if is_kept else None
        return Drained(frame.own_wall_ns, frame.own_mono_ns, is_kept)

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        assert self._drained is not None, "taken twice, or before it was drained"
        frame, self._drained = self._drained, None
        self.takes += 1
        return frame


class FedShutter(_Fed):
    """A `ShootingCamera`. `shots` are the slots that it was asked for; `feed` lets one shot end."""

    def __init__(self, opened: Opened | Exception, exposure_s: float = 0.5) -> None:
        super().__init__(opened)
        self.shots: queue.Queue[int] = queue.Queue()
        self._exposure_s = exposure_s
        self._frames: queue.Queue[Frame | Exception] = queue.Queue()

    @property
    def exposure_s(self) -> float:
        """See `ShootingCamera.exposure_s`."""
        return self._exposure_s

    def feed(self, frame: Frame | Exception) -> None:
        """What the shot that is being taken, or the next one, gives."""
        self._frames.put(frame)

    def shoot(self, slot_ns: int) -> Frame:
        """See `ShootingCamera.shoot`."""
        self.shots.put(slot_ns)
        return _given(self._frames.get())


class FedResting(FedShutter):
    """A `RestingCamera` and `AdjustableCamera`. `done` is what was done to it; `failing` raises in that step."""

    def __init__(self, opened: Opened | Exception | None = None, *, rests_from_s: float, warm_up_s: float) -> None:
        super().__init__(opened or Opened(driver="fed", model="hand"))
        self.done: list[str] = []
        self.exposures: queue.Queue[Exposure] = queue.Queue()
        self.failing: dict[str, Exception] = {}
        self.rests_from_s = rests_from_s
        self.warm_up_s = warm_up_s

    def wake(self) -> None:
        """See `RestingCamera.wake`."""
        self._do("wake")

    def rest(self) -> None:
        """See `RestingCamera.rest`."""
        self._do("rest")

    def check(self) -> None:
        """See `RestingCamera.check`."""
        self._do("check")

    def set_exposure(self, exposure: Exposure) -> None:
        """See `AdjustableCamera.set_exposure`."""
        self.exposures.put(exposure)

    def _do(self, step: str) -> None:
        self.done.append(step)
        if step in self.failing:
            raise self.failing[step]


def _given(what: T | Exception) -> T:
    if isinstance(what, Exception):
        raise what
    return what
