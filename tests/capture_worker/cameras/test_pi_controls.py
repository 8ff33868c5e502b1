"""Controls of the Pi camera as a person writes them."""

from __future__ import annotations

import pytest

from capture_worker.cameras.pi_controls import ANY_NUMBER, Advertised, checked_controls, range_of, value_of
from shared.errors import ConfigError

AWB = Advertised("int", 0, 7, 0, names={0: "AwbAuto", 4: "AwbIndoor", 5: "AwbDaylight", 7: "AwbCustom"})
NOISE = Advertised("int", 0, 4, 0, names={0: "NoiseReductionModeOff", 2: "NoiseReductionModeHighQuality"})
FLICKER = Advertised("int", 0, 1, 0, names={0: "FlickerOff", 1: "FlickerManual", 2: "FlickerAuto"})
CAMERA = {
    "AeEnable": Advertised("bool", False, True, True),
    "AwbMode": AWB,
    "AeFlickerMode": FLICKER,
    "ExposureTime": Advertised("int", 75, 1238765, 20000),
    "Sharpness": Advertised("float", 0.0, 16.0, 1.0),
    "Brightness": Advertised("float", -1.0, 1.0, 0.0),
    "ColourGains": Advertised("float", 0.0, 32.0, count=2),
    "ColourCorrectionMatrix": Advertised("float", 0.0, 8.0, count=9),
    "FrameDurationLimits": Advertised("int", 47183, 1238841, (33333, 33333), count=2),
    "AfWindows": Advertised("rectangle", (0, 0, 0, 0), (65535, 65535, 65535, 65535), count=ANY_NUMBER),
    "ScalerCrop": Advertised("rectangle", (0, 0, 64, 64), (0, 0, 3280, 2464), (0, 0, 3280, 2464)),
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("AeEnable", "off", False),
        ("AeEnable", "True", True),
        ("ExposureTime", "5000", 5000),
        ("Sharpness", "2", 2.0),
        ("Brightness", "-0.5", -0.5),
        ("AwbMode", "Daylight", 5),
        ("AwbMode", "daylight", 5),
        ("AwbMode", "AwbIndoor", 4),
        ("AwbMode", "5", 5),
        ("ColourGains", "1.8, 1.5", (1.8, 1.5)),
        ("ColourGains", "(1.8 1.5)", (1.8, 1.5)),
        ("ColourCorrectionMatrix", "2,-1,0, 0,1,0, 0,0,1", (2.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
        ("FrameDurationLimits", "50000, 100000", (50000, 100000)),
        ("AfWindows", "0,0,10,10", ((0, 0, 10, 10),)),
        ("AfWindows", "0,0,10,10, 5,5,6,6", ((0, 0, 10, 10), (5, 5, 6, 6))),
        ("ScalerCrop", "0 0 100 100", (0, 0, 100, 100)),
    ],
)
def test_value_that_a_control_takes_is_understood(name: str, text: str, value: object) -> None:
    found = value_of(name, CAMERA[name], text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("AeEnable", "maybe", "neither on nor off"),
        ("ExposureTime", "5 ms", "not a whole number"),
        ("ExposureTime", "1", r"1 is out of its range \(75 to 1238765\)"),
        ("Sharpness", "17", r"out of its range \(0 to 16\)"),
        ("Sharpness", "nan", "not a number"),
        ("Sharpness", "inf", "not a number"),
        ("Sharpness", "", "not a number"),
        ("AwbMode", "daylite", r"Auto, Indoor, Daylight, Custom \(did you mean Daylight\?\)"),
        ("AwbMode", "9", "is not one of"),
        ("AeFlickerMode", "Auto", "is not one of Off, Manual"),
        ("ColourGains", "1.8", "2 numbers expected"),
        ("ColourGains", "", "2 numbers expected"),
        ("ColourGains", "1.8, 33", "33 is out of its range"),
        ("AfWindows", "0,0,10", "any number of times left, top, width, height expected"),
        ("ScalerCrop", "1,2,3", "left, top, width, height expected"),
    ],
)
def test_value_that_a_control_does_not_take_says_what_it_may_be(name: str, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        value_of(name, CAMERA[name], text)


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (CAMERA["AeEnable"], "on or off"),
        (CAMERA["Sharpness"], "0 to 16"),
        (CAMERA["ColourGains"], "2 numbers, 0 to 32"),
        (CAMERA["ScalerCrop"], "left, top, width, height"),
        (NOISE, "NoiseReductionModeOff, NoiseReductionModeHighQuality"),
        (Advertised("text"), "text"),
        (Advertised("float"), "a number"),
    ],
)
def test_range_is_told_in_short(control: Advertised, told: str) -> None:
    assert range_of(control) == told


def test_names_are_the_cameras_own_however_they_are_written() -> None:
    written = {"sharpness": "2", "awb_mode": "Daylight", "AEENABLE": "off"}
    assert checked_controls(written, CAMERA, {}, "camera main") == {"Sharpness": 2.0, "AwbMode": 5, "AeEnable": False}


def test_all_mistakes_are_told_at_once_with_the_camera_and_what_to_do() -> None:
    written = {"Sharpnes": "2", "Sharpness": "99", "AwbMode": "Daylight", "Zoom": "3"}
    with pytest.raises(ConfigError) as caught:
        checked_controls(written, CAMERA, {}, "camera main")
    first, second, third, last = str(caught.value).splitlines()
    assert first == "camera main: controls.Sharpnes: this camera has no such control (did you mean Sharpness?)"
    assert second == "camera main: controls.Sharpness: 99 is out of its range (0 to 16)"
    assert third.startswith("camera main: controls.Zoom: this camera has no such control (it has AeEnable, ")
    assert "'timelapse cameras --all'" in last


def test_control_that_another_key_sets_is_a_mistake_that_names_it() -> None:
    with pytest.raises(ConfigError, match=r"controls.scaler_crop: region sets this one"):
        checked_controls({"scaler_crop": "0,0,9,9"}, CAMERA, {"ScalerCrop": "region"}, "camera main")


def test_control_of_another_key_that_the_camera_has_not_is_told_by_its_key() -> None:
    with pytest.raises(ConfigError, match=r"controls.LensPosition: lens_position sets this one"):
        checked_controls({"LensPosition": "2"}, CAMERA, {"LensPosition": "lens_position"}, "camera main")
