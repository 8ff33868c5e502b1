"""A video file as a camera: played at its own speed, and again from its beginning when it ends.

Owns: the pace, which is the file's own timestamps on the monotonic clock.
Does not own: which file (`select.video_path`).
Invariant: a frame comes out when it is due, never before; after a delay of more than a second the rest is played
from where it stands, not in haste. The frames are pixels, whatever the file holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from capture_worker.cameras.base import Drained, Frame, Opened, always
from shared.clock import NS_PER_MS, NS_PER_S, Clock, both
from shared.config.model import CameraConfig
from shared.errors import CameraError

READ_TIMEOUT_S = 10.0
"""Twice the longest wait for a frame, since the disk may be slow too."""
_LONGEST_WAIT_NS = 5 * NS_PER_S
"""A gap in the file's timestamps is not waited out for longer."""
_HURRY_NS = NS_PER_S
_USUAL_FPS = 25.0


class FileCamera:
    """A `StreamingCamera` that plays the video at `path`. The file sets the resolution."""

    def __init__(self, config: CameraConfig, clock: Clock, path: Path) -> None:
        self._name = config.name
        self._clock = clock
        self._path = path
        self._capture: cv2.VideoCapture | None = None
        self._grabbed = False
        self._period_ns = round(NS_PER_S / _USUAL_FPS)
        self._stamp_ns = 0
        self._due_ns = 0
        self._own = (0, 0)

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return READ_TIMEOUT_S

    def open(self) -> Opened:
        """See `Camera.open`. The first frame is read, so that a file without any is known at once."""
        capture = self._start_over()
        fps = capture.get(cv2.CAP_PROP_FPS)
        self._period_ns = round(NS_PER_S / (fps if 0 < fps <= 1000 else _USUAL_FPS))
        self._due_ns = self._clock.mono_ns()
        width, height = (int(capture.get(each)) for each in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        return Opened(
            driver="file",
            model=self._path.name,
            detail=f"{width}x{height} {fps:.6g} fps",
            period_ns=self._period_ns,
            streams=True,
        )

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:  # noqa: ARG002 - ffmpeg reads all
        """See `StreamingCamera.drain`. The own time is the moment at which the frame was due."""
        if self._capture is None:
            raise CameraError(f"camera {self._name}: {self._path} is closed")
        if self._grabbed:
            self._grabbed = False
        elif self._capture.grab():
            self._advance(self._capture)
        else:
            self._start_over()
            self._grabbed = False
            self._due_ns += self._period_ns
        self._wait()
        wall_ns, mono_ns = both(self._clock)
        self._own = (wall_ns - max(0, mono_ns - self._due_ns), self._due_ns)
        return Drained(*self._own)

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        assert self._capture is not None, "take before open"
        done, picture = self._capture.retrieve()
        if not done or picture is None:
            raise CameraError(f"camera {self._name}: a frame of {self._path} can't be decoded; is the file damaged?")
        return Frame(*self._own, image=np.asarray(picture, np.uint8))

    def close(self) -> None:
        """See `Camera.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _start_over(self) -> cv2.VideoCapture:
        """Open the file and read its first frame. Not every format can be wound back, but all can be opened again."""
        self.close()
        where = f"camera {self._name}: {self._path}"
        try:
            with self._path.open("rb") as file:
                if not file.read(1):
                    raise CameraError(f"{where}: the file is empty; name a video with at least one frame")
        except OSError as error:
            advice = "check `source` and who may read it"
            raise CameraError(f"{where}: can't be read ({error.strerror}); {advice}") from error
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        if not capture.isOpened() or not capture.grab():
            capture.release()
            raise CameraError(f"{where}: no frame can be read from it; is it a video that ffmpeg can play?")
        self._capture = capture
        self._grabbed = True
        self._stamp_ns = _stamp_ns(capture)
        return capture

    def _advance(self, capture: cv2.VideoCapture) -> None:
        """Work out when the frame that was just read is due."""
        stamp_ns = _stamp_ns(capture)
        step_ns = stamp_ns - self._stamp_ns
        # Without timestamps, and where they run backwards, the frame rate has to do.
        self._due_ns += min(step_ns, _LONGEST_WAIT_NS) if step_ns > 0 else self._period_ns
        self._stamp_ns = stamp_ns

    def _wait(self) -> None:
        now_ns = self._clock.mono_ns()
        if now_ns - self._due_ns > _HURRY_NS:
            self._due_ns = now_ns
        if now_ns < self._due_ns:
            time.sleep((self._due_ns - now_ns) / NS_PER_S)


def _stamp_ns(capture: cv2.VideoCapture) -> int:
    return round(capture.get(cv2.CAP_PROP_POS_MSEC) * NS_PER_MS)
