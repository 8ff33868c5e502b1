"""The thread that has the camera: which frame is given for a slot, and how it ends."""

from __future__ import annotations

import queue
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from capture_worker.camera_thread import OPEN_S, CameraThread
from capture_worker.cameras.base import Drained, Frame, Opened, always
from capture_worker.inbox import Inbox
from capture_worker.request import Request, RequestPlace
from capture_worker.results import Broken, NotTaken, Opening, Result, Taken
from shared.clock import NS_PER_MS, NS_PER_S
from shared.errors import BusyError, CameraError, TimelapseError
from shared.lease import LeaseHolder
from shared.messages import Lease
from shared.worker_identity import Identity
from tests.rig.hand_fed_cameras import FedShutter, FedStream
from tests.rig.manual_clock import START_MONO_NS, START_WALL_NS, ManualClock

T = TypeVar("T")
_OPENED = Opened(driver="fed", model="hand")
_SLOT = Request(START_WALL_NS, START_MONO_NS)
_PATIENCE_S = 10.0


class Bench:
    """One camera thread on a clock that stands still, with its far ends at hand."""

    def __init__(self, camera: FedStream | FedShutter, place: RequestPlace | None = None) -> None:
        self.clock = ManualClock()
        self.place = place or RequestPlace()
        self.leases: list[Lease] = []
        self._inbox: Inbox[Result] = Inbox()
        self._results: list[Result] = []
        identity = Identity("capture.main", 1, 1, Path("/run"))
        self.thread = CameraThread(
            camera,
            self.place,
            self._inbox,
            self.clock,
            lambda name: LeaseHolder(identity, name, self.clock, self.leases.append),
        )
        self.thread.start()

    def result(self, kind: type[T]) -> T:
        """The next result, which is of this kind."""
        if not self._results:
            assert select.select([self._inbox.fd], [], [], _PATIENCE_S)[0], "no result came"
            self._results = self._inbox.taken()
        found = self._results.pop(0)
        assert isinstance(found, kind), found
        return found

    def has_no_result(self) -> bool:
        """Whether nothing has come that was not asked for."""
        self._results += self._inbox.taken()
        return not self._results


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.001)


def _frame(own_ms: int, number: int = 0) -> Frame:
    """A frame of so many milliseconds after the slot's time."""
    own_ns = own_ms * NS_PER_MS
    return Frame(own_wall_ns=START_WALL_NS + own_ns, own_mono_ns=START_MONO_NS + own_ns, jpeg=b"jpeg %d" % number)


def _stream(bench_of: FedStream) -> Bench:
    bench = Bench(bench_of)
    bench.result(Opening)
    return bench


