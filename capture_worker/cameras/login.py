"""Signing in to an http camera: which of the ways that it offers is taken, and once.

Owns: the choice among the challenges of a 401 (RFC 7235, 7616), and the characters of a password in them.
Does not own: the exchange itself, which Python's client has.
Invariant: the password is sent in the open (Basic) only where the camera offers no Digest that we know. A wrong
password is tried once for each opening: cameras lock out who tries too often.
"""

from __future__ import annotations

import hashlib
import re
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from typing import Any

_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
"""The best first."""
_NEXT_CHALLENGE = re.compile(r",\s*(?=(?:Basic|Digest|Bearer|Negotiate|NTLM)\b)", re.IGNORECASE)
_ALGORITHM = re.compile(r'\balgorithm\s*=\s*"?([\w-]+)', re.IGNORECASE)


def handlers(root: str, credentials: str) -> list[urllib.request.BaseHandler]:
    """What signs in, to addresses below `root` alone, with "user:password". Sends nothing before it is asked."""
    user, _, password = credentials.partition(":")
    plain, encoded = urllib.request.HTTPPasswordMgrWithDefaultRealm(), urllib.request.HTTPPasswordMgrWithDefaultRealm()
    plain.add_password(None, root, user, password)
    # The client writes headers in latin-1; read so, the bytes of UTF-8 go through it as they are.
    encoded.add_password(None, root, _as_latin_1(user), _as_latin_1(password))
    return [_Digest(encoded), _Basic(plain)]


def digest_challenge(lines: list[str]) -> str | None:
    """The best Digest challenge that we know among all `WWW-Authenticate` lines, None where there is none."""
    offered = [part.strip() for line in lines for part in _NEXT_CHALLENGE.split(line)]
    known: dict[str, str] = {}
    for challenge in offered:
        if challenge.lower().startswith("digest "):
            named = _ALGORITHM.search(challenge)
            known.setdefault(named.group(1).upper() if named else "MD5", challenge)
    return next((known[algorithm] for algorithm in _HASHES if algorithm in known), None)


class _Digest(urllib.request.HTTPDigestAuthHandler):
    def http_error_401(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        """See `HTTPDigestAuthHandler.http_error_401`."""
        challenge = digest_challenge(headers.get_all("WWW-Authenticate", []))
        if challenge is None or req.has_header("Authorization"):
            return None
        chosen = HTTPMessage()
        chosen["WWW-Authenticate"] = challenge
        return super().http_error_401(req, fp, code, msg, chosen)

    def get_algorithm_impls(self, algorithm: str) -> tuple[Callable[[str], str], Callable[[str, str], str]]:
        """The two functions of RFC 7616, section 3.3: H, and KD of a secret and data."""
        made = _HASHES[algorithm.upper()]

        def hashed(text: str) -> str:
            return made(text.encode("latin-1"), usedforsecurity=False).hexdigest()

        return hashed, lambda secret, data: hashed(f"{secret}:{data}")


class _Basic(urllib.request.HTTPBasicAuthHandler):
    def http_error_401(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        """See `HTTPBasicAuthHandler.http_error_401`."""
        lines = headers.get_all("WWW-Authenticate", [])
        offered = [part for line in lines for part in _NEXT_CHALLENGE.split(line) if part.lower().startswith("basic")]
        if not offered or digest_challenge(lines) is not None or req.has_header("Authorization"):
            return None
        chosen = HTTPMessage()
        chosen["WWW-Authenticate"] = offered[0]
        return super().http_error_401(req, fp, code, msg, chosen)


def _as_latin_1(text: str) -> str:
    return text.encode().decode("latin-1")
