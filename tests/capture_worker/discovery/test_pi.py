"""The Pi's own cameras: numbers as libcamera has them, and plain words where it can't be asked."""

from __future__ import annotations

from pathlib import Path

from capture_worker.discovery.pi import Asked, described, note_on_pi, source_of
from shared.found_cameras import FoundCamera


def test_first_camera_needs_no_number() -> None:
    assert [source_of(number) for number in range(3)] == ["picamera2", "picamera2:1", "picamera2:2"]


def _camera(number: int, model: str) -> FoundCamera:
    return FoundCamera(kind="pi", source=source_of(number), model=model)


def test_cameras_are_told_as_libcamera_has_them() -> None:
    asked = Asked(cameras=(_camera(0, "imx708"), _camera(1, "imx219")))
    assert described(["imx219", "imx708"], asked) == list(asked.cameras)


def test_sensor_that_libcamera_lacks_beside_another_is_said_of_what_is_there() -> None:
    (camera,) = described(["imx219", "imx708"], Asked(cameras=(_camera(0, "imx708"),)))
    assert camera.model == "imx708"
    assert "libcamera does not find it" in camera.problem


def test_sensor_without_picamera2_says_how_to_get_it() -> None:
    (camera,) = described(["imx219"], Asked(problem="picamera2 can't be imported here"))
    assert (camera.source, camera.model, camera.problem) == ("picamera2", "imx219", "picamera2 can't be imported here")


def test_sensor_that_libcamera_does_not_find_says_so() -> None:
    (camera,) = described(["imx219"], Asked())
    assert "libcamera does not find it" in camera.problem


def test_note_is_only_for_a_raspberry_pi(tmp_path: Path) -> None:
    model = tmp_path / "model"
    assert note_on_pi(model) == ""
    model.write_text("Some Board\0")
    assert note_on_pi(model) == ""
    model.write_text("Raspberry Pi Zero 2 W Rev 1.0\0")
    assert "check the ribbon cable" in note_on_pi(model)
