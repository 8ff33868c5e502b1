"""The fence's key: one for each thing that is really opened, and nothing in it that must not be seen."""

from __future__ import annotations

import pytest

from capture_worker.camera_key import camera_key
from shared.config.model import CameraConfig


def _key(source: str, name: str = "main") -> str:
    key = camera_key(CameraConfig(name, source=source))
    assert key is not None
    return key


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("rtsp://cam.local/live", "cam.local:554/live"),
        ("rtsps://cam.local/live", "cam.local:322/live"),
        ("http://cam.local/shot.jpg", "cam.local:80/shot.jpg"),
        ("https://cam.local/shot.jpg", "cam.local:443/shot.jpg"),
        ("http://cam.local:8080", "cam.local:8080/"),
        ("http://[fe80::1]:8080/x", "fe80::1:8080/x"),
        ("http://cam.local/shot.jpg?channel=2", "cam.local:80/shot.jpg?channel=2"),
    ],
)
def test_key_of_a_network_camera_is_where_it_is(source: str, key: str) -> None:
    assert _key(source) == key


@pytest.mark.parametrize(
    "sources",
    [
        (
            "rtsp://cam.local/live",
            "rtsp://cam.local:554/live",
            "RTSP://CAM.local/live",
            "rtsp://me:secret@cam.local/live",
        ),
        ("http://cam.local", "http://cam.local/", "http://cam.local:80/"),
    ],
)
def test_sources_that_mean_one_camera_have_one_key(sources: tuple[str, ...]) -> None:
    assert len({_key(source, name) for source in sources for name in ("main", "garden")}) == 1


def test_sources_that_mean_two_cameras_have_two_keys() -> None:
    sources = [
        "rtsp://cam.local/live",
        "rtsp://cam.local/other",
        "rtsp://cam.local:8554/live",
        "rtsp://cam2.local/live",
        "http://cam.local/live?channel=1",
        "http://cam.local/live?channel=2",
    ]
    assert len({_key(source) for source in sources}) == len(sources)


@pytest.mark.parametrize(
    "source", ["rtsp://me:hunter2@cam.local/live", "http://hunter2@cam.local/", "http://a:hunter2@h:81"]
)
def test_key_has_no_password(source: str) -> None:
    assert "hunter2" not in _key(source)


@pytest.mark.parametrize("source", ["test", "file:/srv/a.mp4", "/srv/a.mp4", "file:///srv/a.mp4"])
def test_test_and_files_have_no_key(source: str) -> None:
    """Any number of processes may read a file at the same time."""
    assert camera_key(CameraConfig("main", source=source)) is None
