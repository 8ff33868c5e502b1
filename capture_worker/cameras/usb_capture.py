"""The stream of a V4L2 camera through OpenCV, as bytes.

Owns: everything that is asked of OpenCV, and what has to be known of it.
Does not own: what the bytes mean (`usb_pixels`), the own times (`usb_stamps`), failures in words (`usb_failure`).
Invariant: OpenCV never converts. With conversion it gives the previous picture once more for a JPEG that is cut short,
and raw pixels of a short buffer together with what that buffer held before.

Read in OpenCV's source (modules/videoio/src/cap_v4l.cpp, 4.2 to 5.0) and seen with 4.7 and 5.0:
- It queues four buffers, and gives them in the order in which they were filled, however old they are.
- It gives a buffer back to the kernel *before* it copies it. Nothing is written into it while the three others are
  free; but a picture that is copied too late may be two pictures. `is_safe` tells.
- The stamp is that of the buffer, from the first frame on. The flags beside it (which clock, damaged) do not come out.
- A format that the device refuses is silently another one: what is in force has to be looked up.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
from numpy.typing import NDArray

_TIMEOUT_VARIABLE = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"
_USUAL_TIMEOUT_S = 10
_SPARE_BUFFERS = 3
"""Of four: what can be filled before the kernel begins with the one that is being copied."""


def read_timeout_s() -> float:
    """How long OpenCV waits for a frame: `capture_worker.environment` says 4 s, unless a person said otherwise."""
    text = os.environ.get(_TIMEOUT_VARIABLE, "")
    return float(text) if text.isdigit() and int(text) > 0 else float(_USUAL_TIMEOUT_S)


def is_safe(own_mono_ns: int, copied_mono_ns: int, step_ns: int) -> bool:
    """Whether a frame that was taken at `own_mono_ns` was copied before its buffer could be filled anew.

    `step_ns` is the least time between two frames, 0 where it is not known.
    """
    return step_ns == 0 or copied_mono_ns - own_mono_ns < _SPARE_BUFFERS * step_ns


class UsbCapture:
    """One stream. Only the thread that made it uses it."""

    def __init__(self, path: str, fourcc: str, size: tuple[int, int]) -> None:
        """Open `path` and ask for a format. Blocks for some answers of the camera; see `is_open` for how it went."""
        self._capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        if self.is_open:
            width, height = size
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc.ljust(4)))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
            self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)

    @property
    def is_open(self) -> bool:
        """Whether OpenCV could open the device. It stays true when the camera is pulled out."""
        return self._capture.isOpened()

    def grab(self) -> bool:
        """Wait for the next frame. Blocks up to `read_timeout_s`, the first time twice that; False at its end."""
        return self._capture.grab()

    @property
    def stamp_ms(self) -> float:
        """The kernel's stamp on the frame that was grabbed; 0 where there is none."""
        return self._capture.get(cv2.CAP_PROP_POS_MSEC)

    def copy(self) -> NDArray[np.uint8] | None:
        """The bytes of the frame that was grabbed, flat. Once a frame. None where OpenCV gives none."""
        done, data = self._capture.retrieve()
        return np.asarray(data, np.uint8).reshape(-1) if done and data is not None else None

    def release(self) -> None:
        """Let go of the camera. Blocks for 5 s where it answers nothing. May be called twice."""
        self._capture.release()
