"""Where a network camera is, and why it can't be opened, in words: ffmpeg says no more than that it could not.

Owns: the parts of an address, the plain TCP connection before a stream is opened, the question in RTSP after that
failed, and what answers mean. Does not own: the stream, and requests over HTTP (`http_get`).
Invariant: no message holds a password; nothing here blocks longer than its time-outs (looking up a name may).
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from capture_worker.cameras.dial import dial
from shared.config.redact import redact_url
from shared.errors import AbsentError, CameraError

CONNECT_TIMEOUT_S = 3.0
"""A camera in the same house answers within milliseconds; a lost SYN is sent again after 1 s."""
ASK_TIMEOUT_S = 2.0
_LONGEST_ANSWER = 65_536

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
_SENT_AS_THEY_ARE = "/?&=%:;@!$'()*+,~-._[]"
_LOOK_AT_LOGIN = "see that user and password stand in the address, as in rtsp://user:password@host, and are right"
LOOK_AT_PATH = "look up the stream's path in the camera's manual"


class Address(NamedTuple):
    """The parts of a stream's address; `shown` is all of it without its password, `url` all of it with everything."""

    scheme: str
    host: str
    port: int
    target: str
    credentials: str | None
    shown: str
    url: str = ""

    @property
    def plain(self) -> str:
        """The address without its credentials, fit to be sent."""
        return self.root.removesuffix("/") + quote(self.target, safe=_SENT_AS_THEY_ARE)

    @property
    def root(self) -> str:
        """The camera itself: what its login is for, whatever the path."""
        return f"{self.scheme}://{_host(self)}:{self.port}/"


def parse(url: str, shown: str | None = None) -> Address:
    """The parts of `url`. Raises `CameraError` where it can't be an address.

    `shown` is what messages show of it; unless given, `url` without its password.
    """
    shown = redact_url(url) if shown is None else shown
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
    return Address(parts.scheme.lower(), parts.hostname, port, _target(parts), _credentials(parts), shown, url)


def preload() -> None:
    """Load what looking up a host by its name loads late."""
    "".encode("idna")


def connect(address: Address) -> str:
    """Connect once and hang up; return the numeric "host:port" that answered.

    Blocks up to 3 s for each of the host's addresses, and for looking it up. Raises `CameraError` with what to do,
    `AbsentError` where nobody answers.
    """
    try:
        with dial(address.host, address.port, CONNECT_TIMEOUT_S) as connection:
            host, port = connection.getpeername()[:2]
    except (OSError, UnicodeError) as error:
        raise unreachable(address, error, CONNECT_TIMEOUT_S) from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def unreachable(address: Address, error: OSError | UnicodeError, within_s: float) -> CameraError:
    """The error that says what it means that no connection to the camera could be made, and what to do."""
    if isinstance(error, socket.gaierror | UnicodeError):
        # UnicodeError: what can't be a name at all, such as one of 64 characters without a dot.
        return CameraError(f"{address.shown}: the host is unknown; check its name, or use its number")
    return AbsentError(f"{address.shown}: {_why_absent(address, error, within_s)}")


def _why_absent(address: Address, error: OSError, within_s: float) -> str:
    match error:
        case ConnectionRefusedError():
            return (
                f"connection refused; nothing listens on port {address.port}: is the camera still starting, and is "
                "the port right?"
            )
        case TimeoutError():
            return f"no answer within {within_s:g} s; is the camera switched on and in this network?"
    return f"can't be reached ({error.strerror}); check this machine's network and the address"


def explain(address: Address) -> str:
    """What is wrong with a stream that ffmpeg could not open, and what to do. Blocks up to 2 s. Raises nothing."""
    try:
        found = _ask_rtsp(address)
    except TimeoutError:
        found = "it accepts the connection but does not answer; restart the camera"
    except (OSError, ValueError):
        found = f"it does not answer as an {address.scheme} camera should; check the address's beginning and port"
    return f"{address.shown}: {found}"


def _ask_rtsp(address: Address) -> str:
    """DESCRIBE without credentials; RTSP's answer looks like HTTP's."""
    target = f"{address.scheme}://{_host(address)}:{address.port}{address.target}"
    status = _ask(address, [f"DESCRIBE {target} RTSP/1.0", "CSeq: 1"])
    return judge(status) or "it describes a stream, but not one that can be read here; try H.264 or MJPEG"


def _ask(address: Address, lines: list[str]) -> int:
    """Ask, and return the answer's status.

    Raises TimeoutError where it has not come whole within 2 s, in however many pieces, and ValueError where it is none.
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
    version, status = answer.partition(b"\r\n")[0].split(None, 2)[:2]
    if not version.startswith(b"RTSP/"):
        raise ValueError("not RTSP")
    return int(status)


def _connection(address: Address) -> socket.socket:
    """Any certificate will do for a question without a password, whose answer only explains a failure."""
    connection = socket.create_connection((address.host, address.port), timeout=ASK_TIMEOUT_S)
    if address.scheme != "rtsps":
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=address.host)


def judge(status: int) -> str | None:
    """What the status of an answer means, where it means a failure."""
    if status in {401, 403}:
        return f"the camera refuses access ({status}); {_LOOK_AT_LOGIN}"
    if status == 404:
        return f"the camera has no such path (404); {LOOK_AT_PATH}"
    if status in {453, 503}:
        return f"the camera is busy ({status}); close other programs that watch it"
    if status >= 300:
        return f"the camera answers {status}; {LOOK_AT_PATH}"
    return None


def _host(address: Address) -> str:
    return f"[{address.host}]" if ":" in address.host else address.host


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _credentials(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"
