"""Cameras that this version has not: a mistake with its place, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.cameras.select import make_camera
from shared.clock import SystemClock
from shared.config.edit import set_value
from shared.config.mistakes import Mistake, MistakesError
from shared.config.read import parse

PATH = "/etc/timelapse/timelapse.yml"
INSTEAD = "use an http:// or rtsp:// address, the path of a video file, or test"


@pytest.fixture(scope="module", autouse=True)
def _whole_notation() -> None:
    """Instead of the one in the directory's conftest: nothing is lifted here."""


def text_with(source: str) -> str:
    return f"output_dir: /x\ncameras:\n  main: {{source: '{source}', interval: 1s}}\n"


def mistakes_of(text: str) -> list[Mistake]:
    with pytest.raises(MistakesError) as raised:
        parse(text, PATH)
    return raised.value.mistakes


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("auto", "search for a camera"),
        ("picamera2", "support for the Pi's own camera"),
        ("picamera2:1", "support for the Pi's own camera"),
        ("/dev/video0", "support for USB and other local cameras"),
        ("/dev/v4l/by-id/usb-x", "support for USB and other local cameras"),
    ],
)
def test_source_that_this_version_has_not_is_a_mistake_at_its_value(source: str, missing: str) -> None:
    said = f"{PATH}:3:18: cameras.main.source: '{source}': this version has no {missing} yet: {INSTEAD}"
    assert [str(mistake) for mistake in mistakes_of(text_with(source))] == [said]


@pytest.mark.parametrize("camera", ["{interval: 1s}", "{}", ""])
def test_camera_without_source_is_a_mistake_at_the_camera(camera: str) -> None:
    (mistake,) = mistakes_of(f"output_dir: /x\ncameras:\n  a: {{source: test}}\n  main: {camera}\n")
    assert str(mistake) == f"{PATH}:4:3: cameras.main: source is needed in this version: {INSTEAD}"


def test_source_that_is_a_mistake_anyway_is_told_once() -> None:
    (mistake,) = mistakes_of(text_with("tset"))
    assert "did you mean test?" in mistake.problem


@pytest.mark.parametrize("source", ["test", "rtsp://h/x", "rtsps://h/x", "http://h/x", "https://h/x", "/srv/x.mp4"])
def test_every_other_source_is_fine_and_can_be_made(source: str) -> None:
    camera = parse(text_with(source), PATH).cameras["main"]
    assert camera.source == source
    make_camera(camera, SystemClock()).close()


def test_set_to_a_source_that_this_version_has_not_is_refused() -> None:
    with pytest.raises(MistakesError, match="no search for a camera yet"):
        set_value(text_with("test"), "cameras.main.source", "auto", PATH)


def test_the_example_and_the_demo_are_for_this_version() -> None:
    for path in Path(__file__).resolve().parents[3].joinpath("config").glob("*.yml"):
        assert parse(path.read_text(), str(path)).cameras
