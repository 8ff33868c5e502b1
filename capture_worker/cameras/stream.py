"""A network camera that speaks RTSP, over TCP, read through OpenCV's ffmpeg.

Owns: opening the stream, reading it without falling behind, and each frame's own time.
Does not own: whether a JPEG is sound (`check`), what is too old (the worker), why a camera is out of reach (`reach`).
Invariant: an MJPEG camera's own JPEGs come through byte for byte, damaged ones too; everything else comes as pixels.
A frame's own time is the earliest that it may have been taken, as far as can be known (`arrival`): a JPEG that comes
again keeps the time at which it came first, so that a frozen camera's picture is never taken for a fresh one.

Where the camera changes its size in the middle of a stream, JPEGs come as they are; pixels OpenCV scales to the size
that the stream began with, and tells nobody, until it is opened anew. Most cameras end the stream by themselves then.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from capture_worker.cameras import rtsps
from capture_worker.cameras.arrival import LIKELY_PERIOD_NS, Arrivals, Pace, is_settled
from capture_worker.cameras.base import Drained, Frame, Image, Opened, always
from capture_worker.cameras.reach import Address, connect, explain, preload
from capture_worker.cameras.sign_in import address_of
from shared.clock import Clock, both
from shared.config.model import CameraConfig
from shared.errors import CameraError

OPEN_TIMEOUT_S = 5.0
"""RTSP needs a key frame before its size is known: cameras send one each 1 to 4 s."""
READ_TIMEOUT_S = 4.0
"""An unplugged camera is known by this alone. Longer than the slowest frame rate and a Wi-Fi hiccup."""

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_RAW = -1


class StreamCamera:
    """A `StreamingCamera` at `config.source`. The camera sets the resolution, not the configuration."""

    def __init__(self, config: CameraConfig, clock: Clock) -> None:
        self._config = config
        self._tls_verify = config.tls_verify
        self._clock = clock
        self._capture: cv2.VideoCapture | None = None
        self._shown = ""
        self._raw = False
        self._jpeg = b""
        self._arrivals = Arrivals(LIKELY_PERIOD_NS)
        self._own = (0, 0)

    def preload(self) -> None:
        """See `PreloadingCamera.preload`."""
        preload()

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return READ_TIMEOUT_S

    def open(self) -> Opened:
        """See `Camera.open`."""
        address = address_of(self._config)
        self._shown = address.shown
        numeric = connect(address)
        if address.scheme == "rtsps" and self._tls_verify:
            rtsps.verify(address)
        capture = self._capture = cv2.VideoCapture(address.url, cv2.CAP_FFMPEG, _parameters())
        if not capture.isOpened():
            raise CameraError(explain(address))
        # Raw packets can be asked for until the first frame is read: by then the codec is known.
        self._raw = int(capture.get(cv2.CAP_PROP_FOURCC)) == _MJPG and capture.set(cv2.CAP_PROP_FORMAT, _RAW)
        self._settle()
        return self._describe(address, numeric)

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:  # noqa: ARG002 - ffmpeg reads all
        """See `StreamingCamera.drain`. Pixels are not compared: a frozen camera that sends H.264 is not noticed."""
        self._grab()
        wall_ns, mono_ns = both(self._clock)
        lag_ns = self._arrivals.lag_ns(mono_ns, self._stamp_ms())
        if self._comes_again():
            return Drained(*self._own)
        if not self._raw:
            # ffmpeg knows that a frame of H.264 is whole only when the next one begins.
            lag_ns += self._arrivals.period_ns
        # A lag that turns out smaller must not make time run backwards.
        lag_ns = min(lag_ns, max(0, mono_ns - self._own[1] - 1))
        self._own = (wall_ns - lag_ns, mono_ns - lag_ns)
        return Drained(*self._own)

    def take(self) -> Frame:
        """See `StreamingCamera.take`. Decodes nothing of an MJPEG stream."""
        if self._raw:
            return Frame(*self._own, jpeg=self._jpeg)
        pixels = self._retrieve()
        if pixels is None:
            raise CameraError(f"{self._shown}: a frame of the stream can't be decoded; restart the camera")
        return Frame(*self._own, image=pixels)

    def close(self) -> None:
        """See `Camera.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _grab(self) -> None:
        """Wait for the next frame. Raises `CameraError` where none comes within the read time-out."""
        if self._capture is None:
            raise CameraError(f"{self._shown}: the stream is closed")
        began_s = time.monotonic()
        if self._capture.grab():
            return
        if time.monotonic() - began_s < 0.9 * READ_TIMEOUT_S:
            raise CameraError(f"{self._shown}: the stream ended; the camera may have been restarted or be busy")
        raise CameraError(
            f"{self._shown}: no picture for {READ_TIMEOUT_S:g} s; the camera has stalled or was cut off: check its "
            "power and network (a camera slower than a frame in 4 s is not supported)"
        )

    def _comes_again(self) -> bool:
        """Whether the frame that was just read is the one before it once more, byte for byte."""
        if not self._raw:
            return False
        packet = self._retrieve()
        # OpenCV gives no packet of no bytes, which some cameras send when they are short of memory.
        before, self._jpeg = self._jpeg, b"" if packet is None else packet.tobytes()
        return before == self._jpeg

    def _retrieve(self) -> Image | None:
        assert self._capture is not None, "take before open"
        done, picture = self._capture.retrieve()
        return np.asarray(picture, np.uint8) if done and picture is not None else None

    def _stamp_ms(self) -> float:
        """The frame's stamp, the camera's own."""
        assert self._capture is not None, "grab before open"
        return self._capture.get(cv2.CAP_PROP_POS_MSEC)

    def _settle(self) -> None:
        """Drop what was read while opening, which is old by now, and get to know the frame rate."""
        wall_ns, began_ns = both(self._clock)
        if self._raw:
            self._own = (wall_ns, began_ns)
        pace = Pace()
        while not is_settled(pace, self._clock.mono_ns() - began_ns):
            self._grab()
            pace.add(self._clock.mono_ns(), self._stamp_ms())
            if self._raw and not self._comes_again():
                self._own = both(self._clock)
        self._arrivals = Arrivals(pace.period_ns)

    def _describe(self, address: Address, numeric: str) -> Opened:
        assert self._capture is not None, "described before open"
        width, height = (int(self._capture.get(each)) for each in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        codec = int(self._capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("ascii", "replace").strip()
        return Opened(
            driver=address.scheme,
            # Not the address: it goes into every picture, and pictures are published.
            model="network camera",
            detail=f"{width}x{height} {codec}",
            address=numeric,
            period_ns=self._arrivals.period_ns,
            streams=True,
        )


def _parameters() -> list[int]:
    """Time-outs in milliseconds; one decoding thread, since each more holds back one more frame."""
    return [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        round(OPEN_TIMEOUT_S * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        round(READ_TIMEOUT_S * 1000),
        cv2.CAP_PROP_N_THREADS,
        1,
    ]
