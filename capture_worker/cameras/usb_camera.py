"""A camera of this machine: USB, or anything else that V4L2 gives pictures of.

Owns: opening it, keeping it drained, each frame's freshness, and every failure in words.
Does not own: the stream itself (`v4l2_stream`), the fence's file (`shared.fence`), whether a JPEG is sound (`check`).
Invariant: the camera's own JPEGs come through byte for byte. Nothing older than the opening and nothing seen before is
ever given for new; what the kernel calls damaged, and raw pixels that are too few, are a frame with nothing in it.

The fence is taken before the device is opened. A camera that has gone away is not waited for: this process ends, and
the next one opens it by the name that lasts.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from capture_worker.cameras import usb_failure, v4l2_nodes
from capture_worker.cameras.base import Drained, Exposure, Frame, Opened, Planes, always
from capture_worker.cameras.usb_exposure import UsbExposure
from capture_worker.cameras.usb_modes import JPEG_FORMATS, choose_format
from capture_worker.cameras.usb_pixels import picture_of
from capture_worker.cameras.usb_settings import apply_controls, warn_of_what_has_no_effect
from capture_worker.cameras.usb_stamps import Stamps
from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_stream import V4l2Stream
from capture_worker.cameras.v4l2_types import Capability, Layout
from shared import fence
from shared.clock import Clock, both
from shared.config.model import CameraConfig
from shared.errors import CameraError, ConfigError

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 4.0
"""Longer than the slowest frame rate of a camera in the dark. An unplugged one is known at once."""


class UsbCamera:
    """A `StreamingCamera` and an `AdjustableCamera` at `config.source`, a path below /dev."""

    def __init__(self, config: CameraConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._node = ""
        self._device: V4l2Device | None = None
        self._stream: V4l2Stream | None = None
        self._exposure: UsbExposure | None = None
        self._layout = Layout("", 0, 0)
        self._stamps = Stamps()
        self._period_ns = 0
        self._opened_ns = 0
        self._data = b""
        self._is_damaged = False
        self._kept = Drained(0, 0)

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return READ_TIMEOUT_S

    def open(self) -> Opened:
        """See `Camera.open`. Raises `BusyError` where another worker has this camera, however it is called there."""
        self._node = self._located()
        key = v4l2_nodes.key_of(self._node)
        fence.hold(fence.camera_fence_path(key), f"the camera {self._config.source}", inherit=True)
        with self._failures():
            self._device = device = V4l2Device(f"/dev/{self._node}")
            capability = device.capability()
            if not capability.is_camera:
                raise ConfigError(f"{self._where}: source: {self._config.source} ({capability.card}) gives no pictures")
            self._layout = self._agreed(device)
            self._period_ns = device.period_ns()
            self._set(device)
            self._stream = V4l2Stream(device)
            self._stream.start()
            # The first frame is often a bad one, and shows that there are any.
            self._opened_ns = self._clock.mono_ns()
            self.drain(_never)
        return self._describe(capability)

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`. A frame that comes again, byte for byte, keeps the time of its first coming."""
        with self._failures(is_streaming=True):
            stream = self._stream
            filled = None if stream is None else stream.next(READ_TIMEOUT_S)
            if stream is None or filled is None:
                raise self._stalled()
            own = self._stamps.own(filled.stamp_ns, *both(self._clock))
            is_wanted = own.own_mono_ns >= max(wanted_from_ns(), self._opened_ns)
            data = stream.copy(filled) if is_wanted else b""
            stream.give_back(filled.index)
        if not is_wanted:
            return own._replace(is_kept=False)
        if data != self._data or filled.is_damaged:
            self._data, self._kept, self._is_damaged = data, own, filled.is_damaged
        return self._kept

    def take(self) -> Frame:
        """See `StreamingCamera.take`. Raw pixels that are too few for a picture make a frame with nothing in it."""
        wall_ns, mono_ns, _ = self._kept
        if self._is_damaged:
            return Frame(wall_ns, mono_ns)
        if self._layout.fourcc in JPEG_FORMATS:
            return Frame(wall_ns, mono_ns, jpeg=self._data, exposure_us=self._exposure_us())
        picture = picture_of(np.frombuffer(self._data, np.uint8), self._layout)
        planes = picture if isinstance(picture, Planes) else None
        image = None if isinstance(picture, Planes) else picture
        return Frame(wall_ns, mono_ns, image=image, planes=planes, exposure_us=self._exposure_us())

    def set_exposure(self, exposure: Exposure) -> None:
        """See `AdjustableCamera.set_exposure`."""
        assert self._exposure is not None, "set before it was opened"
        with self._failures():
            self._exposure.set(exposure)

    def close(self) -> None:
        """See `Camera.close`. Blocks for 5 s where the camera answers nothing."""
        if self._stream is not None:
            self._stream.stop()
        if self._device is not None:
            self._device.close()
        self._stream = self._device = None

    @property
    def _where(self) -> str:
        return f"camera {self._config.name}"

    def _located(self) -> str:
        source = self._config.source
        try:
            node = v4l2_nodes.node_of(source)
        except ValueError as error:
            raise ConfigError(f"{self._where}: source: {source}: {error} (write /dev/video0)") from None
        if node is None:
            raise usb_failure.absent(source)
        return node

    def _agreed(self, device: V4l2Device) -> Layout:
        """The format that is in force, after it was asked for. A camera that answers nothing is known by it."""
        size = self._config.resolution
        wanted = choose_format(device.formats(), size, self._where)
        layout = device.set_layout(wanted.fourcc, size)
        if (layout.fourcc, (layout.width, layout.height)) != (wanted.fourcc, size):
            raise CameraError(
                f"{self._config.source}: the camera was asked for {size[0]}x{size[1]} {wanted.fourcc} and gives "
                f"{layout.width}x{layout.height} {layout.fourcc}; try another resolution"
            )
        return layout

    def _set(self, device: V4l2Device) -> None:
        controls = device.controls()
        self._exposure = UsbExposure(device, controls, self._config.exposure, self._config.controls)
        self._exposure.give_back()
        apply_controls(device, controls, self._config, self._where)
        self._exposure.look()
        warn_of_what_has_no_effect(self._config, self._where)

    def _stalled(self) -> CameraError:
        return CameraError(
            f"{self._config.source}: no picture for {READ_TIMEOUT_S:g} s; the camera has stalled: unplug it and plug "
            "it in again, and check cable, hub and power"
        )

    def _exposure_us(self) -> int | None:
        assert self._exposure is not None, "taken before it was opened"
        try:
            return self._exposure.now_us()
        except OSError:
            # The picture is there all the same.
            return None

    def _describe(self, capability: Capability) -> Opened:
        assert self._exposure is not None, "described when open"
        stable = v4l2_nodes.stable_path(self._node)
        source = self._config.source
        if not v4l2_nodes.is_stable(source) and v4l2_nodes.is_stable(stable):
            log.info(
                "%s: %s may be another camera after the next start; to have always this one write: source: %s",
                self._where,
                source,
                stable,
            )
        make, model = v4l2_nodes.make_and_model(self._node)
        return Opened(
            driver=capability.driver,
            model=model or capability.card,
            make=make,
            detail=f"{self._layout.width}x{self._layout.height} {self._layout.fourcc}",
            period_ns=self._period_ns,
            streams=True,
            device=source if v4l2_nodes.is_stable(source) else stable,
            limits=self._exposure.limits,
        )

    @contextmanager
    def _failures(self, *, is_streaming: bool = False) -> Iterator[None]:
        """What the kernel answers, as an error with what to do."""
        try:
            yield
        except OSError as error:
            told = usb_failure.failure(self._config.source, error, self._node, is_streaming=is_streaming)
            raise told from error


def _never() -> int:
    """No frame is wanted."""
    return sys.maxsize
