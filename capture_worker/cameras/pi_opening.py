"""What happens before a Pi camera streams: finding it, taking its fence, and choosing the sensor's mode.

Owns: those three. Does not own: waiting for frames (`pi_camera`), the order in which modes are tried
(`pi_configuration`).
Invariant: nobody opens a camera whose fence somebody else holds. A process takes each fence once, for good.
"""

from __future__ import annotations

from typing import NamedTuple

from capture_worker.cameras.pi_configuration import Rectangle, Size, candidates, check_size, native, shows_all
from capture_worker.cameras.pi_device import Layout, PiDevice
from capture_worker.cameras.pi_library import Found, find
from shared import fence
from shared.config.model import CameraConfig
from shared.errors import AbsentError, ConfigError

_BUFFERS, _LARGE_BUFFERS, _LARGE_BYTES = 3, 2, 24_000_000
"""One is filled, one waits, one is copied from; of very large pictures there is no memory for three."""
_FENCED: set[str] = set()
"""The cameras that this process holds the fence of: until its end, at rest too."""


class Connected(NamedTuple):
    """A camera that is ours, configured, and does not stream yet."""

    device: PiDevice
    found: Found
    layout: Layout


def connect(config: CameraConfig, tuning: str | None, layout: Layout | None, where: str) -> Connected:
    """Open the camera. `layout` is the one that was chosen before, if any. Blocks. Raises `TimelapseError`."""
    found = found_camera(config, tuning, where)
    device = PiDevice(found, tuning)
    if layout is None:
        return Connected(device, found, configured(device, config, where))
    device.configure(layout)
    return Connected(device, found, layout)


def found_camera(config: CameraConfig, tuning: str | None, where: str) -> Found:
    """The camera of the number that `source` names, its fence taken.

    Raises `AbsentError` where it is not there, `BusyError` where somebody has it, `ConfigError` for a USB camera.
    """
    number = int(config.source.partition(":")[2] or "0")
    cameras = find(tuning)
    if number >= len(cameras):
        there = ", ".join(f"{found.number}: {found.model}" for found in cameras) or "none"
        raise AbsentError(
            f"{where}: libcamera finds no camera {number} (there: {there}); check the camera's cable at both ends, "
            "with the power off, and what `rpicam-hello --list-cameras` says"
        )
    found = cameras[number]
    if found.is_usb:
        raise ConfigError(f"{where}: number {number} is a USB camera: `timelapse cameras` tells its source")
    if found.id not in _FENCED:
        fence.hold(fence.camera_fence_path(found.id), f"the camera {found.model} ({found.id})", inherit=True)
        _FENCED.add(found.id)
    return found


def configured(device: PiDevice, config: CameraConfig, where: str) -> Layout:
    """The layout that was chosen, and that the camera has now. Raises `ConfigError` where there is none.

    By trying: which part of the sensor a mode shows is known only when it is configured. That takes some milliseconds
    each.
    """
    size, modes = config.resolution, device.modes
    check_size(size, modes, where)
    layout = _layout(config, native(modes))
    whole = _shown(device, layout)
    if not config.raw and config.region is None:
        for mode in candidates(size, modes):
            smaller = _layout(config, mode)
            if shows_all(_shown(device, smaller), whole):
                layout = smaller
                break
        else:
            device.configure(layout)
    if device.picture[0] != size:
        made = text_of(device.picture[0])
        raise ConfigError(f"{where}: resolution {text_of(size)}: this camera makes {made} of it: write that")
    return layout


def text_of(size: Size) -> str:
    """`1920x1080`."""
    return f"{size[0]}x{size[1]}"


def _layout(config: CameraConfig, mode: Size) -> Layout:
    width, height = config.resolution
    return Layout(
        size=config.resolution,
        mode=mode,
        flips=(config.flip in {"horizontal", "both"}, config.flip in {"vertical", "both"}),
        buffers=_LARGE_BUFFERS if width * height * 3 // 2 > _LARGE_BYTES else _BUFFERS,
        raw=config.raw,
    )


def _shown(device: PiDevice, layout: Layout) -> Rectangle:
    """What of the sensor a picture of this layout shows. The camera is configured to it."""
    device.configure(layout)
    crop = device.advertised.get("ScalerCrop")
    return (0, 0, *layout.mode) if crop is None else crop.default
