"""A camera of this machine: USB, or anything else that V4L2 gives pictures of.

Owns: opening it, keeping it drained, each frame's freshness, and every failure in words.
Does not own: the stream itself (`usb_capture`), the fence's file (`shared.fence`), whether a JPEG is sound (`check`).
Invariant: the camera's own JPEGs come through byte for byte, damaged ones too. Nothing older than the opening, nothing
seen before and nothing that may be two pictures is ever given; raw pixels that are too few are a damaged frame.

The fence is taken before the device is opened. A camera that has gone away is not waited for: this process ends, and
the next one opens it by the name that lasts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras import usb_failure, v4l2_nodes
from capture_worker.cameras.base import Drained, Exposure, Frame, Opened, Planes, always
from capture_worker.cameras.usb_capture import UsbCapture, is_safe, read_timeout_s
from capture_worker.cameras.usb_exposure import UsbExposure
from capture_worker.cameras.usb_modes import JPEG_FORMATS, choose_format
from capture_worker.cameras.usb_pixels import picture_of
from capture_worker.cameras.usb_settings import apply_controls, warn_of_what_has_no_effect
from capture_worker.cameras.usb_stamps import Stamps
from capture_worker.cameras.v4l2_device import V4l2Device
from capture_worker.cameras.v4l2_types import Capability, Layout
from shared import fence
from shared.clock import Clock
from shared.config.model import CameraConfig
from shared.errors import CameraError, ConfigError

log = logging.getLogger(__name__)


class UsbCamera:
    """A `StreamingCamera` and an `AdjustableCamera` at `config.source`, a path below /dev."""

    def __init__(self, config: CameraConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._node = ""
        self._device: V4l2Device | None = None
        self._capture: UsbCapture | None = None
        self._exposure: UsbExposure | None = None
        self._layout = Layout("", 0, 0)
        self._stamps = Stamps()
        self._period_ns = 0
        self._opened_ns = 0
        self._data: NDArray[np.uint8] | None = None
        self._kept = Drained(0, 0)

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return read_timeout_s()

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
            self._begin_stream(device)
            self._set(device)
            self._opened_ns = self._clock.mono_ns()
            self._grab()
        return self._describe(capability)

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`. A frame that comes again, byte for byte, keeps the time of its first coming."""
        own = self._grab()
        if own.own_mono_ns < max(wanted_from_ns(), self._opened_ns):
            return own._replace(is_kept=False)
        assert self._capture is not None, "grabbed from it"
        data = self._capture.copy()
        if data is None or not is_safe(own.own_mono_ns, self._clock.mono_ns(), self._stamps.shortest_step_ns):
            return own._replace(is_kept=False)
        if self._data is None or not np.array_equal(data, self._data):
            self._data, self._kept = data, own
        return self._kept

    def take(self) -> Frame:
        """See `StreamingCamera.take`. Raw pixels that are too few for a picture make a frame with nothing in it."""
        assert self._data is not None, "take before drain"
        wall_ns, mono_ns, _ = self._kept
        if self._layout.fourcc in JPEG_FORMATS:
            return Frame(wall_ns, mono_ns, jpeg=self._data.tobytes(), exposure_us=self._exposure_us())
        picture = picture_of(self._data, self._layout)
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
        for open_one in (self._capture, self._device):
            if isinstance(open_one, UsbCapture):
                open_one.release()
            elif open_one is not None:
                open_one.close()
        self._capture = self._device = None

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

    def _begin_stream(self, device: V4l2Device) -> None:
        size = self._config.resolution
        wanted = choose_format(device.formats(), size, self._where)
        # Asked of the camera itself: one that answers nothing would hold OpenCV up for 90 s.
        device.try_layout(wanted.fourcc, size)
        self._capture = UsbCapture(f"/dev/{self._node}", wanted.fourcc, size)
        if not self._capture.is_open:
            if device.is_taken():
                raise usb_failure.busy(self._config.source, self._node)
            raise CameraError(
                f"{self._config.source}: the camera can't be opened, for a reason that OpenCV does not tell; unplug it "
                "and plug it in again"
            )
        self._layout = device.layout()
        if (self._layout.fourcc, (self._layout.width, self._layout.height)) != (wanted.fourcc, size):
            raise CameraError(
                f"{self._config.source}: the camera was asked for {size[0]}x{size[1]} {wanted.fourcc} and gives "
                f"{self._layout.width}x{self._layout.height} {self._layout.fourcc}; try another resolution"
            )
        self._period_ns = device.period_ns()

    def _set(self, device: V4l2Device) -> None:
        controls = device.controls()
        self._exposure = UsbExposure(device, controls, self._config.exposure, self._config.controls)
        self._exposure.give_back()
        apply_controls(device, controls, self._config, self._where)
        self._exposure.look()
        warn_of_what_has_no_effect(self._config, self._where)

    def _grab(self) -> Drained:
        """Wait for the next frame; its own time."""
        if self._capture is None:
            raise CameraError(f"{self._config.source}: the camera is closed")
        began_s = time.monotonic()
        if not self._capture.grab():
            raise self._lost(time.monotonic() - began_s)
        return self._stamps.own(self._capture.stamp_ms, self._clock.wall_ns(), self._clock.mono_ns())

    def _lost(self, waited_s: float) -> CameraError:
        """Why there is no frame."""
        assert self._device is not None, "it was open"
        try:
            self._device.capability()
        except OSError as error:
            return usb_failure.failure(self._config.source, error, self._node)
        if waited_s < 0.9 * self.read_timeout_s:
            return CameraError(f"{self._config.source}: the stream broke; if it happens again, check cable and power")
        return CameraError(
            f"{self._config.source}: no picture for {self.read_timeout_s:g} s; the camera has stalled: unplug it and "
            "plug it in again, and check cable, hub and power"
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
    def _failures(self) -> Iterator[None]:
        """What the kernel answers, as an error with what to do."""
        try:
            yield
        except OSError as error:
            raise usb_failure.failure(self._config.source, error, self._node) from error
