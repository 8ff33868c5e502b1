"""One control between two threads."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from capture_worker.cameras.base import Exposure, ExposureLimits, Frame
from capture_worker.exposure.control import ExposureControl, described
from shared.clock import NS_PER_S
from shared.config.model import CameraConfig, ExposureMode

LIMITS = ExposureLimits((75.0, 1_238_765.0), (1.0, 10.667), has_colour_gains=True)


def _control(mode: ExposureMode, handed_over: Exposure | None = None) -> ExposureControl:
    control = ExposureControl(CameraConfig("main", exposure=mode))
    control.hand_over(handed_over)
    return control


def _frame(second: int, exposure_us: int = 5000) -> Frame:
    image = np.full((48, 64, 3), 100, np.uint8)
    return Frame(0, second * NS_PER_S, image=image, exposure_us=exposure_us, analogue_gain=1.0, colour_gains=(1.5, 2.0))


def _is_near(wish: Exposure | None, expected: Exposure) -> bool:
    assert wish is not None
    assert wish.exposure_us == pytest.approx(expected.exposure_us)
    assert wish.analogue_gain == pytest.approx(expected.analogue_gain)
    return wish.colour_gains == expected.colour_gains


def test_auto_wants_nothing_whatever_it_is_told() -> None:
    control = _control("auto", Exposure(1.0, 1.0))
    control.opened(LIMITS)
    for second in range(20):
        control.measured(_frame(second), 5.0)
    assert control.wanted() is None


@pytest.mark.parametrize("mode", ["locked", "ramp"])
def test_camera_that_cannot_be_set_keeps_its_own_and_it_is_said(
    mode: ExposureMode, caplog: pytest.LogCaptureFixture
) -> None:
    control = _control(mode, Exposure(1.0, 1.0))
    control.opened(None)
    control.measured(_frame(0), 5.0)
    assert control.wanted() is None
    assert f"exposure: {mode}: this camera's exposure can't be set" in caplog.text


def test_nothing_is_wanted_before_the_camera_is_open() -> None:
    control = _control("ramp", Exposure(5000.0, 1.0))
    control.measured(_frame(0), 40.0)
    assert control.wanted() is None


@pytest.mark.parametrize("mode", ["locked", "ramp"])
def test_what_is_handed_over_is_wanted_at_once_and_once(mode: ExposureMode) -> None:
    control = _control(mode, Exposure(5000.0, 1.0, (1.5, 2.0)))
    control.opened(LIMITS)
    assert _is_near(control.wanted(), Exposure(5000.0, 1.0, (1.5, 2.0)))
    assert control.wanted() is None


def test_camera_that_is_opened_again_is_told_again() -> None:
    control = _control("locked", Exposure(5000.0, 1.0))
    for _ in range(2):
        control.opened(LIMITS)
        assert control.wanted() is not None


@pytest.mark.parametrize(("mode", "frames"), [("locked", 5), ("ramp", 2)])
def test_settled_exposure_is_taken_over(mode: ExposureMode, frames: int) -> None:
    control = _control(mode)
    control.opened(LIMITS)
    for second in range(frames):
        assert control.wanted() is None
        control.measured(_frame(second), 40.0)
    assert _is_near(control.wanted(), Exposure(5000.0, 1.0, (1.5, 2.0)))


def test_new_interval_is_followed() -> None:
    control = _control("ramp", Exposure(1_200_000.0, 1.0))
    control.opened(LIMITS)
    control.wanted()
    control.configure(CameraConfig("main", exposure="ramp", interval_ms=1000))
    assert _is_near(control.wanted(), Exposure(500_000.0, 2.4))


def test_two_threads_lose_no_wish() -> None:
    control = _control("ramp", Exposure(5000.0, 1.0))
    control.opened(LIMITS)
    given: list[Exposure] = []
    done = threading.Event()

    def take() -> None:
        while not done.is_set():
            if (wish := control.wanted()) is not None:
                given.append(wish)

    taker = threading.Thread(target=take)
    taker.start()
    for second in range(200):
        control.measured(_frame(10 * second), 5.0)
    done.set()
    taker.join()
    if (last := control.wanted()) is not None:
        given.append(last)
    assert all(later != earlier for earlier, later in itertools.pairwise(given))
    assert given[-1].exposure_us > given[0].exposure_us


@pytest.mark.parametrize(
    ("exposure", "text"),
    [(Exposure(4000.0, 1.0), "1/250 s, gain 1.00"), (Exposure(1_200_000.0, 2.5), "1.20 s, gain 2.50")],
)
def test_exposure_is_described_as_photographers_do(exposure: Exposure, text: str) -> None:
    assert described(exposure) == text
