"""A network camera on HTTP: an MJPEG stream that is drained, or an address that gives one picture for each request.

Owns: telling the two apart, reading them without falling behind, and each picture's own time.
Does not own: the requests (`http_get`), the form of the stream (`multipart`), whether a JPEG is sound (`check`), what
is too old (the worker).
Invariant: the camera's own JPEGs come through byte for byte, damaged ones too. A picture's own time is the earliest
that it may have been taken, as far as can be known (`arrival`): a JPEG that comes again keeps the time at which it came
first, so that a frozen camera's picture is never taken for a fresh one.
"""

from __future__ import annotations

import http.client
import time
from collections import deque
from http.client import HTTPResponse

import simplejpeg

from capture_worker.cameras.arrival import LIKELY_PERIOD_NS, Arrivals, Pace, is_settled
from capture_worker.cameras.base import Frame, Opened
from capture_worker.cameras.http_get import TIMEOUT_S, HttpGet
from capture_worker.cameras.multipart import LONGEST_PICTURE_BYTES, Multipart, NotMultipart, boundary_of
from capture_worker.cameras.reach import LOOK_AT_PATH, Address, connect, parse
from shared.clock import Clock
from shared.config.model import CameraConfig
from shared.errors import CameraError

_PIECE_BYTES = 256 << 10
_SHOOT_S = 12.0
"""The head of the answer, with a login before it, and the picture."""


class HttpCamera:
    """A `StreamingCamera` or a `ShootingCamera` at `config.source`, as `open` finds. The camera sets the resolution."""

    def __init__(self, config: CameraConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._address: Address | None = None
        self._get: HttpGet | None = None
        self._answer: HTTPResponse | None = None
        self._parts = Multipart(b"--")
        self._waiting: deque[bytes] = deque()
        self._jpeg = b""
        self._arrivals = Arrivals(LIKELY_PERIOD_NS)
        self._own = (0, 0)

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return TIMEOUT_S

    @property
    def exposure_s(self) -> float:
        """See `ShootingCamera.exposure_s`."""
        return _SHOOT_S

    def open(self) -> Opened:
        """See `Camera.open`."""
        self._address = parse(self._config.source)
        self._waiting.clear()
        numeric = connect(self._address)
        self._get = HttpGet(self._address, tls_verify=self._config.tls_verify)
        answer = self._answer = self._get.ask()
        boundary = boundary_of(answer.getheader("Content-Type", ""))
        if boundary is None:
            self._open_single(answer)
        else:
            self._parts = Multipart(boundary)
            self._settle()
        return Opened(
            driver=self._address.scheme,
            model="network camera",
            detail=self._describe(is_stream=boundary is not None),
            address=numeric,
            period_ns=self._arrivals.period_ns if boundary is not None else 0,
            streams=boundary is not None,
        )

    def drain(self) -> tuple[int, int]:
        """See `StreamingCamera.drain`."""
        before, self._jpeg = self._jpeg, self._next_picture()
        wall_ns, mono_ns = self._clock.wall_ns(), self._clock.mono_ns()
        lag_ns = self._arrivals.lag_ns(mono_ns, None)
        if self._jpeg != before:
            # A lag that turns out smaller must not make time run backwards.
            lag_ns = min(lag_ns, max(0, mono_ns - self._own[1] - 1))
            self._own = (wall_ns - lag_ns, mono_ns - lag_ns)
        return self._own

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        return Frame(*self._own, jpeg=self._jpeg)

    def shoot(self, slot_ns: int) -> Frame:  # noqa: ARG002 - the camera knows no slots
        """See `ShootingCamera.shoot`. The own time is that of the arrival: the camera does not tell a better one."""
        assert self._get is not None, "shot before it was opened"
        with self._get.ask() as answer:
            self._take_single(answer)
        return self.take()

    def close(self) -> None:
        """See `Camera.close`."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def _open_single(self, answer: HTTPResponse) -> None:
        with answer:
            kind = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
            if kind.startswith("text/"):
                raise self._failure(f"this is a page ({kind}), not a camera's pictures; {LOOK_AT_PATH}")
            if kind not in {"image/jpeg", "image/jpg"}:
                raise self._failure(
                    f"this is neither an MJPEG stream nor a JPEG (content type {kind[:40] or 'not given'!r}); "
                    f"{LOOK_AT_PATH}"
                )
            self._take_single(answer)

    def _take_single(self, answer: HTTPResponse) -> None:
        self._expect()
        pieces, size = [], 0
        while piece := self._read(answer):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST_PICTURE_BYTES:
                raise self._failure(f"the picture does not end within {size >> 20} MB; {LOOK_AT_PATH}")
        before, self._jpeg = self._jpeg, b"".join(pieces)
        if self._jpeg != before:
            self._own = (self._clock.wall_ns(), self._clock.mono_ns())

    def _next_picture(self) -> bytes:
        """Wait for the next one of the stream. Raises `CameraError` where none comes within the time-out."""
        if self._answer is None:
            raise CameraError("the stream is closed")
        self._expect()
        while not self._waiting:
            piece = self._read(self._answer)
            if not piece:
                raise self._failure("the stream ended; the camera may have been restarted or be busy")
            try:
                self._waiting += self._parts.feed(piece)
            except NotMultipart as error:
                raise self._failure(f"this is no MJPEG stream: {error}; {LOOK_AT_PATH}") from None
        return self._waiting.popleft()

    def _expect(self) -> None:
        assert self._get is not None, "read before it was opened"
        self._get.read_until(time.monotonic() + TIMEOUT_S)

    def _read(self, answer: HTTPResponse) -> bytes:
        """What has arrived, at least a byte; nothing at the end. Raises `CameraError` when the time is over."""
        try:
            return answer.read1(_PIECE_BYTES)
        except TimeoutError:
            raise self._failure(
                f"no picture for {TIMEOUT_S:g} s; the camera has stalled or was cut off: check its power and network "
                f"(a camera slower than a frame in {TIMEOUT_S:g} s is not supported)"
            ) from None
        except http.client.HTTPException:
            return b""
        except OSError as error:
            raise self._failure(
                f"the connection broke ({error.strerror or error}); check the network and the camera"
            ) from None

    def _settle(self) -> None:
        """Get to know the frame rate; what was made while it was opened is old by now."""
        began_ns = self._clock.mono_ns()
        pace = Pace()
        while not is_settled(pace, self._clock.mono_ns() - began_ns):
            before, self._jpeg = self._jpeg, self._next_picture()
            pace.add(self._clock.mono_ns(), None)
            if self._jpeg != before:
                self._own = (self._clock.wall_ns(), self._clock.mono_ns())
        self._arrivals = Arrivals(pace.period_ns)

    def _describe(self, *, is_stream: bool) -> str:
        what = "MJPEG stream" if is_stream else "JPEG a request"
        try:
            height, width, _, _ = simplejpeg.decode_jpeg_header(self._jpeg)
        except (ValueError, KeyError):
            return what
        return f"{width}x{height} {what}"

    def _failure(self, words: str) -> CameraError:
        assert self._address is not None, "used before it was opened"
        return CameraError(f"{self._address.shown}: {words}")
