"""Loading picamera2 and libcamera, and the cameras that they find: the only file that imports them.

Owns: what is needed of them and what to do where they lack; libcamera's order of cameras, and the tuning it reads then.
Does not own: an open camera (`pi_device`).
Invariant: nothing is loaded before it is asked for.
"""

from __future__ import annotations

import logging
import os
from typing import Any, NamedTuple

from capture_worker.cameras.pi_failures import NOT_INSTALLED, TOO_OLD, in_words, load_failure
from shared.errors import CameraError

TUNING_VARIABLE = "LIBCAMERA_RPI_TUNING_FILE"


class Found(NamedTuple):
    """A camera that libcamera has found. `number` is picamera2's, `id` says how it is connected."""

    number: int
    id: str
    model: str

    @property
    def is_usb(self) -> bool:
        """Whether it is no Pi camera, but one that V4L2 does better."""
        return "/usb" in self.id


def load() -> Any:
    """The module picamera2. The first call takes 0.2 s on a desktop and some 2 s on a small board.

    Raises `CameraError` where it is not installed, can't be loaded, or is too old.
    """
    try:
        import picamera2  # noqa: PLC0415 - 18 MB that other cameras do without
    except ImportError as error:
        raise CameraError(f"{NOT_INSTALLED} ({error})") from error
    except Exception as error:
        # numpy's binary interface (ValueError), a broken library (OSError, AttributeError): all kinds can come.
        raise CameraError(load_failure(error)) from error
    # Both came with picamera2 0.3.20: time-outs as numbers, and this.
    if not hasattr(picamera2.Picamera2, "cancel_all_and_flush"):
        raise CameraError(TOO_OLD)
    logging.getLogger("picamera2").setLevel(logging.WARNING)
    return picamera2


def find(tuning: str | None = None) -> list[Found]:
    """The cameras that are there, in picamera2's order. `tuning` is the path of the tuning file for all of them.

    libcamera reads the tuning when it looks for cameras, not when one is opened. Raises `CameraError`.
    """
    if tuning is not None:
        os.environ[TUNING_VARIABLE] = tuning
    library = load()
    try:
        infos = library.Picamera2.global_camera_info()
    except RuntimeError as error:
        if "No such device" in str(error):
            return []
        raise CameraError(in_words(error, "looking for cameras")) from error
    return [Found(number, str(info["Id"]), str(info.get("Model", ""))) for number, info in enumerate(infos)]
