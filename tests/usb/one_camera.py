"""A camera drained by a process of its own, which tells of each frame: it may hang, and holds its fence until its end.

Owns: both sides: `python -m tests.usb.one_camera SOURCE 640x480 [CONTROL=VALUE ...]`, and the test's.
Does not own: what a test does to the camera. Invariant: the process is gone when the `with` block ends.
"""

from __future__ import annotations

import hashlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from capture_worker.cameras import usb_camera, usb_modes
from capture_worker.cameras.base import Frame
from capture_worker.cameras.usb_camera import UsbCamera
from shared.clock import SystemClock
from shared.config.model import CameraConfig
from shared.errors import TimelapseError
from tests.usb.webcam import PATIENCE_S

ROOT = Path(__file__).parents[2]
RAW = "--raw"
"""Have raw pixels of a camera that has JPEGs too."""


class CameraProcess:
    """The test's side. `opened` is what `open` told, once there was a first line."""

    def __init__(
        self, source: str, size: str = "640x480", *controls: str, user: str | None = None, group: str | None = None
    ) -> None:
        self.began_s = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.usb.one_camera", source, size, *controls],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next line: `opened`, a frame, or an `error` with its status."""
        return self._lines.get(timeout=patience_s)

    def newest(self) -> dict[str, Any]:
        """A line that was written after this call, but for one that was under way."""
        while not self._lines.empty():
            self._lines.get_nowait()
        self.next()
        return self.next()

    def error(self, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The error that ended it; what came before it is passed over."""
        while "error" not in (line := self.next(patience_s)):
            pass
        return line

    def wait_for(self, what: Callable[[dict[str, Any]], bool], patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The first line that fits, before any error."""
        deadline = time.monotonic() + patience_s
        while not what(line := self.next(patience_s)):
            assert "error" not in line, line["error"]
            assert time.monotonic() < deadline, f"not within {patience_s} s; the last line: {line}"
        return line

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()


def _tell(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _seen(frame: Frame) -> dict[str, Any]:
    if frame.jpeg is not None:
        return {"bytes": len(frame.jpeg), "sha256": hashlib.sha256(frame.jpeg).hexdigest()}
    if frame.planes is not None:
        return {"mean": float(frame.planes.y.mean()), "shapes": [plane.shape for plane in frame.planes]}
    return {} if frame.image is None else {"mean": float(frame.image.mean()), "shapes": [frame.image.shape]}


def _drain_for_ever(source: str, size: str, controls: list[str]) -> None:
    width, _, height = size.partition("x")
    settings = dict(control.split("=", 1) for control in controls)
    config = CameraConfig(name="main", source=source, resolution=(int(width), int(height)), controls=settings)
    camera = UsbCamera(config, SystemClock())
    _tell(opened=msgspec.to_builtins(camera.open()))
    last_ns = 0
    while True:
        drained = camera.drain()
        arrived_ns = time.monotonic_ns()
        is_new = drained.is_kept and drained.own_mono_ns > last_ns
        seen = _seen(camera.take()) if is_new else {}
        _tell(own_ns=drained.own_mono_ns, arrived_ns=arrived_ns, is_kept=drained.is_kept, is_new=is_new, **seen)
        last_ns = max(last_ns, drained.own_mono_ns)


if __name__ == "__main__":
    if RAW in sys.argv:
        sys.argv.remove(RAW)
        for module in (usb_modes, usb_camera):
            vars(module)["JPEG_FORMATS"] = ()
    try:
        _drain_for_ever(sys.argv[1], sys.argv[2], sys.argv[3:])
    except TimelapseError as failure:
        _tell(error=str(failure), status=failure.status)
