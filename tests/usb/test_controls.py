"""Controls by name, and the exposure, of a camera with a real driver behind it."""

from __future__ import annotations

import re
import subprocess

from capture_worker.cameras.v4l2_device import V4l2Device
from tests.usb.one_camera import CameraProcess
from tests.usb.webcam import Webcam

_LINE = re.compile(r"^\s+(\w+) 0x[0-9a-f]{8} \((?!area\))(?!.*dims=)", re.MULTILINE)
"""Name and number of a control; what holds several values at once is another kind of thing."""


def _listed(node: str) -> str:
    done = subprocess.run(["v4l2-ctl", "-d", f"/dev/{node}", "-L"], capture_output=True, text=True, check=True)
    return done.stdout


def _value(node: str, name: str) -> str:
    done = subprocess.run(["v4l2-ctl", "-d", f"/dev/{node}", "-C", name], capture_output=True, text=True, check=True)
    return done.stdout.partition(":")[2].split()[0]


def test_controls_are_called_as_v4l2_ctl_calls_them(webcam: Webcam, vivid: str) -> None:
    for path in (webcam.by_id, vivid):
        device = V4l2Device(path)
        names = [control.name for control in device.controls()]
        device.close()
        assert names == _LINE.findall(_listed(path.removeprefix("/dev/")))


def test_control_is_set_as_written(webcam: Webcam) -> None:
    settings = ["brightness=-7", "auto_exposure=manual mode", "exposure_time_absolute=250"]
    with CameraProcess(webcam.by_id, "640x480", *settings) as camera:
        camera.next()
        assert _value(webcam.node, "brightness") == "-7"
        assert _value(webcam.node, "auto_exposure") == "1"
        assert _value(webcam.node, "exposure_time_absolute") == "250"


def test_control_that_is_not_there_is_a_mistake_with_a_suggestion(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id, "640x480", "brigthness=1", "contrast=96") as camera:
        refused = camera.error()
    assert refused["status"] == 78
    assert "controls.brigthness: this camera has no such control (did you mean brightness?)" in refused["error"]
    assert "controls.contrast: 96 is out of its range (0 to 95)" in refused["error"]


def test_control_that_the_camera_has_for_itself_is_a_mistake_that_says_so(webcam: Webcam) -> None:
    with CameraProcess(webcam.by_id, "640x480", "exposure_time_absolute=250") as camera:
        refused = camera.error()
    assert refused["status"] == 78
    assert "set its automatic control to manual" in refused["error"]


def test_exposure_that_was_held_is_the_cameras_own_again_at_the_next_start(webcam: Webcam) -> None:
    subprocess.run(["v4l2-ctl", "-d", f"/dev/{webcam.node}", "-c", "auto_exposure=1"], check=True)
    with CameraProcess(webcam.by_id) as camera:
        limits = camera.next()["opened"]["limits"]
        assert _value(webcam.node, "auto_exposure") == "3"
    assert limits == {"exposure_us": [100.0, 1000000.0], "analogue_gain": [1.0, 1.0], "has_colour_gains": False}
