"""Signing in as cameras ask for it: which way is taken, with which characters, and how often."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from capture_worker.cameras.http_get import HttpGet
from capture_worker.cameras.login import digest_challenge
from capture_worker.cameras.reach import parse
from shared.errors import CameraError
from tests.rig.http_cameras import answer, camera

_BASIC = 'Basic realm="cam"'
_MD5 = 'Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5'
_SHA256 = 'Digest realm="cam", qop="auth", algorithm=SHA-256, nonce="abc", opaque="x"'
_BARE = 'Digest realm="cam", nonce="abc"'
_SHA512 = 'Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-512-256'
_BEARER = 'Bearer realm="cam"'


@pytest.mark.parametrize(
    ("lines", "taken"),
    [
        ([_MD5], _MD5),
        ([_SHA256, _MD5], _SHA256),
        ([_MD5, _SHA256], _SHA256),
        ([_BASIC, _MD5], _MD5),
        ([_BEARER, _BASIC, _BARE], _BARE),
        ([f"{_BASIC}, {_MD5}"], _MD5),
        ([f"{_SHA512}, {_SHA256}, {_BASIC}"], _SHA256),
        ([_SHA512, _BASIC], None),
        ([_BASIC], None),
        (["Digest"], None),
        ([], None),
    ],
)
def test_best_digest_that_is_known_is_taken(lines: list[str], taken: str | None) -> None:
    assert digest_challenge(lines) == taken


class Asking:
    """A camera that offers `challenges`, and the logins that came."""

    def __init__(self, *challenges: str, user: str = "admin", password: str = "hunter2") -> None:
        self.logins: list[str] = []
        self._user, self._password = user, password
        lines = [f"WWW-Authenticate: {challenge}" for challenge in challenges]
        self._refusal = answer(b"", *lines, "Content-Length: 0", status="401 Unauthorized")

    def __call__(self, connection: socket.socket, head: str) -> None:
        """Answer one request."""
        login = head.partition("Authorization: ")[2].partition("\r\n")[0]
        if login:
            self.logins.append(login)
        connection.sendall(answer(b"picture", "Content-Length: 7") if self._is_good(login) else self._refusal)

    def _is_good(self, login: str) -> bool:
        scheme, _, rest = login.partition(" ")
        if scheme == "Basic":
            return base64.b64decode(rest).decode() == f"{self._user}:{self._password}"
        fields = dict(re.findall(r'(\w+)="?([^",\r]+)"?', rest))
        return bool(fields) and fields["response"] == self._response(fields)

    def _response(self, fields: dict[str, str]) -> str:
        made = hashlib.sha256 if fields.get("algorithm") == "SHA-256" else hashlib.md5

        def hashed(text: str) -> str:
            return made(text.encode()).hexdigest()

        login, request = hashed(f"{self._user}:cam:{self._password}"), hashed("GET:/shot.jpg")
        middle = f"{fields['nc']}:{fields['cnonce']}:auth:" if "qop" in fields else ""
        return hashed(f"{login}:abc:{middle}{request}")


@contextmanager
def _get(asking: Asking, credentials: str = "admin:hunter2") -> Iterator[HttpGet]:
    with camera(asking) as url:
        yield HttpGet(parse(url.replace("://", f"://{credentials}@") + "/shot.jpg"), tls_verify=True)


def _ask(asking: Asking, credentials: str = "admin:hunter2") -> bytes:
    with _get(asking, credentials) as get, get.ask() as got:
        return got.read()


@pytest.mark.parametrize(
    ("challenges", "scheme"),
    [
        ([_BASIC], "Basic"),
        ([_BARE], "Digest"),
        ([_SHA256, _MD5], "Digest"),
        ([_BASIC, _MD5], "Digest"),
        ([_BEARER, _MD5], "Digest"),
        ([_SHA512, _BASIC], "Basic"),
        ([f"{_BEARER}, {_BASIC}"], "Basic"),
    ],
)
def test_camera_that_offers_several_ways_is_signed_in_to(challenges: list[str], scheme: str) -> None:
    asking = Asking(*challenges)
    assert _ask(asking) == b"picture"
    assert [login.split()[0] for login in asking.logins] == [scheme]


@pytest.mark.parametrize("challenge", [_BASIC, _MD5, _SHA256])
def test_login_may_hold_any_character(challenge: str) -> None:
    asking = Asking(challenge, user="jürgen", password="pässwörd€:x")
    assert _ask(asking, "j%C3%BCrgen:p%C3%A4ssw%C3%B6rd%E2%82%AC%3Ax") == b"picture"


@pytest.mark.parametrize("challenges", [[_BASIC], [_MD5], [_SHA256, _BASIC]])
def test_wrong_password_is_tried_once_and_never_in_the_open_after_a_digest(challenges: list[str]) -> None:
    asking = Asking(*challenges)
    with _get(asking, "admin:wrong") as get, pytest.raises(CameraError, match=r"refuses access \(401\)"):
        get.ask()
    assert len(asking.logins) == 1


@pytest.mark.parametrize("challenges", [[_SHA512], [_BEARER], []])
def test_ways_that_are_not_known_are_a_refusal_and_nothing_is_sent(challenges: list[str]) -> None:
    asking = Asking(*challenges)
    with _get(asking) as get, pytest.raises(CameraError, match=r"refuses access \(401\)"):
        get.ask()
    assert asking.logins == []


def test_each_picture_is_signed_in_to_anew() -> None:
    asking = Asking(_MD5)
    with _get(asking) as get:
        for _ in range(5):
            with get.ask() as got:
                assert got.read() == b"picture"
    assert len(asking.logins) == 5
