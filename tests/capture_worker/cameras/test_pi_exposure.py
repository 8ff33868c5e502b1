"""Exposures of the Pi camera: what is set, what can be set, and whether a frame has it."""

from __future__ import annotations

from typing import Any

import pytest

from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.cameras.pi_controls import Advertised
from capture_worker.cameras.pi_exposure import controls_of, frame_durations, is_in_force, limits_of

TIME, GAIN = Advertised("int", 75, 1238765, 20000), Advertised("float", 1.0, 10.6667, 1.0)
DURATIONS = Advertised("int", 47183, 1238841, (33333, 33333), count=2)
COLOURS = Advertised("float", 0.0, 32.0, count=2)
ASKED = Exposure(5000.0, 2.0, (1.5, 2.0))
FRAME = {"ExposureTime": 4990, "AnalogueGain": 2.0, "ColourGains": (1.5, 2.0)}


def test_exposure_that_is_set_turns_the_cameras_own_control_off() -> None:
    assert controls_of(Exposure(5000.4, 2.0, (1.5, 2.0))) == {
        "AeEnable": False,
        "ExposureTime": 5000,
        "AnalogueGain": 2.0,
        "AwbEnable": False,
        "ColourGains": (1.5, 2.0),
    }


def test_white_balance_stays_the_cameras_own_where_none_is_asked_for() -> None:
    assert controls_of(Exposure(5000, 2.0)).keys() == {"AeEnable", "ExposureTime", "AnalogueGain"}


def test_what_is_set_is_never_zero_which_would_mean_the_cameras_own() -> None:
    controls = controls_of(Exposure(0.2, 0.5))
    assert (controls["ExposureTime"], controls["AnalogueGain"]) == (1, 1.0)


def test_limits_are_what_the_camera_advertises() -> None:
    advertised = {"ExposureTime": TIME, "AnalogueGain": GAIN, "FrameDurationLimits": DURATIONS, "ColourGains": COLOURS}
    assert limits_of(advertised) == ExposureLimits((75.0, 1238765.0), (1.0, 10.6667), has_colour_gains=True)


def test_limits_of_a_camera_without_colours_and_with_short_frames() -> None:
    durations = Advertised("int", 10000, 100000, count=2)
    advertised = {"ExposureTime": TIME, "AnalogueGain": GAIN, "FrameDurationLimits": durations}
    assert limits_of(advertised) == ExposureLimits((75.0, 100000.0), (1.0, 10.6667), has_colour_gains=False)


def test_camera_whose_exposure_can_not_be_set_has_no_limits() -> None:
    assert limits_of({"AnalogueGain": GAIN}) is None
    assert limits_of({"ExposureTime": TIME}) is None


@pytest.mark.parametrize(
    ("least", "limits"), [(47183, (47183, 1238841)), (9678, (33333, 1238841)), (33333, (33333, 1238841))]
)
def test_frames_are_no_faster_than_needed_and_as_slow_as_the_longest_exposure(
    least: int, limits: tuple[int, int]
) -> None:
    durations = Advertised("int", least, 1238841, count=2)
    assert frame_durations({"FrameDurationLimits": durations}) == {"FrameDurationLimits": limits}


def test_pace_is_left_alone_where_it_can_not_be_set() -> None:
    assert frame_durations({}) == {}


@pytest.mark.parametrize(
    ("asked", "metadata", "whether"),
    [
        (ASKED, FRAME, True),
        (ASKED, FRAME | {"ExposureTime": 18449}, False),
        (ASKED, FRAME | {"ExposureTime": 4800}, False),
        (ASKED, FRAME | {"AnalogueGain": 1.0}, False),
        (ASKED, FRAME | {"AnalogueGain": 2.0079}, True),
        (ASKED, FRAME | {"ColourGains": (1.6, 2.0)}, False),
        (ASKED, FRAME | {"ColourGains": (1.5, 1.9)}, False),
        (Exposure(5000, 2.0), FRAME | {"ColourGains": (3.0, 1.0)}, True),
        (Exposure(20, 1.0), {"ExposureTime": 75, "AnalogueGain": 1.0}, True),
        (Exposure(1_000_000, 1.0), {"ExposureTime": 999_995, "AnalogueGain": 1.0}, True),
        (Exposure(1_000_000, 1.0), {"ExposureTime": 900_000, "AnalogueGain": 1.0}, False),
        (Exposure(5000, 10.0), {"ExposureTime": 5000, "AnalogueGain": 9.846}, True),
        (Exposure(5000, 10.0), {"ExposureTime": 5000, "AnalogueGain": 9.0}, False),
        (ASKED, {}, True),
    ],
)
def test_exposure_is_in_force_if_the_frame_has_it_as_nearly_as_a_sensor_can(
    asked: Exposure, metadata: dict[str, Any], whether: bool
) -> None:
    assert is_in_force(asked, metadata) is whether
