"""What the configuration of a Pi camera means for one that can do this and that."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from capture_worker.cameras.pi_controls import Advertised
from capture_worker.cameras.pi_settings import check_hdr, settings_of
from shared.config.model import CameraConfig
from shared.errors import ConfigError

CROP = Advertised("rectangle", (0, 0, 64, 64), (0, 0, 3280, 2464), (0, 2, 3280, 2460))
PLAIN = {
    "AeEnable": Advertised("bool", False, True, True),
    "ExposureTime": Advertised("int", 75, 1238765, 20000),
    "AnalogueGain": Advertised("float", 1.0, 10.67, 1.0),
    "ColourGains": Advertised("float", 0.0, 32.0, count=2),
    "Sharpness": Advertised("float", 0.0, 16.0, 1.0),
    "FrameDurationLimits": Advertised("int", 47183, 1238841, (33333, 33333), count=2),
    "HdrMode": Advertised("int", 0, 4, 0, names={0: "HdrModeOff", 3: "HdrModeSingleExposure"}),
    "ScalerCrop": CROP,
}
FOCUSING = PLAIN | {
    "AfMode": Advertised("int", 0, 2, 0, names={0: "AfModeManual", 1: "AfModeAuto", 2: "AfModeContinuous"}),
    "LensPosition": Advertised("float", 0.0, 15.0, 1.0),
}
PACE = {"FrameDurationLimits": (47183, 1238841)}
CONFIG = CameraConfig("main", source="picamera2", resolution=(1640, 1232))


def _settings(advertised: dict[str, Advertised], **changed: Any) -> dict[str, Any]:
    return settings_of(replace(CONFIG, **changed), advertised, (1640, 1232), "camera main")


def test_plain_configuration_asks_for_nothing_but_a_steady_pace() -> None:
    assert _settings(PLAIN) == PACE


def test_camera_that_focuses_does_so_by_itself_unless_told() -> None:
    assert _settings(FOCUSING) == PACE | {"AfMode": 2}
    assert _settings(FOCUSING, controls={"AfMode": "Auto"}) == PACE | {"AfMode": 1}
    assert _settings(FOCUSING, lens_position=2.5) == PACE | {"AfMode": 0, "LensPosition": 2.5}


@pytest.mark.parametrize(
    ("advertised", "changed", "problem"),
    [
        (PLAIN, {"lens_position": 2.0}, "lens of this camera can't be moved"),
        (FOCUSING, {"lens_position": 20.0}, r"20 is out of its range \(0 to 15\)"),
        (FOCUSING, {"lens_position": 2.0, "controls": {"AfMode": "Auto"}}, "lens_position sets this one"),
        ({}, {"hdr": "single"}, "no such mode; write hdr: off"),
        ({}, {"region": (0.0, 0.0, 0.5, 0.5)}, "region: this camera shows all of its sensor"),
        (PLAIN, {"exposure": "ramp", "controls": {"exposuretime": "5"}}, "exposure: ramp sets this one"),
        (PLAIN, {"controls": {"HdrMode": "Off"}}, "hdr sets this one"),
        (PLAIN, {"controls": {"ScalerCrop": "0,0,9,9"}}, "region sets this one"),
    ],
)
def test_what_a_camera_has_not_or_is_given_twice_is_a_mistake(
    advertised: dict[str, Advertised], changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError, match=f"camera main: .*{problem}"):
        _settings(advertised, **changed)


def test_region_is_a_crop_of_the_sensor() -> None:
    assert _settings(PLAIN, region=(0.25, 0.25, 0.5, 0.5)) == PACE | {"ScalerCrop": (820, 616, 1640, 1232)}


def test_region_is_one_for_each_stream_where_there_is_one_for_each() -> None:
    crops = {"ScalerCrops": [(820, 616, 1640, 1232)]}
    assert _settings(PLAIN | {"ScalerCrops": CROP}, region=(0.25, 0.25, 0.5, 0.5)) == PACE | crops


def test_controls_of_the_user_win_over_ours() -> None:
    assert _settings(PLAIN, controls={"FrameDurationLimits": "100000,200000"}) == {
        "FrameDurationLimits": (100000, 200000)
    }


def test_exposure_that_is_held_by_controls_turns_the_cameras_own_off() -> None:
    controls = {"ExposureTime": "5000", "AnalogueGain": "2", "ColourGains": "1.5,2"}
    assert _settings(PLAIN, controls=controls) == PACE | {
        "AeEnable": False,
        "AwbEnable": False,
        "ExposureTime": 5000,
        "AnalogueGain": 2.0,
        "ColourGains": (1.5, 2.0),
    }


def test_exposure_time_alone_leaves_the_gain_to_the_camera() -> None:
    assert _settings(PLAIN, controls={"ExposureTime": "5000"}) == PACE | {"ExposureTime": 5000}


def test_hdr_is_the_cameras_mode() -> None:
    assert _settings(PLAIN, hdr="single") == PACE | {"HdrMode": 3}


@pytest.mark.parametrize("metadata", [{}, {"HdrMode": 0}, {"HdrMode": 1}])
def test_hdr_that_the_frames_do_not_have_is_a_mistake(metadata: dict[str, Any]) -> None:
    """Every camera advertises every mode."""
    check_hdr(CONFIG, metadata, "camera main")
    with pytest.raises(ConfigError, match="hdr: single: this camera, on this board, has no such mode"):
        check_hdr(replace(CONFIG, hdr="single"), metadata, "camera main")


def test_hdr_that_the_frames_have_is_right() -> None:
    check_hdr(replace(CONFIG, hdr="single"), {"HdrMode": 3}, "camera main")
