"""One GET of a camera's address: login, redirects, certificates, and each failure in words.

Owns: the request, and what its failure means. Does not own: what the answer holds, nor when it is read.
Invariant: a password goes to the host that it was given for, and to no other; certificates are verified unless the
configuration says otherwise; no proxy is asked, since cameras are near; no message holds a password.

Python's own HTTP client does it: the camera's bytes come through as they are, and a process that needs it alone is
half the size of one that has OpenCV loaded (docs/decisions/0005).
"""

from __future__ import annotations

import functools
import http.client
import ssl
import time
import urllib.request
from http.client import HTTPResponse
from urllib.error import HTTPError, URLError

from capture_worker.cameras.login import handlers
from capture_worker.cameras.reach import Address, judge, unreachable
from capture_worker.cameras.rtsps import CERTIFICATE_ADVICE
from capture_worker.cameras.timed_socket import Deadline, TimedConnection, TimedTlsConnection, tls_context
from shared.errors import CameraError
from shared.version import VERSION

TIMEOUT_S = 4.0
"""Without a byte for so long, an answer counts as given up. An unplugged camera is known by this alone."""
_ASK_S = 8.0
"""For the head of an answer, with the redirects and the login before it."""

_NO_HTTP = "it does not answer as an http camera should; check the address's beginning and port"


class HttpGet:
    """Asks one address, again and again. A new connection each time: a camera that was away leaves nothing behind.

    What is read of an answer raises TimeoutError at `deadline`, which the reader moves on.
    """

    def __init__(self, address: Address, *, tls_verify: bool) -> None:
        self._address = address
        self.deadline = Deadline(TIMEOUT_S)
        self._opener = _opener(address, self.deadline, tls_verify=tls_verify)

    def ask(self) -> HTTPResponse:
        """The answer, its head read and its status good; the caller closes it.

        Blocks up to 8 s, and up to 4 s for each packet. Raises `CameraError` with what to do, `AbsentError` where
        nobody answers.
        """
        self.deadline.until_s = time.monotonic() + _ASK_S
        try:
            answer = self._opener.open(self._request(), timeout=TIMEOUT_S)
        except HTTPError as error:
            error.close()
            raise self._failure(judge(error.code) or f"the camera answers {error.code}") from None
        except URLError as error:
            raise self._not_asked(error.reason) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._failure(_why_not_answered(error)) from None
        assert isinstance(answer, HTTPResponse), "only http and https are opened"
        return answer

    def _request(self) -> urllib.request.Request:
        # A new one each time: the client notes in it how it signed in, and a camera takes each such note but once.
        headers = {"User-Agent": f"timelapse/{VERSION}", "Accept": "*/*"}
        # `reach.parse` lets http and https through alone.
        return urllib.request.Request(self._address.plain, headers=headers)  # noqa: S310

    def _failure(self, words: str) -> CameraError:
        return CameraError(f"{self._address.shown}: {words}")

    def _not_asked(self, reason: BaseException | str) -> CameraError:
        """The error that says what it means that no connection was made on which to ask."""
        match reason:
            case ssl.SSLCertVerificationError():
                return self._failure(
                    f"its certificate can't be verified ({reason.verify_message}); {CERTIFICATE_ADVICE}"
                )
            case ssl.SSLError():
                return self._failure(
                    f"it does not speak TLS on this port, or one that is too old ({reason.reason or reason}); try "
                    "http:// instead of https://, or another port"
                )
            case OSError():
                return unreachable(self._address, reason, TIMEOUT_S)
        return self._failure(_NO_HTTP)


def _why_not_answered(error: Exception) -> str:
    """What it means that a question was asked and no answer came."""
    if isinstance(error, TimeoutError):
        return "it accepts the connection but does not answer; restart the camera"
    if isinstance(error, OSError) and not isinstance(error, http.client.HTTPException):
        return f"the connection failed ({error.strerror or error}); check the network and the camera"
    return _NO_HTTP


def _opener(address: Address, deadline: Deadline, *, tls_verify: bool) -> urllib.request.OpenerDirector:
    """What it takes and no more: of the standard opener's handlers some would ask proxies, or read files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        _TimedHttp(deadline),
        _TimedHttps(deadline, tls_verify=tls_verify),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        *(handlers(address.root, address.credentials) if address.credentials is not None else ()),
    ):
        opener.add_handler(handler)
    return opener


class _TimedHttp(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """See `HTTPHandler.http_open`."""
        return self.do_open(functools.partial(TimedConnection, self._deadline), req)


class _TimedHttps(urllib.request.HTTPSHandler):
    """Makes its TLS context when the first https address is asked: it costs something."""

    def __init__(self, deadline: Deadline, *, tls_verify: bool) -> None:
        urllib.request.AbstractHTTPHandler.__init__(self)
        self._deadline = deadline
        self._tls_verify = tls_verify
        self._made: ssl.SSLContext | None = None

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """See `HTTPSHandler.https_open`."""
        self._made = self._made or tls_context(verify=self._tls_verify)
        return self.do_open(functools.partial(TimedTlsConnection, self._deadline), req, context=self._made)