class Keeping(FedStream):
    """A stream of 40 ms a frame that tells what it kept."""

    def __init__(self) -> None:
        super().__init__(Opened(driver="fed", model="hand", period_ns=40 * NS_PER_MS))
        self.kept: queue.Queue[bool] = queue.Queue()
        self.before_return: Callable[[], object] = lambda: None

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`."""
        drained = super().drain(wanted_from_ns)
        self.kept.put(drained.is_kept)
        self.before_return()
        return drained


def test_camera_that_opens_says_so_and_its_period_is_taken_over() -> None:
    bench = Bench(FedStream(Opened(driver="fed", model="hand", period_ns=40 * NS_PER_MS)))
    assert bench.result(Opening).opened.driver == "fed"
    assert bench.thread.period_ns == 40 * NS_PER_MS


@pytest.mark.parametrize("camera_kind", [FedStream, FedShutter])
def test_camera_that_does_not_open_breaks(camera_kind: type[FedStream | FedShutter]) -> None:
    error = CameraError("the cable is out")
    bench = Bench(camera_kind(error))
    assert bench.result(Broken) == Broken(error, "camera")
    assert [lease.operation for lease in bench.leases] == ["open", "ended"]


def test_frame_before_the_slot_is_never_given_and_the_first_at_it_is() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    bench.place.ask(_SLOT)
    bench.clock.advance(0.005)
    for number, own_ms in enumerate((-70, -40, -1, 0, 33)):
        camera.feed(_frame(own_ms, number))
    taken = bench.result(Taken)
    assert taken.slot_ns == _SLOT.slot_ns
    assert taken.frame.jpeg == b"jpeg 3"
    assert (taken.lateness_us, taken.age_us) == (0, 5000)
    assert camera.takes == 1, "nothing else was even decoded"


def test_lateness_is_the_frames_own_time_and_age_the_time_since() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    bench.place.ask(_SLOT)
    bench.clock.advance(0.060)
    camera.feed(_frame(21))
    taken = bench.result(Taken)
    assert (taken.lateness_us, taken.age_us) == (21_000, 39_000)


def test_frame_that_was_drained_before_the_request_is_not_given_for_it() -> None:
    """However fresh: it is the next one, and only that, which is known to come after the asking."""
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    camera.feed(_frame(1, number=1))
    _until(lambda: camera.drains > 1)
    bench.place.ask(_SLOT)
    camera.feed(_frame(34, number=2))
    assert bench.result(Taken).frame.jpeg == b"jpeg 2"


def test_stream_is_drained_while_nobody_asks() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    for number in range(50):
        camera.feed(_frame(number * 33))
    _until(lambda: camera.drains > 50)
    assert bench.has_no_result()
    assert camera.takes == 0


@pytest.mark.parametrize(("own_ms", "is_kept"), [(-61, False), (-60, True), (0, True)])
def test_frames_are_kept_from_a_period_before_the_next_slot_on(own_ms: int, is_kept: bool) -> None:
    camera = Keeping()
    bench = _stream(camera)
    bench.thread.next_slot_mono_ns = START_MONO_NS
    camera.feed(_frame(own_ms))
    assert camera.kept.get(timeout=_PATIENCE_S) is is_kept


def test_frame_that_was_thrown_away_is_not_taken_for_a_slot_that_was_asked_for_late() -> None:
    camera = Keeping()
    bench = _stream(camera)
    bench.thread.next_slot_mono_ns = START_MONO_NS + 10 * NS_PER_S
    camera.before_return = lambda: bench.place.ask(_SLOT)
    camera.feed(_frame(5, number=1))
    camera.feed(_frame(38, number=2))
    assert bench.result(Taken).frame.jpeg == b"jpeg 2"


def test_slot_that_is_asked_for_counts_before_the_one_after_it() -> None:
    camera = Keeping()
    bench = _stream(camera)
    bench.thread.next_slot_mono_ns = START_MONO_NS + 10 * NS_PER_S
    bench.place.ask(_SLOT)
    camera.feed(_frame(0))
    assert bench.result(Taken).slot_ns == _SLOT.slot_ns


def test_frame_is_given_once_though_two_slots_wait_for_it() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    bench.place.ask(_SLOT)
    camera.feed(_frame(10, number=1))
    assert bench.result(Taken).frame.jpeg == b"jpeg 1"
    bench.place.ask(Request(_SLOT.slot_ns + 1, _SLOT.slot_mono_ns + 1))
    camera.feed(_frame(20, number=2))
    taken = bench.result(Taken)
    assert (taken.slot_ns, taken.frame.jpeg) == (_SLOT.slot_ns + 1, b"jpeg 2")


def test_request_that_was_given_up_is_not_answered() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    bench.place.ask(_SLOT)
    assert bench.place.claim(_SLOT)
    camera.feed(_frame(10))
    _until(lambda: camera.drains > 1)
    assert bench.has_no_result()
    assert camera.takes == 0


class RacingPlace(RequestPlace):
    """The main thread gives a request up in the moment in which the camera thread has seen it."""

    def open_request(self) -> Request | None:
        """See `RequestPlace.open_request`."""
        request = super().open_request()
        if request is not None:
            assert self.claim(request)
        return request


def test_request_that_is_given_up_in_the_same_moment_is_not_answered() -> None:
    camera = FedStream(_OPENED)
    bench = Bench(camera, RacingPlace())
    bench.result(Opening)
    bench.place.ask(_SLOT)
    camera.feed(_frame(10))
    _until(lambda: camera.drains > 1)
    assert bench.has_no_result()
    assert camera.takes == 0


def test_empty_frame_is_not_taken_and_the_stream_goes_on() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    bench.place.ask(_SLOT)
    camera.feed(Frame(own_wall_ns=START_WALL_NS, own_mono_ns=START_MONO_NS))
    assert bench.result(NotTaken).cause == "damaged"
    bench.place.ask(_SLOT)
    camera.feed(_frame(40))
    bench.result(Taken)


@pytest.mark.parametrize("error", [CameraError("no picture for 4 s"), BusyError("somebody else has it")])
def test_stream_that_ends_breaks_with_its_error(error: TimelapseError) -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    camera.feed(error)
    assert bench.result(Broken) == Broken(error, "camera")
    assert bench.leases[-1].deadline_mono_ns is None, "an ended thread must not seem to hang"


def test_bug_of_a_backend_breaks_as_a_failure_of_the_camera() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    camera.feed(ValueError("42 is no frame"))
    broken = bench.result(Broken)
    assert isinstance(broken.error, CameraError)
    assert str(broken.error) == "ValueError: 42 is no frame"


def test_repetitions_between_dropped_frames_tell_nothing_of_the_period() -> None:
    """A frozen camera: those that are kept have the time of the first, hours ago; those that are dropped go on."""
    camera = Keeping()
    bench = _stream(camera)
    for number, own_ms in enumerate((0, 40, 80, 0, 120, 160, 0, 200)):
        camera.feed(_frame(own_ms, number))
        camera.kept.get(timeout=_PATIENCE_S)
    _until(lambda: camera.drains > 8)
    assert bench.thread.period_ns == 40 * NS_PER_MS


def test_period_follows_the_stream_slowly() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    periods, own_ms = [], 0
    for number, step_ms in enumerate((0, 40, 40, 40, 1000, *[200] * 40), start=1):
        own_ms += step_ms
        camera.feed(_frame(own_ms))
        _until(lambda number=number: camera.drains > number)  # type: ignore[misc]  # mypy can't infer such a lambda
        periods.append(bench.thread.period_ns / NS_PER_MS)
    assert periods[:4] == [0, 40, 40, 40]
    assert periods[4] == 160, "one hiccup is no new frame rate"
    assert periods[-1] == pytest.approx(200, abs=1)


def test_leases_of_a_stream_cover_each_wait() -> None:
    camera = FedStream(_OPENED)
    bench = _stream(camera)
    _until(lambda: camera.drains == 1)
    bench.clock.advance(1)
    camera.feed(_frame(10))
    _until(lambda: len(bench.leases) >= 3)
    spans = [(lease.operation, _seconds(lease), lease.thread) for lease in bench.leases]
    assert spans == [("open", OPEN_S, "camera"), ("wait", 5.0, "camera"), ("wait", 5.0, "camera")]
    assert bench.leases[2].declared_mono_ns == bench.clock.mono


def test_shot_from_before_the_slot_is_not_given_for_it() -> None:
    """A camera that answers with its last picture once more."""
    camera = FedShutter(_OPENED)
    bench = Bench(camera)
    bench.result(Opening)
    bench.place.ask(_SLOT)
    camera.feed(_frame(-1))
    assert bench.result(NotTaken).cause == "stale"
    bench.place.ask(_SLOT)
    camera.feed(_frame(0))
    bench.result(Taken)


def test_shutter_takes_the_slot_that_it_was_asked_for() -> None:
    camera = FedShutter(_OPENED, exposure_s=2.0)
    bench = Bench(camera)
    bench.result(Opening)
    bench.place.ask(_SLOT)
    assert camera.shots.get(timeout=_PATIENCE_S) == _SLOT.slot_ns
    assert (bench.leases[-1].operation, _seconds(bench.leases[-1])) == ("grab", 5.0)
    bench.clock.advance(2)
    camera.feed(_frame(3))
    taken = bench.result(Taken)
    assert (taken.slot_ns, taken.lateness_us, taken.age_us) == (_SLOT.slot_ns, 3_000, 1_997_000)
    _until(lambda: bench.leases[-1].operation == "sleep")


def test_shutter_does_nothing_until_it_is_asked() -> None:
    camera = FedShutter(_OPENED)
    bench = Bench(camera)
    bench.result(Opening)
    _until(lambda: bench.leases[-1].operation == "sleep")
    assert camera.shots.empty()
    assert bench.has_no_result()


def test_shutter_that_fails_breaks() -> None:
    camera = FedShutter(_OPENED)
    bench = Bench(camera)
    bench.result(Opening)
    bench.place.ask(_SLOT)
    camera.feed(CameraError("no exposure"))
    assert str(bench.result(Broken).error) == "no exposure"


def test_image_is_handed_over_as_it_came() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    camera = FedShutter(_OPENED)
    bench = Bench(camera)
    bench.result(Opening)
    bench.place.ask(_SLOT)
    camera.feed(Frame(own_wall_ns=0, own_mono_ns=START_MONO_NS, image=image, exposure_us=5, analogue_gain=2.0))
    frame = bench.result(Taken).frame
    assert frame.image is image
    assert (frame.exposure_us, frame.analogue_gain) == (5, 2.0)


def _seconds(lease: Lease) -> float:
    assert lease.deadline_mono_ns is not None
    return (lease.deadline_mono_ns - lease.declared_mono_ns) / NS_PER_S
