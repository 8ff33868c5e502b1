"""The Pi camera on the real picamera2 and libcamera, in the camera rig."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.camera_rig.fixture import CameraRig
from tests.rig.pi_process import Answer, PiProcess

_PERIOD_MS = 48.0
"""imx219 at all its pixels."""
_SCHEDULING_MS = 15.0


def _open(tmp_path: Path, **config: Any) -> PiProcess:
    return PiProcess(tmp_path, **config)


def _is_fresh(shot: Answer) -> bool:
    """Whether the picture itself, and not only what is said of it, began at its slot or after."""
    return bool(shot["mark_ms"] >= shot["slot_ms"] - 1 and abs(shot["mark_ms"] - shot["own_wall_ns"] / 1e6) <= 2)


@pytest.mark.usefixtures("camera_rig")
def test_camera_opens_at_full_resolution_and_says_what_it_is(tmp_path: Path) -> None:
    with _open(tmp_path, resolution=(3280, 2464)) as camera:
        assert (camera.opened["driver"], camera.opened["make"], camera.opened["model"]) == (
            "picamera2",
            "Raspberry Pi",
            "imx219",
        )
        assert camera.opened["detail"] == "3280x2464 from 3280x2464"
        assert camera.opened["limits"]["exposure_us"][1] > 1_000_000
        assert camera.opened["limits"]["analogue_gain"] == pytest.approx([1.0, 10.67], abs=0.01)
        shot = camera.order("shoot")
    assert shot["size"] == [3280, 2464]
    assert _is_fresh(shot)


@pytest.mark.usefixtures("camera_rig")
@pytest.mark.parametrize(
    ("size", "mode"), [((640, 480), "1640x1232"), ((1640, 1232), "1640x1232"), ((1920, 1080), "3280x2464")]
)
def test_mode_is_the_smallest_that_shows_all_of_the_sensor(tmp_path: Path, size: tuple[int, int], mode: str) -> None:
    """Not the modes of 640x480 and 1920x1080, which show its middle."""
    with _open(tmp_path, resolution=size) as camera:
        assert camera.opened["detail"] == f"{size[0]}x{size[1]} from {mode}"


def test_every_frame_is_fresh_and_within_a_frame_period_of_its_slot(tmp_path: Path, camera_rig: CameraRig) -> None:
    """The scene changes with each slot, and each frame shows its own."""
    with _open(tmp_path, resolution=(1920, 1080)) as camera:
        shots = []
        for number in range(20):
            camera_rig.set("scene", number)
            shots.append(camera.order("shoot"))
    assert [shot["scene"] for shot in shots] == list(range(20))
    assert all(_is_fresh(shot) for shot in shots)
    assert all(0 <= shot["late_ms"] <= _PERIOD_MS + _SCHEDULING_MS for shot in shots)


def test_metadata_tells_how_the_frame_was_taken(tmp_path: Path, camera_rig: CameraRig) -> None:
    camera_rig.set("lux", 100)
    with _open(tmp_path) as camera:
        shot = camera.order("shoot")
    assert shot["lux"] == pytest.approx(100, rel=0.1)
    assert 4500 < shot["colour_temperature_k"] < 6500
    assert shot["analogue_gain"] >= 1.0
    assert len(shot["colour_gains"]) == 2


@pytest.mark.usefixtures("camera_rig")
def test_exposure_that_is_set_is_that_of_the_very_next_frame(tmp_path: Path) -> None:
    with _open(tmp_path) as camera:
        for exposure_us, gain in ((5000, 1.0), (20_000, 4.0), (100, 1.0), (200_000, 1.0)):
            camera.order("set", exposure_us, gain, (1.7, 1.45))
            shot = camera.order("shoot")
            assert shot["exposure_us"] == pytest.approx(exposure_us, rel=0.02, abs=60)
            assert shot["analogue_gain"] == pytest.approx(gain, rel=0.06)
            assert shot["colour_gains"] == pytest.approx([1.7, 1.45], abs=0.02)
            assert _is_fresh(shot)


@pytest.mark.usefixtures("camera_rig")
def test_long_exposure_begins_at_its_slot_and_the_short_one_after_it_too(tmp_path: Path) -> None:
    with _open(tmp_path) as camera:
        camera.order("set", 1_500_000, 1.0, (1.7, 1.45))
        for _ in range(2):
            shot = camera.order("shoot")
            assert shot["exposure_us"] == pytest.approx(1_500_000, rel=0.01)
            assert shot["late_ms"] < 500
            assert _is_fresh(shot)
        camera.order("set", 5000, 1.0, (1.7, 1.45))
        shot = camera.order("shoot")
        assert (shot["exposure_us"], shot["late_ms"] < 500) == (pytest.approx(5000, abs=60), True)


@pytest.mark.usefixtures("camera_rig")
def test_process_that_was_stopped_gives_no_frame_of_that_time(tmp_path: Path) -> None:
    """Its buffers are full of them."""
    with _open(tmp_path) as camera:
        for _ in range(5):
            os.kill(camera.process.pid, signal.SIGSTOP)
            time.sleep(0.6)
            os.kill(camera.process.pid, signal.SIGCONT)
            assert _is_fresh(camera.order("shoot"))


@pytest.mark.usefixtures("camera_rig")
def test_camera_that_rests_and_wakes_leaves_no_descriptor_behind(tmp_path: Path, times: int) -> None:
    with _open(tmp_path) as camera:
        asleep, awake = [], []
        for _ in range(5 * times):
            asleep.append(camera.order("rest")["descriptors"])
            awake.append(camera.order("wake"))
            assert _is_fresh(camera.order("shoot"))
        assert len(set(asleep)) == 1
        assert len({each["descriptors"] for each in awake}) == 1
        assert all(each["took_s"] < each["warm_up_s"] for each in awake)


@pytest.mark.usefixtures("camera_rig")
def test_exposure_that_was_set_holds_over_a_rest(tmp_path: Path) -> None:
    with _open(tmp_path) as camera:
        camera.order("set", 5000, 2.0, (1.7, 1.45))
        camera.order("rest")
        camera.order("wake")
        shot = camera.order("shoot")
    assert shot["exposure_us"] == pytest.approx(5000, abs=60)


@pytest.mark.usefixtures("camera_rig")
def test_raw_is_the_sensors_own_size_whatever_the_picture_has(tmp_path: Path) -> None:
    with _open(tmp_path, raw=True) as camera:
        shot = camera.order("shoot")
    assert shot["size"] == [640, 480]
    assert 0 < shot["raw"] - 3280 * 2464 * 2 < 4096


def test_two_cameras_are_opened_by_their_numbers(tmp_path: Path, camera_rig: CameraRig) -> None:
    camera_rig.use_sensors("imx219", "imx477")
    with _open(tmp_path) as first, _open(tmp_path, source="picamera2:1") as second:
        assert {first.opened["model"], second.opened["model"]} == {"imx219", "imx477"}
        assert _is_fresh(first.order("shoot"))
        assert _is_fresh(second.order("shoot"))


@pytest.mark.usefixtures("camera_rig")
def test_one_camera_is_opened_once(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with _open(tmp_path):
        with _open(tmp_path) as second:
            assert second.opened["kind"] == "BusyError", "by our fence"
        with _open(tmp_path / "elsewhere") as third:
            assert third.opened["kind"] == "CameraError", "by libcamera itself, as any other program"
            assert "another program has the camera" in third.opened["error"]


@pytest.mark.usefixtures("camera_rig")
@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"resolution": (4000, 3000)}, "the sensor has 3280x2464 pixels"),
        ({"controls": {"Sharpnes": "2"}}, "did you mean Sharpness"),
        ({"controls": {"Sharpness": "200"}}, "out of its range (0 to 16)"),
        ({"lens_position": 2.0}, "can't be moved"),
        ({"hdr": "single"}, "no such mode"),
        ({"tuning_file": "/nowhere.json"}, "no such file"),
    ],
)
def test_what_the_camera_can_not_do_is_a_mistake_of_the_configuration(
    tmp_path: Path, config: dict[str, Any], problem: str
) -> None:
    with _open(tmp_path, **config) as camera:
        assert camera.opened["kind"] == "ConfigError"
        assert problem in camera.opened["error"]


@pytest.mark.usefixtures("camera_rig")
def test_controls_of_the_configuration_are_in_force_from_the_first_shot_on(tmp_path: Path) -> None:
    controls = {"ExposureTime": "8000", "AnalogueGain": "2", "AwbMode": "Cloudy", "Contrast": "1.2"}
    with _open(tmp_path, controls=controls) as camera:
        shot = camera.order("shoot")
    assert shot["exposure_us"] == pytest.approx(8000, abs=60)
    assert shot["analogue_gain"] == pytest.approx(2.0, rel=0.06)


@pytest.mark.usefixtures("camera_rig")
@pytest.mark.parametrize(("flip", "is_mirrored"), [("none", False), ("horizontal", True)])
def test_picture_is_mirrored_if_the_configuration_says_so(tmp_path: Path, flip: str, is_mirrored: bool) -> None:
    """The scene's greys rise from left to right."""
    with _open(tmp_path, flip=flip) as camera:
        greys = camera.order("shoot")["greys"]
    assert greys == sorted(greys, reverse=is_mirrored)


