"""The network camera against a real MJPEG server: what comes through, how old it is said to be, and every failure."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import cv2
import numpy as np
import pytest

from capture_worker.cameras import http_camera, http_get, reach
from capture_worker.cameras.base import Frame
from capture_worker.cameras.http_camera import HttpCamera
from capture_worker.cameras.mark import read_mark
from capture_worker.check import DamagedFrame, check_jpeg
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError
from tests.rig.http_cameras import answer
from tests.rig.http_cameras import camera as http_camera_at
from tests.rig.mjpeg_server import Fault, MjpegServer
from tests.rig.scene_jpeg import SceneJpeg

MS = 1_000_000
UNSEEN_MS = 150
"""How much older than said a frame may be: a period at 30 frames a second, and a machine that is busy."""


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer(fps=30) as running:
        yield running


@contextmanager
def opened(url: str) -> Iterator[HttpCamera]:
    camera = HttpCamera(CameraConfig(name="main", source=url), SystemClock())
    try:
        camera.open()
        yield camera
    finally:
        camera.close()


def next_frame(camera: HttpCamera) -> Frame:
    own = camera.drain()
    frame = camera.take()
    assert (frame.own_wall_ns, frame.own_mono_ns) == own[:2]
    return frame


def mark_ms(frame: Frame) -> int:
    assert frame.jpeg is not None
    mark = read_mark(np.asarray(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8))
    assert mark is not None
    return mark


def is_damaged(frame: Frame) -> bool:
    assert frame.jpeg is not None
    try:
        check_jpeg(frame.jpeg)
    except DamagedFrame:
        return True
    return False


def open_error(url: str) -> str:
    with pytest.raises(CameraError) as caught, opened(url):
        pass
    return str(caught.value)


def drain_for_ever(camera: HttpCamera) -> NoReturn:
    while True:
        camera.drain()


def until_error(camera: HttpCamera) -> str:
    with pytest.raises(CameraError) as caught:
        drain_for_ever(camera)
    return str(caught.value)


def test_open_tells_what_is_known_of_the_camera() -> None:
    with MjpegServer(fps=20, credentials="user:secret") as server:
        camera = HttpCamera(CameraConfig(name="main", source=server.url), SystemClock())
        found = camera.open()
        camera.close()
        camera.close()
    assert found.driver == "http"
    assert found.model == "network camera", "it goes into every picture: no address, no user"
    assert found.detail == "640x360 MJPEG stream"
    assert found.address == f"127.0.0.1:{server.port}"
    assert 35 * MS < found.period_ns < 75 * MS


def test_take_gives_the_cameras_own_bytes(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        server.set_fault("repeat")
        server.wait_for_frames(1)
        sent = server.latest().jpeg
        frame = next(frame for frame in (next_frame(camera) for _ in range(10)) if frame.jpeg == sent)
    assert frame.image is None


def test_drain_frames_are_fresh_in_order_and_none_twice(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        frames = [next_frame(camera) for _ in range(20)]
    marks = [mark_ms(frame) for frame in frames]
    assert sorted(set(marks)) == marks
    assert set(marks) <= set(server.made_ms)
    ages = [frame.own_wall_ns / MS - mark for frame, mark in zip(frames, marks, strict=True)]
    assert max(ages) < UNSEEN_MS
    assert sorted(ages)[10] < 40
    assert sorted(frame.own_mono_ns for frame in frames) == [frame.own_mono_ns for frame in frames]


def test_drain_first_frame_is_none_of_those_read_while_opening(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        opened_ms = time.time_ns() / MS
        assert mark_ms(next_frame(camera)) > opened_ms - 40


def test_drain_burst_after_a_stall_is_not_taken_for_fresh(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        next_frame(camera)
        server.set_fault("hold")
        server.wait_for_frames(25)
        server.set_fault("resume")
        frames = [(next_frame(camera), time.time_ns() / MS) for _ in range(35)]
    on_the_way_ms = [arrived_ms - mark_ms(frame) for frame, arrived_ms in frames]
    assert max(on_the_way_ms) > 600
    for frame, _ in frames:
        assert frame.own_wall_ns / MS - mark_ms(frame) < UNSEEN_MS
    last, arrived_ms = frames[-1]
    assert arrived_ms - last.own_wall_ns / MS < UNSEEN_MS


def test_drain_called_late_what_lay_waiting_is_not_taken_for_fresh(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        next_frame(camera)
        server.wait_for_frames(15)
        for _ in range(20):
            frame = next_frame(camera)
            assert frame.own_wall_ns / MS - mark_ms(frame) < UNSEEN_MS


def test_drain_picture_that_comes_again_keeps_the_time_of_its_first_coming(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        server.set_fault("repeat")
        server.wait_for_frames(1)
        for _ in range(10):
            frame = next_frame(camera)
        assert time.time_ns() / MS - mark_ms(frame) > 200
        assert frame.own_wall_ns / MS - mark_ms(frame) < UNSEEN_MS
        server.set_fault("resume")
        assert next(own for own in (camera.drain() for _ in range(10)) if own[1] > frame.own_mono_ns)
    with opened(server.url) as camera:
        server.set_fault("repeat")
        server.wait_for_frames(1)
        camera.close()
        camera.open()
        opened_ns = time.monotonic_ns()
        assert camera.drain()[1] < opened_ns, "a picture that was there while opening is none for any slot after it"


@pytest.mark.parametrize("damage", ["truncate", "corrupt"])
def test_take_one_damaged_jpeg_comes_as_it_is_and_the_stream_goes_on(server: MjpegServer, damage: str) -> None:
    with opened(server.url) as camera:
        server.set_fault("truncate" if damage == "truncate" else "corrupt", frames=1)
        damaged = [is_damaged(next_frame(camera)) for _ in range(15)]
    assert damaged.count(True) == 1
    assert damaged[-1] is False


def test_drain_connection_cut_raises_and_can_be_opened_anew(server: MjpegServer) -> None:
    with opened(server.url) as camera:
        server.set_fault("cut")
        assert "the stream ended" in until_error(camera)
    with opened(server.url) as camera:
        assert not is_damaged(next_frame(camera))


@pytest.mark.parametrize("fault", ["stall", "blackhole"])
def test_drain_no_more_frames_raises_after_the_read_timeout(
    server: MjpegServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(http_camera, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(http_get, "TIMEOUT_S", 0.5)
    with opened(server.url) as camera:
        assert camera.read_timeout_s == 0.5
        server.set_fault("stall" if fault == "stall" else "blackhole")
        began_s = time.monotonic()
        assert "no picture for 0.5 s" in until_error(camera)
        assert 0.45 < time.monotonic() - began_s < 3


def test_open_vanished_camera_is_refused_and_opens_when_it_is_back(server: MjpegServer) -> None:
    server.set_fault("vanish")
    assert "connection refused" in open_error(server.url)
    server.set_fault("resume")
    with opened(server.url) as camera:
        assert not is_damaged(next_frame(camera))


def test_open_camera_that_does_not_answer_is_given_up(server: MjpegServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_get, "TIMEOUT_S", 0.5)
    server.set_fault("blackhole")
    assert "does not answer" in open_error(server.url)


def test_open_camera_without_pictures_is_given_up(server: MjpegServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_camera, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(http_get, "TIMEOUT_S", 0.5)
    server.set_fault("stall")
    assert "no picture for 0.5 s" in open_error(server.url)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/nothing", "no such path (404)"),
        ("/page", "this is a page (text/html), not a camera's pictures"),
    ],
)
def test_open_wrong_path_says_what_it_is(server: MjpegServer, path: str, expected: str) -> None:
    assert expected in open_error(server.url.replace("/stream", path))


def test_open_wrong_password_says_so_without_showing_it() -> None:
    with MjpegServer(credentials="user:secret") as server:
        message = open_error(server.url.replace("secret", "hunter2"))
    assert "refuses access (401)" in message
    assert "hunter2" not in message


def test_open_password_with_special_characters_is_understood() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(MjpegServer(fps=30, credentials="user:a/b@c%d#e"))
        camera = stack.enter_context(opened(server.url.replace("a/b@c%d#e", "a%2Fb%40c%25d%23e")))
        assert not is_damaged(next_frame(camera))


@pytest.mark.parametrize("url", ["http://user:hunt/er2@127.0.0.1/x", "http://user:hunter2@/x", "http://:99999/x"])
def test_open_impossible_address_says_so_without_the_password(url: str) -> None:
    message = open_error(url)
    assert "address" in message
    assert "er2" not in message


@pytest.mark.parametrize("host", ["[fe80::1%25nosuch0]", "c" * 64])
def test_open_unknown_host_says_so(host: str) -> None:
    """Names that no name server is asked about: on an interface that is not there, and too long."""
    assert "the host is unknown" in open_error(f"http://{host}/stream")


def test_open_host_that_takes_no_connection_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose queue is full drops what comes, as a host that is switched off does."""
    monkeypatch.setattr(reach, "CONNECT_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        message = open_error(f"http://127.0.0.1:{listener.getsockname()[1]}/stream")
        for each in waiting:
            each.close()
    assert "no answer within 0.3 s" in message


def test_open_failure_prints_nothing(server: MjpegServer) -> None:
    code = (
        "import sys\nfrom capture_worker.cameras.http_camera import HttpCamera\n"
        "from shared.clock import SystemClock\nfrom shared.config.model import CameraConfig\n"
        "from shared.errors import CameraError\n"
        "try: HttpCamera(CameraConfig(name='main', source=sys.argv[1]), SystemClock()).open()\n"
        "except CameraError: pass\n"
    )
    url = server.url.replace("/stream", "/nothing")
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_single_pictures_are_asked_for_one_by_one(server: MjpegServer) -> None:
    camera = HttpCamera(CameraConfig(name="main", source=server.url.replace("/stream", "/snapshot.jpg")), SystemClock())
    found = camera.open()
    assert (found.streams, found.period_ns, found.detail) == (False, 0, "640x360 JPEG a request")
    for _ in range(3):
        server.wait_for_frames(2)
        asked_ns = time.monotonic_ns()
        frame = camera.shoot(0)
        assert frame.own_mono_ns >= asked_ns
        assert frame.own_wall_ns / MS - mark_ms(frame) < UNSEEN_MS
    camera.close()


def test_single_picture_that_comes_again_keeps_the_time_of_its_first_coming(server: MjpegServer) -> None:
    with opened(server.url.replace("/stream", "/snapshot.jpg")) as camera:
        server.set_fault("repeat")
        server.wait_for_frames(1)
        first = camera.shoot(0)
        asked_ns = time.monotonic_ns()
        assert camera.shoot(0) == first
        assert first.own_mono_ns < asked_ns, "no slot from here on is given it"


@pytest.mark.parametrize(("fault", "told"), [("vanish", "connection refused"), ("blackhole", "does not answer")])
def test_single_picture_of_a_camera_that_is_gone_says_so(
    server: MjpegServer, monkeypatch: pytest.MonkeyPatch, fault: Fault, told: str
) -> None:
    with opened(server.url.replace("/stream", "/snapshot.jpg")) as camera:
        monkeypatch.setattr(http_get, "TIMEOUT_S", 0.3)
        server.set_fault(fault)
        with pytest.raises(CameraError, match=told):
            camera.shoot(0)


_JPEG = SceneJpeg((64, 48)).at(0)
_MULTIPART = "Content-Type: multipart/x-mixed-replace; boundary=b"


def _in_chunks(data: bytes, size: int = 1000) -> bytes:
    pieces = [data[begin : begin + size] for begin in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


@pytest.mark.parametrize("chunked", [False, True])
def test_stream_without_lengths_gives_each_picture_with_its_last_byte(chunked: bool) -> None:
    """Chunked as small cameras send it, or bare; and nothing comes after it that would show where it ended."""
    more = threading.Event()

    def stream(connection: socket.socket, _: str) -> None:
        headers = [_MULTIPART, *(["Transfer-Encoding: chunked"] if chunked else [])]
        connection.sendall(answer(b"", *headers))
        for _number in range(20):
            part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + _JPEG
            connection.sendall(_in_chunks(part) if chunked else part)
            time.sleep(0.02)
        more.wait(10)

    with http_camera_at(stream) as url, opened(url) as camera:
        while camera.take().jpeg != _JPEG:
            camera.drain()
        more.set()


def test_stream_that_drips_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes well within the time-out; no picture ever does."""

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(answer(b"--b\r\nContent-Length: 1000000\r\n\r\n", _MULTIPART))
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    monkeypatch.setattr(http_camera, "TIMEOUT_S", 0.4)
    with http_camera_at(drip) as url:
        began_s = time.monotonic()
        assert "no picture for 0.4 s" in open_error(url)
        assert time.monotonic() - began_s < 5


def test_picture_without_an_end_is_given_up_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(connection: socket.socket, _: str) -> None:
        connection.sendall(answer(b"", "Content-Type: image/jpeg"))
        while True:
            connection.sendall(b"x" * 100_000)

    monkeypatch.setattr(http_camera, "LONGEST_PICTURE_BYTES", 5_000_000)
    with http_camera_at(endless) as url:
        assert "the picture does not end within" in open_error(url)


def test_worker_of_an_http_camera_loads_no_opencv() -> None:
    code = "import sys, capture_worker.session, capture_worker.cameras.http_camera; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
