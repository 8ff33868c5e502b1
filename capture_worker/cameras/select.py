"""Which kind of camera a `source` is.

Owns: the reading of `source` and the choice of the class; nothing else knows both.
Does not own: whether the camera is there: that is `open`'s to say.
Invariant: a backend is imported only when a camera of its kind is made.
"""

from __future__ import annotations

import re
from pathlib import Path

from capture_worker.cameras.base import ShootingCamera, StreamingCamera
from shared.clock import Clock
from shared.config.model import CameraConfig
from shared.config.redact import shown
from shared.errors import ConfigError

_SUPPORTED = "use auto, picamera2, /dev/video0, an http:// or rtsp:// address, the path of a video file, or test"
_DEVICE = "/dev/"
_PICAMERA2 = re.compile(r"picamera2(:\d+)?")
_HTTP, _RTSP = ("http://", "https://"), ("rtsp://", "rtsps://")


def make_camera(config: CameraConfig, clock: Clock) -> StreamingCamera | ShootingCamera:  # noqa: PLR0911 - a kind each
    """The camera that `config.source` asks for, not open yet. Does not block.

    Raises `ConfigError` where this version has no such kind of camera.
    """
    source = config.source
    if source == "test":
        from capture_worker.cameras.builtin import BuiltinCamera  # noqa: PLC0415 - lazily, as the module says

        return BuiltinCamera(config, clock)
    if source.lower().startswith(_HTTP):
        from capture_worker.cameras.http_camera import HttpCamera  # noqa: PLC0415 - lazily, as the module says

        return HttpCamera(config, clock)
    if source.lower().startswith(_RTSP):
        from capture_worker.cameras.stream import StreamCamera  # noqa: PLC0415 - lazily, as the module says

        return StreamCamera(config, clock)
    if _PICAMERA2.fullmatch(source):
        from capture_worker.cameras.pi_camera import PiCamera  # noqa: PLC0415 - lazily, as the module says

        return PiCamera(config, clock)
    if source.startswith(_DEVICE):
        from capture_worker.cameras.usb_camera import UsbCamera  # noqa: PLC0415 - lazily, as the module says

        return UsbCamera(config, clock)
    if source == "auto":
        from capture_worker.cameras.auto_camera import AutoCamera  # noqa: PLC0415 - lazily, as the module says

        return AutoCamera(config, lambda chosen: make_camera(chosen, clock))
    kind = _unsupported_kind(source)
    if kind is not None:
        raise ConfigError(
            f"camera {config.name}: source {shown(source)}: {kind} not supported by this version; {_SUPPORTED}"
        )
    from capture_worker.cameras.video_file import FileCamera  # noqa: PLC0415 - lazily, as the module says

    return FileCamera(config, clock, video_path(source))


def video_path(source: str) -> Path:
    """The path that a source names: as it is, or after `file:` or `file://`."""
    return Path(re.sub(r"^file:(//)?(?=.)", "", source)).expanduser()


def _unsupported_kind(source: str) -> str | None:
    """What `source` is in words, with its verb, where no camera can be made of it; else None."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", source)
    if scheme and scheme[1] != "file":
        return f"{scheme[1]}: addresses are"
    if "/" not in source and "." not in source and not source.startswith("file:"):
        return "such a word is"
    return None
