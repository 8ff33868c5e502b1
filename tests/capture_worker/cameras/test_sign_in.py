"""The address to open: with the secrets in it, and shown without."""

from __future__ import annotations

import base64
import logging
import re
import socket
from pathlib import Path

import pytest

from capture_worker.cameras.sign_in import address_of
from capture_worker.cameras.stream import StreamCamera
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import CameraError, ConfigError
from tests.rig.http_cameras import camera

PASSWORD = "p@ss/w:rd#%"
ENCODED = "p%40ss%2Fw%3Ard%23%25"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "secrets"
    path.write_text(f"USER=me\nPASSWORD={PASSWORD}\n")
    path.chmod(0o600)
    return str(path)


def test_address_has_the_values_and_shows_the_names(file: str) -> None:
    source = "http://${USER}:${PASSWORD}@cam:81/${PASSWORD}/x?pwd=${PASSWORD}"
    address = address_of(CameraConfig("main", source, secrets=file))
    assert address.credentials == f"me:{PASSWORD}"
    assert address.target == f"/{ENCODED}/x?pwd={ENCODED}"
    assert address.plain == f"http://cam:81/{ENCODED}/x?pwd={ENCODED}"
    assert address.url == f"http://me:{ENCODED}@cam:81/{ENCODED}/x?pwd={ENCODED}"
    assert address.shown == source


def test_address_without_secrets_is_as_before() -> None:
    address = address_of(CameraConfig("main", "rtsp://u:hunter2@cam/s"))
    assert (address.url, address.shown) == ("rtsp://u:hunter2@cam/s", "rtsp://u:***@cam/s")


def test_address_whose_secret_is_nowhere_says_which_camera_and_source(file: str) -> None:
    with pytest.raises(ConfigError, match=r"^camera main: http://u:\$\{NONE_OF_IT\}@cam/: the source's \$\{NONE_OF_IT"):
        address_of(CameraConfig("main", "http://u:${NONE_OF_IT}@cam/", secrets=file))


def test_rtsp_camera_gets_the_password_as_it_is_and_nobody_sees_it(
    file: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def refuse(connection: socket.socket, head: str) -> None:
        while head:
            asked.append(head)
            number = re.search(r"CSeq: \d+", head)
            status = "200 OK" if head.startswith("OPTIONS") else '401 No\r\nWWW-Authenticate: Basic realm="cam"'
            connection.sendall(f"RTSP/1.0 {status}\r\n{number[0] if number else ''}\r\n\r\n".encode())
            head = connection.recv(65_536).decode()

    with camera(refuse) as url, caplog.at_level(logging.DEBUG):
        source = url.replace("http://", "rtsp://${USER}:${PASSWORD}@") + "/${PASSWORD}?pwd=${PASSWORD}"
        stream = StreamCamera(CameraConfig("main", source, secrets=file), SystemClock())
        with pytest.raises(CameraError) as caught:
            stream.open()
    login = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert any(f"Authorization: Basic {login}" in head for head in asked)
    assert any(f"/{ENCODED}?pwd={ENCODED}" in head for head in asked)
    assert "refuses access (401)" in str(caught.value)
    seen = "".join([*capfd.readouterr(), caplog.text, str(caught.value), str(caught.value.__context__)])
    assert not [form for form in (PASSWORD, "p@ss", "p%40ss", login) if form in seen]
