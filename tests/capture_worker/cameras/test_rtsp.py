"""RTSP against a real server (GStreamer's), H.264 and MJPEG, through a network that stalls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NoReturn, get_args

import cv2
import numpy as np
import pytest

from capture_worker.cameras.base import Frame
from capture_worker.cameras.mark import read_mark
from capture_worker.cameras.stream import StreamCamera
from capture_worker.check import check_jpeg
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError
from tests.rig.rtsp_server import Codec, RtspServer, has_h265, missing
from tests.rig.tcp_hold import TcpHold

MS = 1_000_000
UNSEEN_MS = 200

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with RtspServer("h264") as running:
        yield running


def stream_camera(url: str) -> StreamCamera:
    return StreamCamera(CameraConfig(name="main", source=url), SystemClock())


def said_too_young_ms(frame: Frame) -> float:
    """How much younger the frame is said to be than it is."""
    image = frame.image
    if frame.jpeg is not None:
        image = np.asarray(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    assert image is not None
    mark = read_mark(image)
    assert mark is not None
    return frame.own_wall_ns / MS - mark


def drain_for_ever(camera: StreamCamera) -> NoReturn:
    while True:
        camera.drain()


@pytest.mark.parametrize("codec", get_args(Codec))
def test_rtsp_frames_come_and_are_as_old_as_said(codec: Codec) -> None:
    with RtspServer(codec) as server:
        camera = stream_camera(server.url)
        opened = camera.open()
        assert (opened.driver, opened.address) == ("rtsp", f"127.0.0.1:{server.port}")
        assert 40 * MS < opened.period_ns < 100 * MS, "fifteen a second, as far as a busy machine sends them evenly"
        frames = []
        for _ in range(10):
            camera.drain()
            frames.append(camera.take())
        camera.close()
    for frame in frames:
        assert (frame.jpeg is not None) == (codec == "mjpeg")
        if frame.jpeg is not None:
            assert check_jpeg(frame.jpeg).size == (640, 360)
        assert said_too_young_ms(frame) < UNSEEN_MS
    assert sorted(abs(said_too_young_ms(frame)) for frame in frames)[5] < 60


@pytest.mark.skipif(missing() is not None or not has_h265(), reason="gstreamer1.0-plugins-bad is not installed")
def test_rtsp_frames_of_h265_come_whole_and_in_order() -> None:
    """How old they are is not judged: this encoder takes its time."""
    with RtspServer("h265") as server:
        camera = stream_camera(server.url)
        assert camera.open().detail.startswith("640x360 ")
        marks = []
        for _ in range(10):
            camera.drain()
            image = camera.take().image
            assert image is not None
            marks.append(read_mark(image))
        camera.close()
    assert None not in marks
    assert sorted(set(marks), key=str) == marks


def test_rtsp_network_that_stalls_the_burst_is_not_taken_for_fresh(server: RtspServer) -> None:
    with TcpHold(server.port) as network:
        camera = stream_camera(server.url.replace(str(server.port), str(network.port)))
        camera.open()
        camera.drain()
        network.hold()
        time.sleep(0.8)  # there is no event in a network that delivers nothing
        network.release()
        frames = []
        for _ in range(20):
            camera.drain()
            frames.append((camera.take(), time.time_ns()))
        camera.close()
    assert max(arrived_ns - frame.own_wall_ns for frame, arrived_ns in frames) > 400 * MS
    assert max(said_too_young_ms(frame) for frame, _ in frames) < UNSEEN_MS


def test_rtsp_wrong_path_says_so(server: RtspServer) -> None:
    with pytest.raises(CameraError, match="no such path \\(404\\)"):
        stream_camera(server.url + "x").open()


def test_rtsp_server_killed_raises(server: RtspServer) -> None:
    camera = stream_camera(server.url)
    camera.open()
    server.kill()
    with pytest.raises(CameraError, match="the stream ended"):
        drain_for_ever(camera)
    camera.close()
    with pytest.raises(CameraError, match="connection refused"):
        stream_camera(server.url).open()