@pytest.mark.usefixtures("camera_rig")
def test_region_is_the_part_of_the_sensor_that_is_used(tmp_path: Path) -> None:
    with _open(tmp_path, resolution=(1640, 1232), region=(0.25, 0.25, 0.5, 0.5)) as camera:
        assert camera.opened["detail"] == "1640x1232 from 3280x2464", "no pixel of the region is given away"
        assert camera.order("crop")["crop"] == [820, 616, 1640, 1232]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("absent", "AbsentError", "libcamera finds no camera 0 (there: none)"),
        ("eio-streamon", "CameraError", "starting the camera failed"),
        ("hang", "CameraError", "no picture for"),
        ("hang-isp", "CameraError", "no picture for"),
    ],
)
def test_fault_at_the_start_is_told_as_what_it_is(
    tmp_path: Path, camera_rig: CameraRig, fault: str, kind: str, words: str
) -> None:
    with camera_rig.having(fault), _open(tmp_path) as camera:
        assert camera.opened["kind"] == kind
        assert words in camera.opened["error"]
        assert camera.opened["took_s"] < 10


@pytest.mark.parametrize(
    ("fault", "words", "at_most_s"),
    [
        ("hang", "libcamera has given the sensor up", 2.0),
        ("hang-isp", "libcamera still waits for one", 3.5),
        ("eio-qbuf", "no picture for", 3.5),
    ],
)
@pytest.mark.parametrize("verb", ["shoot", "check"])
def test_fault_while_it_streams_is_found_at_the_slot_and_before_it(
    tmp_path: Path, camera_rig: CameraRig, fault: str, words: str, at_most_s: float, verb: str
) -> None:
    with _open(tmp_path) as camera:
        assert _is_fresh(camera.order("shoot"))
        camera_rig.set(fault)
        lost = camera.order(verb, 10.0)
        while "error" not in lost:
            lost = camera.order(verb, 10.0)
    assert lost["kind"] == "CameraError"
    assert words in lost["error"]
    assert lost["took_s"] < at_most_s


@pytest.mark.usefixtures("camera_rig")
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
@pytest.mark.parametrize("verb", ["shoot", "check"])
def test_image_processing_module_that_stops_or_dies_is_found_and_no_old_frame_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, verb: str
) -> None:
    monkeypatch.setenv("LIBCAMERA_IPA_FORCE_ISOLATION", "1")
    with _open(tmp_path) as camera:
        assert _is_fresh(camera.order("shoot"))
        (module,) = camera.children()
        os.kill(module, number)
        answers = [camera.order(verb, 10.0) for _ in range(2)]
    lost = next(answer for answer in answers if "error" in answer)
    assert lost["kind"] == "CameraError"
    assert lost["took_s"] < 4
    assert all(_is_fresh(answer) for answer in answers if "mark_ms" in answer)
