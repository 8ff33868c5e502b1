"""What the camera's exposure should be: asked by the camera thread, told of every frame by the writer thread.

Owns: which mode does it, and handing its wishes from one thread to the other.
Does not own: the modes (`locked`, `ramping`), the camera, the measuring.
Invariant: thread-safe, and nothing here blocks. `wanted` gives each wish once; where the camera can't be set, or the
mode is `auto`, it never has one.
"""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from capture_worker.cameras.base import Exposure, ExposureLimits, Frame
from capture_worker.exposure.balance import tint_of
from capture_worker.exposure.locked import Locked
from capture_worker.exposure.measured import Measured
from capture_worker.exposure.ramping import Ramping
from shared.config.model import CameraConfig

log = logging.getLogger(__name__)


class _Mode(Protocol):
    """What `Locked` and `Ramping` have in common."""

    def wanted(self) -> Exposure | None: ...

    def after(self, measured: Measured) -> None: ...

    def follow_interval(self, interval_s: float) -> None: ...


class ExposureControl:
    """One camera's, from `opened` on."""

    def __init__(self, camera: CameraConfig) -> None:
        self._lock = threading.Lock()
        self._config = camera
        self._handed_over: Exposure | None = None
        self._mode: _Mode | None = None
        self._given: Exposure | None = None

    def hand_over(self, exposure: Exposure | None) -> None:
        """Main thread, before the camera is opened: what `last_seen.handed_over` has found of an earlier run."""
        with self._lock:
            self._handed_over = exposure

    def opened(self, limits: ExposureLimits | None) -> None:
        """Camera thread: the camera is open, and may be set within these limits; None: not at all."""
        with self._lock:
            self._given = None
            if limits is not None:
                self._mode = self._mode or self._made(limits)
            elif self._config.exposure != "auto":
                log.warning(
                    "exposure: %s: this camera's exposure can't be set, so it keeps its own", self._config.exposure
                )

    def wanted(self) -> Exposure | None:
        """Camera thread: what to set now; None: nothing new since the last call, or the camera's own control."""
        with self._lock:
            wish = None if self._mode is None else self._mode.wanted()
            if wish is None or wish == self._given:
                return None
            self._given = wish
            return wish

    def measured(self, frame: Frame, brightness_percent: float) -> None:
        """Writer thread: a frame of this camera, and the mean of its gray values in percent of white.

        Some 0.5 ms where the white balance is eased too, else nothing.
        """
        mode = self._mode
        if mode is None:
            return
        # Outside of the lock, so that the camera thread never waits for it.
        tint = tint_of(frame) if self._config.exposure == "ramp" else None
        with self._lock:
            was = mode.wanted()
            mode.after(Measured(frame, brightness_percent / 100, tint))
            now = mode.wanted()
        if was is None and now is not None:
            log.info("exposure: %s: goes on from %s", self._config.exposure, described(now))

    def configure(self, camera: CameraConfig) -> None:
        """Main thread: the configuration is this one now. Of it only the interval counts before the next start."""
        with self._lock:
            self._config = camera
            if self._mode is not None:
                self._mode.follow_interval(camera.interval_ms / 1000)

    def _made(self, limits: ExposureLimits) -> _Mode | None:
        camera = self._config
        mode: _Mode
        match camera.exposure:
            case "auto":
                return None
            case "locked":
                mode = Locked(limits, self._handed_over)
            case "ramp":
                mode = Ramping(limits, camera.ramp, camera.interval_ms / 1000, self._handed_over)
        if (first := mode.wanted()) is not None:
            log.info("exposure: %s: continues with %s", camera.exposure, described(first))
        return mode


def described(exposure: Exposure) -> str:
    """For a person to read: `1/250 s, gain 1.00`."""
    time_s = exposure.exposure_us / 1e6
    text = f"{time_s:.2f} s" if time_s > 0.3 else f"1/{1 / time_s:.0f} s"
    return f"{text}, gain {exposure.analogue_gain:.2f}"
