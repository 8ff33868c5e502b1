"""From what the Pi camera delivers to a `Frame`: its planes, its own time, and what it tells of itself.

Owns: the layout of a YUV420 buffer, the clock of `SensorTimestamp`, and the names in libcamera's metadata.
Does not own: getting any of it from the camera.
Invariant: pure. A frame's own time is the begin of its exposure, on CLOCK_MONOTONIC, and never in the future.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras.base import Frame, Planes
from shared.clock import NS_PER_US, of_one_moment
from shared.errors import CameraError


class Moment(NamedTuple):
    """One moment on both clocks, and for how long the machine has been suspended since its start; nanoseconds."""

    wall_ns: int
    mono_ns: int
    suspended_ns: int


def planes_of(buffer: NDArray[np.uint8], size: tuple[int, int], stride: int) -> Planes:
    """The planes of a YUV420 picture, as views into `buffer`. `stride` is the bytes of a row of Y.

    Raises `CameraError` where the buffer is too small for that.
    """
    width, height = size
    luma, chroma = stride * height, (stride // 2) * (height // 2)
    if buffer.ndim != 1 or buffer.size < luma + 2 * chroma or stride < width:
        raise CameraError(f"the camera gave {buffer.size} bytes for a picture of {width}x{height}; restart the camera")
    y = buffer[:luma].reshape(height, stride)[:, :width]
    u = buffer[luma : luma + chroma].reshape(height // 2, stride // 2)[:, : width // 2]
    v = buffer[luma + chroma : luma + 2 * chroma].reshape(height // 2, stride // 2)[:, : width // 2]
    return Planes(y, u, v)


def began_mono_ns(metadata: Mapping[str, Any], now: Moment) -> int:
    """When a frame's exposure began, on CLOCK_MONOTONIC. Raises `CameraError` where the camera does not tell.

    `SensorTimestamp` is the end of the first line's exposure. The documentation has it on CLOCK_BOOTTIME, the kernel's
    drivers stamp with CLOCK_MONOTONIC: the two differ by the time for which the machine was suspended since its start,
    and a stamp in the future is one of the first kind.
    """
    stamp_ns = metadata.get("SensorTimestamp")
    if not isinstance(stamp_ns, int):
        raise CameraError("the camera does not tell when its pictures were taken, so that none can be trusted")
    if stamps_boottime(metadata, now):
        stamp_ns -= now.suspended_ns
    return min(stamp_ns, now.mono_ns) - exposure_ns(metadata)


def stamps_boottime(metadata: Mapping[str, Any], now: Moment) -> bool:
    """Whether the camera stamps with CLOCK_BOOTTIME, as a frame of now shows."""
    return int(metadata.get("SensorTimestamp", 0)) > now.mono_ns


def suspended_ns() -> int:
    """How far CLOCK_BOOTTIME, which goes on in suspend, is ahead of CLOCK_MONOTONIC."""
    boot_ns, mono_ns = of_one_moment(lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.monotonic_ns)
    return boot_ns - mono_ns


def exposure_ns(metadata: Mapping[str, Any]) -> int:
    """How long a frame was exposed; 0 where the camera does not tell."""
    return int(metadata.get("ExposureTime") or 0) * NS_PER_US


def frame_of(
    metadata: Mapping[str, Any], planes: Planes, began_ns: int, now: Moment, raw: bytes | None = None
) -> Frame:
    """The frame, with what the camera tells of it."""
    gains = metadata.get("ColourGains")
    return Frame(
        own_wall_ns=now.wall_ns - (now.mono_ns - began_ns),
        own_mono_ns=began_ns,
        planes=planes,
        exposure_us=_whole(metadata.get("ExposureTime")),
        analogue_gain=_rounded(metadata.get("AnalogueGain")),
        digital_gain=_rounded(metadata.get("DigitalGain")),
        colour_gains=(round(float(gains[0]), 4), round(float(gains[1]), 4)) if gains else None,
        colour_temperature_k=_whole(metadata.get("ColourTemperature")),
        lux=_rounded(metadata.get("Lux")),
        lens_position=_rounded(metadata.get("LensPosition")),
        raw=raw,
    )


def _whole(value: Any) -> int | None:
    return None if value is None else round(value)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
