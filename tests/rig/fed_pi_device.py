"""A Pi camera's device that gives what the test hands it: for everything that `PiCamera` decides, without picamera2.

Owns: frames on a clock that the test moves, and a record of what was done to it. Does not own: any decision.
Invariant: time passes only in `request`, by as much as the frame takes that comes. One that never comes takes the whole
time-out, and raises as the real device does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import numpy as np

from capture_worker.cameras.pi_controls import Advertised
from capture_worker.cameras.pi_device import Layout, PiDevice, Request
from capture_worker.cameras.pi_dng import RawPicture
from capture_worker.cameras.pi_library import Found
from capture_worker.cameras.pi_opening import Connected
from shared.clock import NS_PER_S, NS_PER_US
from shared.config.model import CameraConfig
from shared.errors import CameraError
from tests.rig.manual_clock import ManualClock

SIZE, STRIDE = (64, 48), 64
FOUND = Found(0, "/base/soc/i2c0mux/i2c@1/imx219@10", "imx219")
SETTLED = {"AeState": 2, "ExposureTime": 10_000, "AnalogueGain": 1.0, "FrameDuration": 50_000}


class Coming(NamedTuple):
    """A frame: how long after it is waited for it comes, how long after that moment it began, and its metadata."""

    after_s: float = 0.06
    began_s: float = 0.01
    metadata: Mapping[str, Any] = SETTLED


class FedPiDevice:
    """Fits what `PiCamera` asks of a `PiDevice`. `coming` are the next frames; when there are none, it is steady."""

    def __init__(self, clock: ManualClock) -> None:
        self.coming: list[Coming | CameraError | None] = []
        self.done: list[str] = []
        self.controls: dict[str, Any] = {}
        self.stamp_ahead_ns = 0
        self.asked_from_ns: list[int] = []
        self.stalled: CameraError | None = None
        self.platform = "vc4"
        self.picture = (SIZE, STRIDE)
        self.advertised = {
            "ExposureTime": Advertised("int", 75, 20_000_000, 20000),
            "AnalogueGain": Advertised("float", 1.0, 10.0, 1.0),
            "ColourGains": Advertised("float", 0.0, 32.0, count=2),
            "FrameDurationLimits": Advertised("int", 47_183, 20_000_000, count=2),
            "AeEnable": Advertised("bool", False, True, True),
            "HdrMode": Advertised("int", 0, 4, 0),
        }
        self._clock = clock

    def connect(self, config: CameraConfig, tuning: str | None, layout: Layout | None, where: str) -> Connected:
        """What `PiCamera` is given instead of `pi_opening.connect`."""
        assert where
        self.done.append(f"connect {tuning}" if tuning else "connect")
        self._clock.advance(0.5)
        chosen = layout or Layout(config.resolution, (3280, 2464), (False, False), 3, config.raw)
        return Connected(cast("PiDevice", self), FOUND, chosen)

    def start(self, controls: Mapping[str, Any]) -> None:
        """See `PiDevice.start`."""
        self.done.append("start")
        self.controls = dict(controls)

    def restart(self, controls: Mapping[str, Any]) -> None:
        """See `PiDevice.restart`."""
        self.done.append("restart")
        self.controls = dict(controls)

    def set(self, controls: Mapping[str, Any]) -> None:
        """See `PiDevice.set`."""
        self.done.append("set")
        self.controls |= controls

    def close(self) -> None:
        """See `PiDevice.close`."""
        self.done.append("close")

    def check(self, longest_s: float) -> None:
        """See `PiDevice.check`."""
        self.done.append(f"check {longest_s:.2f}")
        if self.stalled is not None:
            raise self.stalled

    @contextmanager
    def request(self, timeout_s: float, not_before_stamp_ns: int = 0) -> Iterator[Request]:
        """See `PiDevice.request`. What began too early is not held back: the camera has to look itself."""
        self.asked_from_ns.append(not_before_stamp_ns)
        frame = self.coming.pop(0) if self.coming else Coming()
        if isinstance(frame, CameraError):
            raise frame
        if frame is None:
            self._clock.advance(timeout_s)
            raise CameraError(f"no picture for {timeout_s:.1f} s")
        began_ns = self._clock.mono_ns() + round(frame.began_s * NS_PER_S)
        self._clock.advance(frame.after_s)
        exposed_ns = int(frame.metadata.get("ExposureTime", 0)) * NS_PER_US
        stamp = {"SensorTimestamp": began_ns + exposed_ns + self.stamp_ahead_ns}
        yield Request({**frame.metadata, **stamp}, _Buffers())

    @contextmanager
    def raw(self, request: Request) -> Iterator[RawPicture]:
        """See `PiDevice.raw`."""
        assert request
        yield RawPicture(np.zeros(2 * SIZE[0] * SIZE[1], np.uint8), SIZE, 2 * SIZE[0], "SRGGB10")


class _Buffers:
    def make_buffer(self, stream: str) -> Any:
        assert stream == "main"
        return np.full(STRIDE * SIZE[1] * 3 // 2, 7, np.uint8)
