"""What is told of a Pi camera that nobody has opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from capture_worker.cameras.pi_controls import ANY_NUMBER, Advertised
from capture_worker.cameras.pi_listing import controls_of
from shared.found_cameras import FoundCamera, FoundControl
from tests.camera_rig.fixture import CameraRig
from tests.rig.pi_process import PiProcess


def _told(name: str, control: Advertised) -> FoundControl:
    (told,) = controls_of({name: control})
    return told


@pytest.mark.parametrize(
    ("name", "control", "values", "default"),
    [
        ("Sharpness", Advertised("float", 0.0, 16.0, 1.0), "0 to 16", "1"),
        ("AeEnable", Advertised("bool", False, True, True), "on or off", "on"),
        ("AwbMode", Advertised("int", 0, 1, 0, names={0: "AwbAuto", 1: "AwbIndoor"}), "AwbAuto, AwbIndoor", "AwbAuto"),
        ("ColourGains", Advertised("float", 0.0, 32.0, None, count=2), "2 numbers, 0 to 32", ""),
        ("ExposureTime", Advertised("int", 1, 66666, 20000), "as the resolution allows", "20000"),
        (
            "AfWindows",
            Advertised("rectangle", (0, 0, 0, 0), (9, 9, 9, 9), (0, 0, 0, 0), count=ANY_NUMBER),
            "any number of times left, top, width, height",
            "0, 0, 0, 0",
        ),
    ],
)
def test_control_is_told_as_it_would_be_written(name: str, control: Advertised, values: str, default: str) -> None:
    assert _told(name, control) == FoundControl(name=name, values=values, value=default, default=default)


def test_what_has_a_key_of_its_own_is_not_told() -> None:
    names = ("ScalerCrop", "LensPosition", "Sharpness", "HdrMode", "Contrast")
    told = controls_of(dict.fromkeys(names, Advertised("float", 0.0, 1.0, 0.0)))
    assert [control.name for control in told] == ["Contrast", "Sharpness"]


def _listed() -> list[FoundCamera]:
    command = [sys.executable, "-m", "capture_worker.cameras.pi_listing"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[3])
    return msgspec.json.decode(done.stdout, type=list[FoundCamera])


def test_list_is_that_of_libcamera_while_another_process_records(tmp_path: Path, camera_rig: CameraRig) -> None:
    camera_rig.use_sensors("imx219", "imx477")
    with PiProcess(tmp_path) as recording:
        first, second = _listed()
        assert "error" not in recording.order("shoot")
    assert (first.source, second.source) == ("picamera2", "picamera2:1")
    assert {first.model, second.model} == {"imx219", "imx477"}
    assert (4056, 3040) in first.sizes + second.sizes
    assert {"Sharpness", "AwbMode"} <= {control.name for control in first.controls}


def test_list_of_a_machine_without_a_camera_is_empty(camera_rig: CameraRig) -> None:
    with camera_rig.having("absent"):
        assert _listed() == []
