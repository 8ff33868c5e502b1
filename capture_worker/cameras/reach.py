"""Why a network camera can't be opened, in words: ffmpeg says no more than that it could not.

Owns: the plain TCP connection before a stream is opened, and the question in the camera's own protocol after it failed.
Does not own: the stream.
Invariant: no message holds a password; nothing here blocks longer than its time-outs (looking up a name may).
"""

from __future__ import annotations

import base64
import http.client
import io
import socket
import ssl
import time
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from shared.config.redact import redact_url
from shared.errors import CameraError

CONNECT_TIMEOUT_S = 3.0
"""A camera in the same house answers within milliseconds; a lost SYN is sent again after 1 s."""
ASK_TIMEOUT_S = 2.0
_LONGEST_ANSWER = 65_536

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
_LOOK_AT_LOGIN = "see that user and password stand in the address, as in rtsp://user:password@host, and are right"
_LOOK_AT_PATH = "look up the stream's path in the camera's manual"


class Address(NamedTuple):
    """The parts of a stream's address. `shown` is the whole address without its password."""

    scheme: str
    host: str
    port: int
    target: str
    credentials: str | None
    shown: str


def parse(url: str) -> Address:
    """The parts of `url`. Raises `CameraError` where it can't be an address."""
    shown = redact_url(url)
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme.lower()]
    except (ValueError, KeyError):
        # Not chained: the ValueError quotes what it takes for the port, which may be a piece of a password.
        raise CameraError(
            f"{shown}: this is no address of a stream; in a password write %2F for /, %3F for ?, %23 for #, %40 for @"
        ) from None
    if not parts.hostname:
        raise CameraError(f"{shown}: the address names no host; write http://HOST[:PORT]/PATH or rtsp://...")
    return Address(parts.scheme.lower(), parts.hostname, port, _target(parts), _credentials(parts), shown)


def connect(address: Address) -> str:
    """Connect once and hang up; return the numeric "host:port" that answered.

    Blocks up to 3 s for each of the host's addresses, and for looking it up. Raises `CameraError` with what to do.
    """
    try:
        with socket.create_connection((address.host, address.port), timeout=CONNECT_TIMEOUT_S) as connection:
            host, port = connection.getpeername()[:2]
    except (socket.gaierror, UnicodeError):
        # UnicodeError: what can't be a name at all, such as one of 64 characters without a dot.
        raise CameraError(f"{address.shown}: the host is unknown; check its name, or use its number") from None
    except ConnectionRefusedError:
        raise CameraError(
            f"{address.shown}: connection refused; nothing listens on port {address.port}: is the camera still "
            "starting, and is the port right?"
        ) from None
    except TimeoutError:
        raise CameraError(
            f"{address.shown}: no answer within {CONNECT_TIMEOUT_S:g} s; is the camera switched on and in this network?"
        ) from None
    except OSError as error:
        raise CameraError(
            f"{address.shown}: can't be reached ({error.strerror}); check this machine's network and the address"
        ) from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def explain(address: Address) -> str:
    """What is wrong with a stream that ffmpeg could not open, and what to do. Blocks up to 2 s. Raises nothing."""
    try:
        found = _ask_rtsp(address) if address.scheme.startswith("rtsp") else _ask_http(address)
    except TimeoutError:
        found = "it accepts the connection but does not answer; restart the camera"
    except (OSError, http.client.HTTPException, ValueError):
        found = f"it does not answer as an {address.scheme} camera should; check the address's beginning and port"
    return f"{address.shown}: {found}"


def _ask_http(address: Address) -> str:
    lines = [f"GET {address.target} HTTP/1.1", f"Host: {_host(address)}:{address.port}", "Connection: close"]
    status, headers = _ask(address, "HTTP", [*lines, *_authorization(address)])
    return _judge(status) or _judge_content(headers.get("Content-Type", ""))


def _ask_rtsp(address: Address) -> str:
    """DESCRIBE without credentials; RTSP's answer looks like HTTP's."""
    target = f"rtsp://{_host(address)}:{address.port}{address.target}"
    status, _ = _ask(address, "RTSP", [f"DESCRIBE {target} RTSP/1.0", "CSeq: 1"])
    return _judge(status) or "it describes a stream, but not one that can be read here; try H.264 or MJPEG"


def _ask(address: Address, protocol: str, lines: list[str]) -> tuple[int, http.client.HTTPMessage]:
    """Ask, and return the answer's status and headers.

    Raises TimeoutError where it has not come whole within 2 s, in however many pieces, and ValueError or HTTPException
    where it is none.
    """
    until_s = time.monotonic() + ASK_TIMEOUT_S
    answer = b""
    with _connection(address) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            # A time-out counts from each piece anew; a camera that drips would never meet it.
            connection.settimeout(left_s)
            piece = connection.recv(4096)
            if not piece:
                break
            answer += piece
    first, _, rest = answer.partition(b"\r\n")
    version, status = first.split(None, 2)[:2]
    if not version.startswith(protocol.encode() + b"/"):
        raise ValueError(f"not {protocol}")
    return int(status), http.client.parse_headers(io.BytesIO(rest))


def _connection(address: Address) -> socket.socket:
    connection = socket.create_connection((address.host, address.port), timeout=ASK_TIMEOUT_S)
    if address.scheme != "https":
        return connection
    return _any_certificate().wrap_socket(connection, server_hostname=address.host)


def _judge(status: int) -> str | None:
    """What the status of an answer means, where it means a failure."""
    if status in {401, 403}:
        return f"the camera refuses access ({status}); {_LOOK_AT_LOGIN}"
    if status == 404:
        return f"the camera has no such path (404); {_LOOK_AT_PATH}"
    if status in {453, 503}:
        return f"the camera is busy ({status}); close other programs that watch it"
    if status >= 300:
        return f"the camera answers {status}; {_LOOK_AT_PATH}"
    return None


def _judge_content(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "image/jpeg":
        return "this address gives a single picture; only streams are supported in this version; " + _LOOK_AT_PATH
    if kind.startswith("text/"):
        return f"this is a page ({kind}), not a stream; {_LOOK_AT_PATH}"
    if kind.startswith("multipart/"):
        return "the stream was accepted, but no picture came; restart the camera"
    return f"this is not a stream that can be read here (content type {kind[:40] or 'not given'!r}); {_LOOK_AT_PATH}"


def _host(address: Address) -> str:
    return f"[{address.host}]" if ":" in address.host else address.host


def _authorization(address: Address) -> list[str]:
    if address.credentials is None:
        return []
    return ["Authorization: Basic " + base64.b64encode(address.credentials.encode()).decode("ascii")]


def _any_certificate() -> ssl.SSLContext:
    """Cameras sign their own certificates; ffmpeg does not verify them either."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _credentials(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"
