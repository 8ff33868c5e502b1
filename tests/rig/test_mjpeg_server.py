"""The misbehaving camera misbehaves as promised: a test bench that lies would prove nothing."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture_worker.cameras.mark import read_mark
from capture_worker.check import DamagedFrame, check_jpeg
from tests.rig.mjpeg_server import Fault, MjpegServer
from tests.rig.scene_jpeg import SceneJpeg, corrupted, truncated


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def is_whole(jpeg: bytes) -> bool:
    try:
        check_jpeg(jpeg)
    except DamagedFrame:
        return False
    return True


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer(fps=50, size=(320, 240)) as running:
        yield running


@pytest.mark.parametrize("size", [(160, 120), (640, 360), (1000, 700), (1920, 1080)])
def test_scene_jpeg_is_whole_and_its_mark_is_the_time_asked_for(size: tuple[int, int]) -> None:
    painter = SceneJpeg(size)
    for number in range(30):
        wall_ns = 1_795_421_730_000_000_000 + number * 33_000_000
        jpeg = painter.at(wall_ns)
        assert check_jpeg(jpeg).size == size
        pixels = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        assert read_mark(pixels) == wall_ns // 1_000_000


def test_damage_is_always_noticed_by_a_strict_decode() -> None:
    jpeg = SceneJpeg((640, 360)).at(1_795_421_730_000_000_000)
    assert not is_whole(truncated(jpeg))
    for seed in range(50):
        damaged = corrupted(jpeg, seed)
        assert len(damaged) == len(jpeg)
        assert not is_whole(damaged)


def test_server_faults_are_switched_by_url_on_the_control_port(server: MjpegServer) -> None:
    assert get(server.control_port, "/fault?set=corrupt") == (200, b"corrupt\n")
    server.wait_for_frames(2)
    assert not is_whole(get(server.port, "/snapshot.jpg")[1])
    assert get(server.control_port, "/fault?set=vanish")[0] == 200
    with pytest.raises(ConnectionRefusedError):
        get(server.port, "/snapshot.jpg")
    assert get(server.control_port, "/fault?set=resume")[0] == 200
    server.wait_for_frames(2)
    assert is_whole(get(server.port, "/snapshot.jpg")[1])
    assert get(server.control_port, "/fault?set=nonsense")[0] == 400


def test_server_fault_for_some_frames_ends_by_itself(server: MjpegServer) -> None:
    server.set_fault("truncate", frames=2)
    server.wait_for_frames(5)
    assert is_whole(server.latest().jpeg)


def test_server_repeat_sends_the_same_bytes(server: MjpegServer) -> None:
    server.latest()
    server.set_fault("repeat")
    first = server.latest()
    server.wait_for_frames(3)
    assert server.latest().number > first.number
    assert server.latest().jpeg == first.jpeg


def test_server_resize_sends_pictures_of_half_the_size(server: MjpegServer) -> None:
    server.set_fault("resize")
    server.wait_for_frames(2)
    assert check_jpeg(server.latest().jpeg).size == (160, 120)


@pytest.mark.parametrize(("fault", "is_reset"), [("cut", False), ("reset", True)])
def test_server_hangs_up_with_a_fin_or_a_reset_and_serves_again(
    server: MjpegServer, fault: Fault, is_reset: bool
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as stream:
        stream.sendall(b"GET /stream HTTP/1.1\r\n\r\n")
        assert stream.recv(1)
        server.set_fault(fault)
        with pytest.raises(ConnectionResetError) if is_reset else contextlib.nullcontext():
            while stream.recv(65_536):
                pass
    assert is_whole(get(server.port, "/snapshot.jpg")[1])


def test_script_serves_until_it_is_ended() -> None:
    script = Path(__file__).with_name("mjpeg_server.py")
    with subprocess.Popen(
        [sys.executable, script, "--port", "0", "--size", "160x120"], stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[0].decode()
        assert is_whole(get(int(url.split(":")[2].split("/")[0]), "/snapshot.jpg")[1])
        running.terminate()
