"""The thread that has the camera: what it passes on of the exposure, and a camera that rests between two shots."""

from __future__ import annotations

import queue
import select
from pathlib import Path
from typing import TypeVar

import numpy as np

from capture_worker.camera_thread import CameraThread
from capture_worker.cameras.base import Exposure, ExposureLimits, Frame, Opened, Planes
from capture_worker.inbox import Inbox
from capture_worker.request import Request, RequestPlace
from capture_worker.results import Broken, Opening, Result, Taken
from shared.clock import NS_PER_S
from shared.errors import CameraError
from shared.lease import LeaseHolder
from shared.messages import Lease
from shared.worker_identity import Identity
from tests.rig.hand_fed_cameras import FedResting, FedStream
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS, ManualClock

T = TypeVar("T")
_LIMITS = ExposureLimits((1.0, 1e6), (1.0, 16.0))
_OPENED = Opened(driver="fed", model="hand", limits=_LIMITS)
_SLOT = Request(START_WALL_NS, START_MONO_NS)
_PATIENCE_S = 10.0
_DAY, _NIGHT = Exposure(100, 1.0), Exposure(1e6, 8.0)


class Wishes:
    """Fits `ExposureWishes`. `put` what is wanted."""

    def __init__(self) -> None:
        self.limits: queue.Queue[ExposureLimits | None] = queue.Queue()
        self.wishes: queue.Queue[Exposure] = queue.Queue()

    def opened(self, limits: ExposureLimits | None) -> None:
        """See `ExposureWishes.opened`."""
        self.limits.put(limits)

    def wanted(self) -> Exposure | None:
        """See `ExposureWishes.wanted`."""
        return None if self.wishes.empty() else self.wishes.get()


class AdjustableStream(FedStream):
    """A stream whose exposure can be set."""

    def __init__(self) -> None:
        super().__init__(_OPENED)
        self.exposures: queue.Queue[Exposure] = queue.Queue()

    def set_exposure(self, exposure: Exposure) -> None:
        """See `AdjustableCamera.set_exposure`."""
        self.exposures.put(exposure)


class Bench:
    """A camera thread, on a clock that stands still but for the test."""

    def __init__(
        self, camera: FedStream | FedResting, next_slot_s: float = 10.0, first: Exposure | None = None
    ) -> None:
        self.camera = camera
        self.clock = ManualClock()
        self.place = RequestPlace()
        self.wishes = Wishes()
        self.leases: queue.Queue[Lease] = queue.Queue()
        self._inbox: Inbox[Result] = Inbox()
        self._results: list[Result] = []
        identity = Identity("capture.main", 1, 1, Path("/run"))
        if first is not None:
            self.wishes.wishes.put(first)
        self.thread = CameraThread(
            camera,
            self.place,
            self._inbox,
            self.clock,
            lambda name: LeaseHolder(identity, name, self.clock, self.leases.put),
            wishes=self.wishes,
        )
        self.next_slot_in(next_slot_s)
        self.thread.start()

    def next_slot_in(self, seconds: float) -> None:
        """The main thread expects it then."""
        self.thread.next_slot_mono_ns = self.clock.mono + round(seconds * NS_PER_S)

    def result(self, kind: type[T]) -> T:
        """The next result, which is of this kind."""
        if not self._results:
            assert select.select([self._inbox.fd], [], [], _PATIENCE_S)[0], "no result came"
            self._results = self._inbox.taken()
        found = self._results.pop(0)
        assert isinstance(found, kind), found
        return found

    def lease_for(self, operation: str) -> Lease:
        """The next lease for that operation."""
        while True:
            lease = self.leases.get(timeout=_PATIENCE_S)
            if lease.operation == operation:
                return lease


def _frame(number: int = 0) -> Frame:
    return Frame(own_wall_ns=START_WALL_NS, own_mono_ns=START_MONO_NS + number, jpeg=b"jpeg %d" % number)


