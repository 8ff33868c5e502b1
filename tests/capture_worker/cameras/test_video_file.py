"""A video file as a camera: its pace, starting over, and what a bad file is told."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_worker.cameras.mark import read_mark
from capture_worker.cameras.scene import render
from capture_worker.cameras.video_file import FileCamera
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError

FPS = 25
FRAMES = 10
CONFIG = CameraConfig(name="main", source="video")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames at 25 a second; the mark of each is its number."""
    path = tmp_path_factory.mktemp("video") / "site.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (320, 240))
    for number in range(FRAMES):
        writer.write(render(number * 1_000_000, 320, 240))
    writer.release()
    return path


def camera_of(path: Path) -> FileCamera:
    return FileCamera(CONFIG, SystemClock(), path)


def test_file_plays_in_order_at_its_own_pace_and_starts_over(video: Path) -> None:
    camera = camera_of(video)
    opened = camera.open()
    assert (opened.driver, opened.model, opened.detail) == ("file", "site.avi", "320x240 25 fps")
    assert opened.period_ns == 40_000_000
    marks, own_ns = [], []
    for _ in range(2 * FRAMES + 3):
        own_ns.append(camera.drain()[1])
        assert time.monotonic_ns() >= own_ns[-1]
        frame = camera.take()
        assert frame.image is not None
        marks.append(read_mark(frame.image))
    camera.close()
    camera.close()
    assert marks == [number % FRAMES for number in range(2 * FRAMES + 3)]
    assert set(np.diff(own_ns).tolist()) == {40_000_000}


def test_file_without_take_frames_pass_all_the_same(video: Path) -> None:
    camera = camera_of(video)
    camera.open()
    for _ in range(4):
        own = camera.drain()
    frame = camera.take()
    camera.close()
    assert frame.image is not None
    assert read_mark(frame.image) == 3
    assert (frame.own_wall_ns, frame.own_mono_ns) == own[:2]


def test_file_after_a_long_delay_goes_on_from_where_it_stands(video: Path) -> None:
    class Late(SystemClock):
        ahead_ns = 0

        def mono_ns(self) -> int:
            return super().mono_ns() + self.ahead_ns

    clock = Late()
    camera = FileCamera(CONFIG, clock, video)
    camera.open()
    first_ns = camera.drain()[1]
    clock.ahead_ns = 60_000_000_000
    second_ns, third_ns = camera.drain()[1], camera.drain()[1]
    camera.close()
    assert second_ns - first_ns >= 60_000_000_000
    assert third_ns - second_ns == 40_000_000


def test_file_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"nothing\.mp4: can't be read \(No such file or directory\)"):
        camera_of(tmp_path / "nothing.mp4").open()


def test_file_directory_says_so(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="Is a directory"):
        camera_of(tmp_path).open()


@pytest.mark.parametrize("content", [b"", b"this is no video at all" * 100])
def test_file_without_frames_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError, match=r"bad\.mp4: (the file is empty|no frame can be read)"):
        camera_of(path).open()


def test_file_that_vanishes_while_playing_raises(video: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.avi"
    copy.write_bytes(video.read_bytes())
    camera = camera_of(copy)
    camera.open()
    copy.unlink()
    for _ in range(FRAMES):
        camera.drain()
    with pytest.raises(CameraError, match="No such file"):
        camera.drain()
    with pytest.raises(CameraError, match="is closed"):
        camera.drain()
    camera.close()
