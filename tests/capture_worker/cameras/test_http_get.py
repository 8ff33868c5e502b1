"""One request of a camera: login, redirects, certificates, and each failure in words."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture_worker.cameras import http_get
from capture_worker.cameras.http_get import HttpGet
from capture_worker.cameras.reach import connect, parse
from shared.errors import AbsentError, CameraError
from tests.rig.http_cameras import Answering, answer, camera, self_signed, switched_off

_OK = answer(b"picture", "Content-Type: image/jpeg", "Content-Length: 7", "Connection: close")


def _got(url: str, *, tls_verify: bool = True) -> bytes:
    with HttpGet(parse(url), tls_verify=tls_verify).ask() as got:
        return got.read()


def _failure(url: str, *, tls_verify: bool = True) -> str:
    with pytest.raises(CameraError) as caught:
        _got(url, tls_verify=tls_verify)
    message = str(caught.value)
    assert "hunter2" not in message
    return message


@contextlib.contextmanager
def _camera(answering: Answering) -> Iterator[str]:
    """The address with a login in it."""
    with camera(answering) as url:
        yield url.replace("://", "://admin:hunter2@")


def _says(answer: bytes) -> Answering:
    return lambda connection, _: connection.sendall(answer)


def test_answer_is_given_as_it_came() -> None:
    with _camera(_says(_OK)) as url:
        assert _got(url + "/shot.jpg") == b"picture"


def test_request_is_plain_and_its_path_as_written() -> None:
    heads: list[str] = []

    def listen(connection: socket.socket, head: str) -> None:
        heads.append(head)
        connection.sendall(_OK)

    with _camera(listen) as url:
        _got(url + "/a b/ü?x=1&y=%20")
    assert heads[0].startswith("GET /a%20b/%C3%BC?x=1&y=%20 HTTP/1.1\r\n")
    assert "Authorization" not in heads[0], "the password is sent when it is asked for"
    assert "Connection: close" in heads[0]


def _asks_basic(connection: socket.socket, head: str) -> None:
    good = "Authorization: Basic YWRtaW46aHVudGVyMg==" in head
    refusal = answer(b"", 'WWW-Authenticate: Basic realm="cam"', "Content-Length: 0", status="401 Unauthorized")
    connection.sendall(_OK if good else refusal)


def _asks_digest(connection: socket.socket, head: str) -> None:
    """RFC 7616 with MD5, and Basic offered beside it: the better one is to be taken."""
    challenge = 'WWW-Authenticate: Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5'
    refusal = answer(
        b"", challenge, 'WWW-Authenticate: Basic realm="cam"', "Content-Length: 0", status="401 Unauthorized"
    )
    fields = dict(re.findall(r'(\w+)="?([^",\r]+)"?', head.partition("Authorization: Digest ")[2]))
    connection.sendall(_OK if fields and fields["response"] == _digest(fields, head.split()[1]) else refusal)
    assert "Basic YW" not in head


def _digest(fields: dict[str, str], path: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    login, request = md5("admin:cam:hunter2"), md5(f"GET:{path}")
    return md5(f"{login}:abc:{fields['nc']}:{fields['cnonce']}:auth:{request}")


@pytest.mark.parametrize("asks", [_asks_basic, _asks_digest])
def test_login_is_answered_as_it_is_asked_for_again_and_again(asks: Answering) -> None:
    with _camera(asks) as url:
        get = HttpGet(parse(url + "/shot.jpg?channel=1"), tls_verify=True)
        for _ in range(8):
            with get.ask() as got:
                assert got.read() == b"picture"


@pytest.mark.parametrize("asks", [_asks_basic, _asks_digest])
def test_login_holds_for_a_path_that_can_not_be_sent_as_it_is(asks: Answering) -> None:
    with _camera(asks) as url:
        assert _got(url + "/live view/über?x=1") == b"picture"


@pytest.mark.parametrize("asks", [_asks_basic, _asks_digest])
def test_wrong_password_says_so_without_showing_it(asks: Answering) -> None:
    with _camera(asks) as url:
        assert "refuses access (401)" in _failure(url.replace("hunter2", "hunter2x"))


def test_redirect_is_followed_and_the_password_goes_nowhere_else() -> None:
    heads: list[str] = []

    def elsewhere(connection: socket.socket, head: str) -> None:
        heads.append(head)
        connection.sendall(answer(b"", 'WWW-Authenticate: Basic realm="cam"', status="401 Unauthorized"))

    with camera(elsewhere) as other:
        there = answer(b"", f"Location: {other}/shot.jpg", "Content-Length: 0", status="302 Found")
        with _camera(_says(there)) as url:
            assert "refuses access (401)" in _failure(url)
    assert len(heads) == 1
    assert "Authorization" not in heads[0]


def test_redirect_on_the_same_camera_keeps_the_login() -> None:
    def moved(connection: socket.socket, head: str) -> None:
        if head.startswith("GET /old"):
            connection.sendall(answer(b"", "Location: /new", "Content-Length: 0", status="301 Moved"))
        else:
            _asks_basic(connection, head)

    with _camera(moved) as url:
        assert _got(url + "/old") == b"picture"


@pytest.mark.parametrize("where", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://x"])
def test_redirect_to_anything_but_http_is_refused(where: str) -> None:
    with _camera(_says(answer(b"", f"Location: {where}", "Content-Length: 0", status="302 Found"))) as url:
        assert re.search("the camera answers 302|does not answer as an http camera", _failure(url))


def test_redirect_in_a_circle_ends() -> None:
    with _camera(_says(answer(b"", "Location: /", "Content-Length: 0", status="302 Found"))) as url:
        assert "the camera answers 302" in _failure(url)


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (answer(b"", status="404 Not Found"), "the camera has no such path (404)"),
        (answer(b"", status="503 Busy"), "the camera is busy (503)"),
        (answer(b"", status="500 Oops"), "the camera answers 500"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "it does not answer as an http camera should"),
        (b"HTTP/1.1 nonsense\r\n\r\n", "it does not answer as an http camera should"),
        (b"", "it does not answer as an http camera should"),
    ],
)
def test_answer_that_is_none_is_told_in_words(says: bytes, told: str) -> None:
    with _camera(_says(says)) as url:
        assert told in _failure(url)


def test_camera_that_takes_the_request_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_get, "TIMEOUT_S", 0.3)
    with _camera(lambda *_: time.sleep(1)) as url:
        assert "does not answer; restart the camera" in _failure(url)


@pytest.mark.parametrize("is_tls", [False, True])
def test_answer_that_never_ends_though_there_is_always_something_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tls: bool
) -> None:
    monkeypatch.setattr(http_get, "_ASK_S", 0.4)

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 ")
        while True:
            connection.sendall(b"O")
            time.sleep(0.02)

    with camera(drip, self_signed(tmp_path)[0] if is_tls else None) as url:
        began_s = time.monotonic()
        assert "does not answer; restart the camera" in _failure(url, tls_verify=False)
        assert 0.3 < time.monotonic() - began_s < 3


def test_camera_that_is_switched_off_is_not_said_to_take_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_get, "TIMEOUT_S", 0.3)
    with switched_off() as url:
        message = _failure(f"{url}/")
    assert "no answer within 0.3 s; is the camera switched on" in message


def test_nobody_at_the_port_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"nothing listens on port {port}" in _failure(f"http://a:hunter2@127.0.0.1:{port}/")


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with _camera(_says(_OK)) as url:
        assert _got(url) == b"picture"


def test_certificate_that_signs_itself_is_refused_and_the_way_out_is_told(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with camera(_says(_OK), context) as url:
        message = _failure(url)
    assert "its certificate can't be verified (self-signed certificate)" in message
    assert "tls_verify" in message


def test_certificate_is_taken_where_its_authority_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with camera(_says(_OK), context) as url:
        assert _got(url) == b"picture"
        assert "doesn't match" in _failure(url.replace("127.0.0.1", "localhost")) or "mismatch" in _failure(
            url.replace("127.0.0.1", "localhost")
        )


def test_certificate_is_not_looked_at_where_the_configuration_says_so(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with camera(_says(_OK), context) as url:
        assert _got(url, tls_verify=False) == b"picture"


def test_port_that_speaks_no_tls_says_so() -> None:
    def answer_anything(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(_OK)
            connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_anything, args=(server,))
        thread.start()
        assert "does not speak TLS" in _failure(f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


def test_nobody_at_the_address_is_another_error_than_a_camera_that_fails() -> None:
    """It ends the worker with a status of its own, by which the supervisor knows that the camera is absent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AbsentError, match="connection refused"):
        HttpGet(parse(f"http://127.0.0.1:{port}/x"), tls_verify=True).ask()
    with pytest.raises(AbsentError, match="connection refused"):
        connect(parse(f"rtsp://127.0.0.1:{port}/x"))
    with _camera(_says(answer(b"", status="500 Oh dear"))) as url:
        with pytest.raises(CameraError) as caught:
            HttpGet(parse(url), tls_verify=True).ask()
        assert not isinstance(caught.value, AbsentError)
