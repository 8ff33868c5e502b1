"""When a Pi camera that was just started has settled."""

from __future__ import annotations

from typing import Any

import pytest

from capture_worker.cameras.base import Exposure
from capture_worker.cameras.pi_settling import Settling

ASKED = Exposure(5000, 2.0)
IN_FORCE = {"ExposureTime": 4990, "AnalogueGain": 2.0}


def _frames_until_settled(settling: Settling, frames: list[dict[str, Any]]) -> int:
    return next(number for number, frame in enumerate(frames, start=1) if settling.is_settled(frame))


def test_own_control_settles_when_it_has_converged_but_not_before_the_white_balance() -> None:
    frames = [{"AeState": 1}] * 3 + [{"AeState": 2}] * 20
    assert _frames_until_settled(Settling({}, None), frames) == 8
    frames = [{"AeState": 1}] * 15 + [{"AeState": 2}]
    assert _frames_until_settled(Settling({}, None), frames) == 16


def test_older_libcamera_tells_it_by_a_lock() -> None:
    assert _frames_until_settled(Settling({}, None), [{"AeLocked": False}] * 11 + [{"AeLocked": True}]) == 12


def test_camera_that_tells_nothing_is_settled_after_some_frames() -> None:
    assert _frames_until_settled(Settling({}, None), [{}] * 20) == 8


def test_exposure_that_is_asked_for_is_settled_when_a_frame_has_it() -> None:
    assert _frames_until_settled(Settling({}, ASKED), [{"ExposureTime": 9, "AnalogueGain": 1.0}, IN_FORCE]) == 2


def test_exposure_that_never_comes_is_not_waited_for_for_ever() -> None:
    assert _frames_until_settled(Settling({}, ASKED), [{"ExposureTime": 9, "AnalogueGain": 1.0}] * 20) == 10


def test_exposure_that_the_configuration_holds_has_to_come_into_force() -> None:
    settings = {"AeEnable": False, "ExposureTime": 5000, "AnalogueGain": 2.0}
    assert _frames_until_settled(Settling(settings, None), [{"AeState": 0}] * 20) == 10


@pytest.mark.parametrize(
    ("settings", "period_ms"),
    [
        ({"FrameDurationLimits": (47183, 1238841)}, 47),
        ({"AeEnable": False, "ExposureTime": 2_000_000, "FrameDurationLimits": (47183, 9_000_000)}, 2000),
        ({"ExposureTime": 2_000_000, "FrameDurationLimits": (47183, 9_000_000)}, 47),
        ({}, 0),
    ],
)
def test_pace_to_expect_is_that_of_the_settings(settings: dict[str, Any], period_ms: int) -> None:
    assert Settling(settings, None).period_ns // 1_000_000 == period_ms
