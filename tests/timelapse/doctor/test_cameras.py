"""The cameras of this machine, against what is configured."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from shared.config.model import CameraConfig
from shared.found_cameras import Found, FoundCamera
from tests.rig.doctor_values import SERVICE, VISITOR, known, levels, only
from tests.rig.status_values import in_backoff, status, with_worker
from timelapse.doctor import cameras
from timelapse.doctor.cameras import DeviceFile, Seen
from timelapse.doctor.finding import Finding
from timelapse.doctor.places import Places

_BY_ID = "/dev/v4l/by-id/usb-Logi_C270_A1-video-index0"
_WEBCAM = FoundCamera(kind="usb", source=_BY_ID, model="C270", driver="uvcvideo", node="/dev/video0")
_PI = FoundCamera(kind="pi", source="picamera2", model="imx219", driver="libcamera")
_FILE = DeviceFile(path="/dev/video0", mode=0o20660, uid=0, gid=44)


def _judged(source: str, *found: FoundCamera, files: tuple[DeviceFile, ...] = (), **changed: Any) -> list[Finding]:
    seen = Seen(found=Found(cameras=found, notes=("check the cable",)), nodes={_BY_ID: "/dev/video0"}, files=files)
    return cameras.judge(seen, known(CameraConfig(name="main", source=source), **changed))


@pytest.mark.parametrize("source", [_BY_ID, "auto", "picamera2"])
def test_camera_that_is_there_and_free_is_well(source: str) -> None:
    found = _judged(source, _PI, _WEBCAM, files=(_FILE,))
    assert levels(found) == {"cameras.present": "ok", "cameras.free": "ok", "cameras.permission": "ok"}


@pytest.mark.parametrize("source", [_BY_ID, "auto", "picamera2", "/dev/video7"])
def test_camera_that_is_not_there_is_a_fault(source: str) -> None:
    found = only(_judged(source), "cameras.present")
    assert (found.level, found.advice) == ("fault", "check the cable")


def test_second_camera_of_the_pi_is_told_from_the_first() -> None:
    assert levels(_judged("picamera2:1", _PI))["cameras.present"] == "fault"
    second = replace(_PI, source="picamera2:1", model="imx477")
    assert "imx477" in only(_judged("picamera2:1", _PI, second), "cameras.present").saw


@pytest.mark.parametrize(
    ("used_by", "level"),
    [("capture.main (pid 5)", "ok"), ("capture.garden (pid 5)", "fault"), ("cheese (pid 9)", "fault")],
)
def test_holder_is_its_own_worker_or_somebody_else(used_by: str, level: str) -> None:
    found = only(_judged(_BY_ID, replace(_WEBCAM, used_by=used_by)), "cameras.free")
    assert found.level == level
    assert used_by in found.saw


def test_name_that_does_not_last_says_the_better_one() -> None:
    found = only(_judged("/dev/video0", _WEBCAM), "cameras.name")
    assert (found.level, found.do) == ("warning", f"sudo timelapse config set cameras.main.source {_BY_ID}")
    bare = replace(_WEBCAM, source="/dev/video0", is_stable=False)
    assert levels(_judged("/dev/video0", bare))["cameras.name"] == "ok"


def test_problem_of_the_camera_is_a_fault_but_not_that_of_the_visitor() -> None:
    silent = replace(_WEBCAM, problem="the camera does not answer")
    assert levels(_judged(_BY_ID, silent))["cameras.present"] == "fault"
    closed = replace(_WEBCAM, problem="anna may not open the camera; add that user to the group video")
    assert levels(_judged(_BY_ID, closed, caller=VISITOR))["cameras.present"] == "ok"
    assert levels(_judged(_BY_ID, closed, caller=VISITOR, recorder=VISITOR))["cameras.present"] == "fault"


def test_recorder_outside_the_group_is_a_fault() -> None:
    outside = replace(SERVICE, groups=(991,))
    found = only(_judged(_BY_ID, _WEBCAM, files=(_FILE,), recorder=outside), "cameras.permission")
    assert found.level == "fault"
    assert found.do.startswith("sudo usermod -aG ")
    assert found.do.endswith(" timelapse && sudo systemctl restart timelapse-capture.service")


def test_looking_that_fails_is_a_fault() -> None:
    found = cameras.judge(Seen(problem="one of them is stuck"), known(CameraConfig(name="main")))
    assert levels(found) == {"cameras.look": "fault"}


def test_looking_waits_for_a_reason() -> None:
    assert not cameras.wants_look(known(CameraConfig(name="main", source="test")))
    assert cameras.wants_look(known(CameraConfig(name="main", source="auto")))
    assert cameras.wants_look(known(configuration=None))


def test_machine_of_the_tests_is_looked_at() -> None:
    seen = cameras.look(known(CameraConfig(name="main")), Places())
    assert seen.found is not None


def test_camera_that_the_recorder_has_is_taken_at_its_word() -> None:
    has_it = known(CameraConfig(name="main", source="/dev/video0"), status=status())
    found = cameras.judge(Seen(found=Found()), has_it)
    assert levels(found) == {"cameras.present": "ok", "cameras.free": "ok", "cameras.name": "warning"}
    lost = known(CameraConfig(name="main", source=_BY_ID), status=in_backoff(status(), "capture.main"))
    assert levels(cameras.judge(Seen(found=Found()), lost)) == {"cameras.present": "fault"}


def test_camera_that_hangs_in_the_kernel_is_left_alone() -> None:
    assert (
        cameras.stuck_worker(known(status=with_worker(status(), "capture.main", state="quarantined"))) == "capture.main"
    )
    assert not cameras.stuck_worker(known(status=status()))
    assert not cameras.stuck_worker(known())
