"""A stream of which most pictures are dropped unread: the wanted ones come whole, in time, and are as old as said."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np
import pytest

from capture_worker.cameras import http_camera
from capture_worker.cameras.base import Drained
from capture_worker.cameras.http_camera import HttpCamera
from capture_worker.cameras.mark import read_mark
from capture_worker.check import check_jpeg
from shared.clock import NS_PER_MS, NS_PER_S, SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError
from tests.rig.mjpeg_server import MjpegServer

UNSEEN_MS = 150
"""See `test_http_camera`."""
_FPS = 30
_NEVER_NS = 3600 * NS_PER_S


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer(fps=_FPS, size=(1280, 720)) as running:
        yield running


@contextmanager
def opened(server: MjpegServer) -> Iterator[HttpCamera]:
    camera = HttpCamera(CameraConfig(name="main", source=server.url), SystemClock())
    try:
        camera.open()
        yield camera
    finally:
        camera.close()


def never() -> int:
    """Nobody wants anything for the next hour."""
    return time.monotonic_ns() + _NEVER_NS


def drained_until(camera: HttpCamera, wanted_from_ns: int, most: int = 200) -> list[Drained]:
    """All pictures up to the first that is kept, when those from that moment on are wanted."""
    found = []
    for _ in range(most):
        found.append(camera.drain(lambda: wanted_from_ns))
        if found[-1].is_kept:
            return found
    raise AssertionError("nothing was kept")


def mark_ms(camera: HttpCamera) -> int:
    jpeg = camera.take().jpeg
    assert jpeg is not None
    check_jpeg(jpeg)
    mark = read_mark(np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8))
    assert mark is not None
    return mark


def test_first_picture_that_is_wanted_comes_whole_and_in_time(server: MjpegServer) -> None:
    after_wanted_ms, after_made_ms, said_younger_ms = [], [], []
    with opened(server) as camera:
        for _ in range(5):
            wanted_ns = time.monotonic_ns() + 400 * NS_PER_MS
            begun_wall_ms = time.time_ns() / NS_PER_MS
            wanted_wall_ms = begun_wall_ms + 400
            found = drained_until(camera, wanted_ns)
            arrived_wall_ms = time.time_ns() / NS_PER_MS
            made = sum(begun_wall_ms <= made_ms < wanted_wall_ms for made_ms in server.made_ms)
            assert len(found) >= made - 3, "the others were counted, each with its time"
            assert not any(each.is_kept for each in found[:-1])
            assert mark_ms(camera) >= wanted_wall_ms - 1000 / _FPS, "none from before was kept"
            after_wanted_ms.append(mark_ms(camera) - wanted_wall_ms)
            after_made_ms.append(arrived_wall_ms - mark_ms(camera))
            said_younger_ms.append(found[-1].own_wall_ns / NS_PER_MS - mark_ms(camera))
    assert max(said_younger_ms) < UNSEEN_MS
    # A machine that stands still for a moment delays one of them, and has the next ones taken for older than they are.
    assert max(said_younger_ms) > -5
    assert statistics.median(after_wanted_ms) < UNSEEN_MS
    assert statistics.median(after_made_ms) < UNSEEN_MS


def test_own_times_of_what_is_dropped_go_on_at_the_cameras_pace(server: MjpegServer) -> None:
    with opened(server) as camera:
        own_ns = [camera.drain(never).own_mono_ns for _ in range(2 * _FPS)]
    assert all(later >= earlier for earlier, later in pairwise(own_ns))
    assert (own_ns[-1] - own_ns[0]) / NS_PER_S == pytest.approx(2.0, abs=0.4)


def test_picture_that_came_before_and_comes_again_is_no_new_one(server: MjpegServer) -> None:
    """Of a frozen camera most repetitions are dropped, and the first that is wanted is still an old picture."""
    with opened(server) as camera:
        server.set_fault("repeat")
        server.wait_for_frames(2)
        for _ in range(5):
            first = camera.drain()
        for _ in range(20):
            assert not camera.drain(never).is_kept
        again = camera.drain()
        assert again == first
        server.set_fault("resume")
        assert max(camera.drain().own_mono_ns for _ in range(20)) > first.own_mono_ns


def test_burst_after_a_stall_is_not_taken_for_fresh_though_nobody_looked(server: MjpegServer) -> None:
    with opened(server) as camera:
        camera.drain(never)
        server.set_fault("hold")
        server.wait_for_frames(25)
        server.set_fault("resume")
        for _ in range(10):
            camera.drain(never)
        for _ in range(25):
            kept = camera.drain()
            assert kept.own_wall_ns / NS_PER_MS - mark_ms(camera) < UNSEEN_MS


def test_stall_while_nobody_looks_is_noticed_all_the_same(server: MjpegServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_camera, "TIMEOUT_S", 0.5)
    with opened(server) as camera:
        camera.drain(never)
        server.set_fault("stall")
        with pytest.raises(CameraError, match=r"no picture for 0\.5 s"):
            _drain_for(camera, 5.0)


def _drain_for(camera: HttpCamera, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        camera.drain(never)
