"""A network camera on HTTP: an MJPEG stream that is drained, or an address that gives one picture for each request.

Owns: telling the two apart, knowing a picture again, and each failure of an answer in words.
Does not own: the requests (`http_get`), the stream's pictures and their own times (`mjpeg_stream`), whether a JPEG is
sound (`check`), what is too old (the worker).
Invariant: the camera's own JPEGs come through byte for byte, damaged ones too. A picture's own time is the earliest
that it may have been taken, as far as can be known (`arrival`): a JPEG that comes again keeps the time at which it came
first, so that a frozen camera's picture is never taken for a fresh one.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse

import simplejpeg

from capture_worker.cameras.base import Drained, Frame, Opened, always
from capture_worker.cameras.flow import PIECE_BYTES, flow_of
from capture_worker.cameras.http_get import TIMEOUT_S, HttpGet
from capture_worker.cameras.mjpeg_stream import MjpegStream, Picture
from capture_worker.cameras.multipart import LONGEST_PICTURE_BYTES, NotMultipart, boundary_of
from capture_worker.cameras.reach import LOOK_AT_PATH, Address, connect, preload
from capture_worker.cameras.sign_in import address_of
from shared.clock import Clock, both
from shared.config.model import CameraConfig
from shared.errors import CameraError

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
        self._stream: MjpegStream | None = None
        self._jpeg = b""
        self._kept = Drained(0, 0)

    def preload(self) -> None:
        """See `PreloadingCamera.preload`."""
        preload()

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
        self._address = address_of(self._config)
        numeric = connect(self._address)
        self._get = HttpGet(self._address, tls_verify=self._config.tls_verify)
        answer = self._answer = self._get.ask()
        boundary = boundary_of(answer.getheader("Content-Type", ""))
        if boundary is None:
            self._open_single(answer)
        else:
            self._open_stream(answer, boundary)
        return Opened(
            driver=self._address.scheme,
            model="network camera",
            detail=self._describe(),
            address=numeric,
            period_ns=0 if self._stream is None else self._stream.period_ns,
            streams=self._stream is not None,
        )

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`."""
        if self._stream is None:
            raise CameraError("the stream is closed")
        with self._failures():
            self._expect()
            picture = self._stream.next(wanted_from_ns)
        if picture.jpeg is None:
            return self._drained(picture.own_mono_ns, is_kept=False)
        self._note(picture)
        return self._kept

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        return Frame(self._kept.own_wall_ns, self._kept.own_mono_ns, jpeg=self._jpeg)

    def shoot(self, slot_ns: int) -> Frame:  # noqa: ARG002 - the camera knows no slots
        """See `ShootingCamera.shoot`. The own time is that of the arrival: the camera does not tell a better one."""
        assert self._get is not None, "shot before it was opened"
        with self._get.ask() as answer:
            self._take_single(answer)
        return self.take()

    def close(self) -> None:
        """See `Camera.close`."""
        self._stream = None
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def _open_stream(self, answer: HTTPResponse, boundary: bytes) -> None:
        assert self._get is not None, "asked before"
        with self._failures():
            self._expect()
            self._stream = MjpegStream(flow_of(answer, self._get.deadline, self._clock), boundary, self._clock)
            self._stream.settle(self._note, self._expect)

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
        pieces, size = [], 0
        with self._failures():
            self._expect()
            while piece := answer.read1(PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > LONGEST_PICTURE_BYTES:
                    raise self._failure(f"the picture does not end within {size >> 20} MB; {LOOK_AT_PATH}")
        self._note(Picture(b"".join(pieces), self._clock.mono_ns()))

    def _note(self, picture: Picture) -> None:
        """Take over a picture and its time, unless it is the one before it once more."""
        if picture.jpeg is not None and picture.jpeg != self._jpeg:
            self._jpeg, self._kept = picture.jpeg, self._drained(picture.own_mono_ns)

    def _drained(self, own_mono_ns: int, *, is_kept: bool = True) -> Drained:
        """With the wall time that both clocks of now make of it."""
        wall_ns, mono_ns = both(self._clock)
        return Drained(wall_ns - (mono_ns - own_mono_ns), own_mono_ns, is_kept)

    def _expect(self) -> None:
        assert self._get is not None, "read before it was opened"
        self._get.deadline.until_s = time.monotonic() + TIMEOUT_S

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What reading an answer may end on, as `CameraError` with what to do."""
        try:
            yield
        except TimeoutError:
            raise self._failure(
                f"no picture for {TIMEOUT_S:g} s; the camera has stalled or was cut off: check its power and network "
                f"(a camera slower than a frame in {TIMEOUT_S:g} s is not supported)"
            ) from None
        except (EOFError, http.client.HTTPException):
            raise self._failure("the stream ended; the camera may have been restarted or be busy") from None
        except NotMultipart as error:
            raise self._failure(f"this is no MJPEG stream: {error}; {LOOK_AT_PATH}") from None
        except OSError as error:
            raise self._failure(
                f"the connection broke ({error.strerror or error}); check the network and the camera"
            ) from None

    def _describe(self) -> str:
        what = "JPEG a request" if self._stream is None else "MJPEG stream"
        try:
            height, width, _, _ = simplejpeg.decode_jpeg_header(self._jpeg)
        except (ValueError, KeyError):
            return what
        return f"{width}x{height} {what}"

    def _failure(self, words: str) -> CameraError:
        assert self._address is not None, "used before it was opened"
        return CameraError(f"{self._address.shown}: {words}")
