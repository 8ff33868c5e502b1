"""A stream that lags behind for good is given up, so that a new one can be punctual; one that catches up is not."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from capture_worker.camera_thread import CameraThread
from capture_worker.cameras.base import Drained, Frame, Opened, always
from capture_worker.inbox import Inbox
from capture_worker.request import RequestPlace
from capture_worker.results import Broken, Opening, Result
from shared.clock import NS_PER_MS
from shared.errors import CameraError
from shared.lease import LeaseHolder
from shared.worker_identity import Identity
from tests.rig.manual_clock import ManualClock

PERIOD_MS = 100


class LateStream:
    """A `StreamingCamera` whose frames are so many milliseconds old when they come; it moves the clock. Then it ends.

    An age of None is the frame before once more.
    """

    read_timeout_s = 1.0

    def __init__(self, clock: ManualClock, ages_ms: Sequence[int | None]) -> None:
        self._clock = clock
        self._ages_ms = iter(ages_ms)
        self._own = (0, 0)

    def open(self) -> Opened:
        """See `Camera.open`."""
        return Opened(driver="late", model="", period_ns=PERIOD_MS * NS_PER_MS, streams=True)

    def close(self) -> None:
        """See `Camera.close`."""

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:  # noqa: ARG002 - keeps all
        """See `StreamingCamera.drain`."""
        self._clock.advance(PERIOD_MS / 1000)
        age_ms = next(self._ages_ms, -1)
        if age_ms == -1:
            raise CameraError("it has ended by itself")
        if age_ms is not None:
            lag_ns = age_ms * NS_PER_MS
            self._own = (self._clock.wall_ns() - lag_ns, self._clock.mono_ns() - lag_ns)
        return Drained(*self._own)

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        raise AssertionError("nobody asks for a frame")


def end_of(ages_ms: Sequence[int | None]) -> str:
    """What such a stream ends on."""
    clock, inbox, ended = ManualClock(), Inbox[Result](), queue.SimpleQueue[Result]()
    inbox.put = ended.put  # type: ignore[method-assign] # so that the test can wait
    identity = Identity("capture.main", 1, 1, Path("/run"))
    CameraThread(
        LateStream(clock, ages_ms),
        RequestPlace(),
        inbox,
        clock,
        lambda name: LeaseHolder(identity, name, clock, lambda _: None),
    ).start()
    assert isinstance(ended.get(timeout=10), Opening)
    broken = ended.get(timeout=10)
    assert isinstance(broken, Broken)
    return str(broken.error)


def minutes(number: float) -> int:
    """How many frames these are."""
    return round(number * 60_000 / PERIOD_MS)


@pytest.mark.parametrize(
    "ages_ms",
    [
        pytest.param([20] * minutes(2), id="punctual"),
        pytest.param([2000] * minutes(0.9), id="late-for-less-than-a-minute"),
        pytest.param(([2000] * minutes(0.9) + [200]) * 3, id="punctual-once-a-minute"),
        pytest.param([20] + [None] * minutes(3) + [20], id="frozen-for-minutes"),
    ],
)
def test_stream_that_may_still_be_punctual_goes_on(ages_ms: Sequence[int | None]) -> None:
    assert end_of(ages_ms) == "it has ended by itself"


def test_stream_late_for_more_than_a_minute_is_given_up() -> None:
    assert "came late, now by 2.0 s" in end_of([20] * 10 + [2000] * minutes(1.1))