def _resting(opened: Opened = _OPENED) -> FedResting:
    return FedResting(opened, rests_from_s=60.0, warm_up_s=3.0)


def test_limits_of_the_open_camera_are_told_before_anything_is_wanted() -> None:
    bench = Bench(_resting(), first=_DAY)
    bench.result(Opening)
    assert bench.wishes.limits.get(timeout=_PATIENCE_S) == _LIMITS
    assert bench.camera.exposures.get(timeout=_PATIENCE_S) == _DAY  # type: ignore[union-attr]  # it is the resting one


def test_camera_that_can_not_be_set_is_told_so_and_never_set() -> None:
    camera = _resting(Opened(driver="fed", model="hand"))
    bench = Bench(camera, first=_DAY)
    bench.result(Opening)
    assert bench.wishes.limits.get(timeout=_PATIENCE_S) is None
    bench.place.ask(_SLOT)
    camera.feed(_frame())
    bench.result(Taken)
    assert camera.exposures.empty()


def test_exposure_that_is_wanted_after_a_shot_is_set_long_before_the_next_one() -> None:
    camera = _resting()
    bench = Bench(camera)
    bench.result(Opening)
    bench.wishes.wishes.put(_NIGHT)
    assert camera.exposures.get(timeout=_PATIENCE_S) == _NIGHT
    assert camera.shots.empty()


def test_stream_is_set_between_two_frames() -> None:
    camera = AdjustableStream()
    bench = Bench(camera, first=_DAY)
    bench.result(Opening)
    assert camera.exposures.get(timeout=_PATIENCE_S) == _DAY
    bench.wishes.wishes.put(_NIGHT)
    camera.feed(_frame())
    assert camera.exposures.get(timeout=_PATIENCE_S) == _NIGHT


def test_camera_rests_while_the_next_slot_is_far_and_wakes_before_it() -> None:
    camera = _resting()
    bench = Bench(camera, next_slot_s=600.0)
    bench.result(Opening)
    bench.lease_for("close")
    bench.next_slot_in(2.0)
    lease = bench.lease_for("open")
    assert lease.deadline_mono_ns == lease.declared_mono_ns + 20 * NS_PER_S
    bench.lease_for("sleep")
    assert [step for step in camera.done if step != "check"] == ["rest", "wake"]


def test_camera_at_rest_that_is_asked_is_woken_first() -> None:
    camera = _resting()
    bench = Bench(camera, next_slot_s=600.0)
    bench.result(Opening)
    bench.lease_for("close")
    bench.place.ask(_SLOT)
    camera.feed(_frame())
    assert bench.result(Taken).frame.jpeg == b"jpeg 0"
    assert camera.done[:2] == ["rest", "wake"]


def test_camera_that_stalls_between_two_shots_breaks_before_the_slot() -> None:
    camera = _resting()
    bench = Bench(camera)
    bench.result(Opening)
    camera.failing = {"check": CameraError("no picture for 2 s")}
    assert str(bench.result(Broken).error) == "no picture for 2 s"


def test_lease_of_a_camera_that_is_looked_after_is_renewed_each_second_alone() -> None:
    bench = Bench(_resting())
    bench.result(Opening)
    first = bench.lease_for("sleep")
    bench.clock.advance(1.0)
    second = bench.lease_for("sleep")
    assert second.declared_mono_ns - first.declared_mono_ns == NS_PER_S
    assert bench.leases.empty()


def test_planes_are_handed_over_as_they_came() -> None:
    planes = Planes(*(np.zeros((2, 2), np.uint8) for _ in range(3)))
    camera = _resting()
    bench = Bench(camera)
    bench.result(Opening)
    bench.place.ask(_SLOT)
    camera.feed(Frame(own_wall_ns=START_WALL_NS, own_mono_ns=START_MONO_NS, planes=planes))
    assert bench.result(Taken).frame.planes is planes
