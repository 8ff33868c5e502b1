"""`source: auto`: which camera it becomes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from capture_worker.cameras.auto_camera import AutoCamera
from capture_worker.cameras.base import Frame, Opened
from shared.config.model import CameraConfig
from shared.errors import EX_NOHOST, AbsentError, BusyError, CameraError

_CONFIG = CameraConfig(name="main", interval_ms=1000)


class _Camera:
    """A camera that shoots, unless its `failure` is there."""

    def __init__(self, source: str, failure: CameraError | BusyError | None) -> None:
        self._source = source
        self._failure = failure
        self.is_closed = False

    def open(self) -> Opened:
        if self._failure is not None:
            raise self._failure
        return Opened(driver="scripted", model=self._source)

    def close(self) -> None:
        self.is_closed = True

    def shoot(self, slot_ns: int) -> Frame:
        return Frame(slot_ns, slot_ns, jpeg=self._source.encode())

    @property
    def exposure_s(self) -> float:
        return 0.5


def _auto(failures: Mapping[str, CameraError | BusyError | None]) -> AutoCamera:
    return AutoCamera(_CONFIG, lambda config: _Camera(config.source, failures[config.source]), lambda: list(failures))


def test_first_choice_is_taken_and_does_the_work() -> None:
    camera = _auto({"picamera2": None, "/dev/v4l/by-id/a": None})
    assert camera.open().model == "picamera2"
    assert camera.shoot(5).jpeg == b"picamera2"
    assert camera.exposure_s == 0.5
    assert camera.warm_up_s == 0.0
    camera.close()


def test_camera_that_another_worker_has_is_passed_over() -> None:
    camera = _auto({"picamera2": BusyError("held"), "/dev/v4l/by-id/a": None})
    assert camera.open().model == "/dev/v4l/by-id/a"


def test_camera_that_fails_is_not_replaced_by_another() -> None:
    camera = _auto({"/dev/v4l/by-id/a": CameraError("stalled"), "/dev/v4l/by-id/b": None})
    with pytest.raises(CameraError, match="stalled"):
        camera.open()


def test_all_in_use_says_which() -> None:
    with pytest.raises(BusyError, match="every camera here is in use already: picamera2, /dev/v4l/by-id/a"):
        _auto({"picamera2": BusyError("held"), "/dev/v4l/by-id/a": BusyError("held")}).open()


def test_nothing_there_is_absent_and_says_what_was_looked_for() -> None:
    with pytest.raises(AbsentError) as caught:
        _auto({}).open()
    assert caught.value.status == EX_NOHOST
    assert "neither a camera on the Pi's connector" in str(caught.value)
    assert "camera main: source: auto" in str(caught.value)


def test_preload_makes_each_camera_that_is_there_and_opens_none() -> None:
    made = []

    def make(config: CameraConfig) -> _Camera:
        made.append(config.source)
        return _Camera(config.source, CameraError("opened"))

    AutoCamera(_CONFIG, make, lambda: ["picamera2", "/dev/v4l/by-id/a"]).preload()
    assert made == ["picamera2", "/dev/v4l/by-id/a"]


def test_close_without_open_is_nothing() -> None:
    _auto({}).close()
