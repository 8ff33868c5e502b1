"""RTSP over TLS: whose certificate is taken, by our own handshake and by ffmpeg's, and what is said of the others."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_worker.cameras import rtsps
from capture_worker.cameras.reach import parse
from capture_worker.cameras.stream import StreamCamera
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError
from tests.rig.http_cameras import self_signed
from tests.rig.rtsp_server import RtspServer, missing
from tests.rig.scripted_camera import ScriptedCamera
from tests.rig.tls_front import TlsFront

OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
needs_rtsp = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(autouse=True)
def _options(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package sets, and nothing of the test before."""
    monkeypatch.setenv(OPTIONS, "rtsp_transport;tcp|fpsprobesize;0")


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[RtspServer]:
    with RtspServer("mjpeg", size=(320, 180)) as running:
        yield running


def camera(port: int, path: str = "/stream", *, tls_verify: bool = True) -> StreamCamera:
    source = f"rtsps://127.0.0.1:{port}{path}"
    return StreamCamera(CameraConfig(name="main", source=source, tls_verify=tls_verify), SystemClock())


def record_one(front: TlsFront, *, tls_verify: bool = True) -> str:
    opened = camera(front.port, tls_verify=tls_verify)
    try:
        return opened.open().driver
    finally:
        opened.close()


@needs_rtsp
def test_rtsps_camera_with_a_good_certificate_is_recorded(
    server: RtspServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with TlsFront(server.port, context) as front:
        streaming = camera(front.port)
        assert streaming.open().driver == "rtsps"
        streaming.drain()
        assert streaming.take().jpeg
        streaming.close()


@needs_rtsp
def test_rtsps_camera_with_a_certificate_of_its_own_is_refused_unless_that_is_allowed(
    server: RtspServer, tmp_path: Path
) -> None:
    context, _ = self_signed(tmp_path)
    with TlsFront(server.port, context) as front:
        with pytest.raises(CameraError, match=r"certificate can't be verified .*SSL_CERT_FILE.* tls_verify to false"):
            record_one(front)
        assert front.forwarded == 0, "not a word was said to it"
        assert record_one(front, tls_verify=False) == "rtsps"


@needs_rtsp
def test_rtsps_certificate_in_another_name_is_refused(
    server: RtspServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name does not matter to ffmpeg."""
    context, certificate = self_signed(tmp_path, whose="DNS:somebody.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with TlsFront(server.port, context) as front, pytest.raises(CameraError, match=r"can't be verified .*mismatch"):
        record_one(front)


@needs_rtsp
def test_rtsps_ffmpeg_looks_at_the_certificate_of_the_stream_itself(
    server: RtspServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where somebody lets our first connection through, and answers the second one himself."""
    context, _ = self_signed(tmp_path)
    monkeypatch.setattr(rtsps, "_shake_hands", lambda _secure: None)
    with TlsFront(server.port, context) as front, pytest.raises(CameraError):
        record_one(front)
    assert front.forwarded <= 1, "the question that explains the failure, which holds no password, alone"


@needs_rtsp
def test_rtsps_wrong_path_says_so(server: RtspServer, tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with TlsFront(server.port, context) as front, pytest.raises(CameraError, match="no such path \\(404\\)"):
        camera(front.port, "/nowhere", tls_verify=False).open()


def test_rtsps_port_that_speaks_no_tls_says_so() -> None:
    def speak_plainly(_ended: object) -> Iterator[bytes]:
        yield b"RTSP/1.0 400 Bad Request\r\n\r\n"

    with ScriptedCamera(speak_plainly) as plain, pytest.raises(CameraError, match=r"does not speak TLS .*try rtsp://"):
        rtsps.verify(parse(plain.url.replace("http", "rtsps")))


def test_rtsps_camera_that_never_ends_its_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsps, "HANDSHAKE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(CameraError, match="does not answer"):
        rtsps.verify(parse(f"rtsps://127.0.0.1:{mute.getsockname()[1]}/"))


def test_rtsps_what_a_person_told_ffmpeg_about_tls_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, "tls_verify;1|ca_file;/their/own.pem")
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with TlsFront(1, context) as front:
        rtsps.verify(parse(f"rtsps://127.0.0.1:{front.port}/"))
    assert os.environ[OPTIONS] == "tls_verify;1|ca_file;/their/own.pem"


def test_rtsps_ffmpeg_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with TlsFront(1, context) as front:
        for _ in range(2):
            rtsps.verify(parse(f"rtsps://127.0.0.1:{front.port}/"))
    assert os.environ[OPTIONS].endswith(f"fpsprobesize;0|tls_verify;1|ca_file;{certificate}")
    assert os.environ[OPTIONS].count("tls_verify") == 1
