"""A USB webcam that exists only in software, plugged into a test guest: the command `usbcam`.

Owns: starting it with pictures that are known, its faults, and waiting until the kernel and udev have followed.
Does not own: the command itself, which the guest has (see `in_vm.py`).
Invariant: it is gone when it is closed, cable pulled.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

PATIENCE_S = 60.0
"""The guest is emulated, some 14 times slower than the machine below it."""
_COMMAND = "/usr/local/sbin/usbcam"
_WITH_SERIAL = """\
import sys
sys.path.insert(0, "/usr/local/sbin")
import usbcam
usbcam.STRINGS = ("", "vmrig", "Test Camera", sys.argv.pop(1) + "%.0s")
usbcam.main()
"""


def why_not_here() -> str:
    """Why there can be no webcam on this machine; "" where there can."""
    if not Path(_COMMAND).exists():
        return "no usbcam command here: runs inside the guest (tests/usb/in_vm.py)"
    if os.geteuid() != 0:
        return "plugging a camera in needs root"
    return ""


def wait_until(what: Callable[[], bool], told: str, patience_s: float = PATIENCE_S) -> None:
    """Block until `what` is true; an AssertionError that says `told` otherwise."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, f"not within {patience_s} s: {told}"
        time.sleep(0.02)


def make_jpegs(directory: Path, *, shade: int = 0, size: tuple[int, int] = (640, 480)) -> dict[str, int]:
    """Eight pictures that differ from each other, of a brightness around `shade`; their sha256 and their place."""
    directory.mkdir(parents=True, exist_ok=True)
    width, height = size
    digests = {}
    for number in range(8):
        random = np.random.default_rng(1000 * shade + number)
        image = random.integers(shade, shade + 60, (height, width, 3), dtype=np.uint8)
        cv2.putText(image, str(number), (width // 3, height * 3 // 4), 0, height / 60, (255, 255, 255), height // 30)
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        (directory / f"{number}.jpg").write_bytes(jpeg)
        digests[hashlib.sha256(jpeg).hexdigest()] = number
    return digests


class Webcam:
    """One camera on `port` of the virtual hub, playing the JPEGs of `jpegs`, or a drawing; `serial` is its own."""

    def __init__(self, jpegs: Path | None, port: int = 0, *, fps: float = 10.0, serial: str = "") -> None:
        self.port = port
        self.serial = serial or f"RIG{port + 1:04d}"
        command = ["/opt/rig/bin/python", "-c", _WITH_SERIAL, self.serial]
        self._process = subprocess.Popen(
            [*command, "run", *(["--jpegs", str(jpegs)] if jpegs else []), "--fps", str(fps), "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self.is_there, f"{self.by_id} after plugging in")

    @property
    def by_id(self) -> str:
        """The name that lasts."""
        return f"/dev/v4l/by-id/usb-vmrig_Test_Camera_{self.serial}-video-index0"

    @property
    def node(self) -> str:
        """What it is at present: `video1`."""
        return Path(os.path.realpath(self.by_id)).name

    def is_there(self) -> bool:
        """Whether it may be opened by its name, udev's work done."""
        return os.access(self.by_id, os.R_OK | os.W_OK) and Path(f"/dev/{self.node}").is_char_device()

    def keep_awake(self) -> None:
        """Have the kernel not suspend it, 2 s after its last use: waking one that is mute takes the kernel 90 s."""
        usb = Path(os.path.realpath(f"/sys/class/video4linux/{self.node}/device")).parent
        (usb / "power/control").write_text("on")

    def ctl(self, verb: str) -> str:
        """Have it misbehave, or behave again; what it says."""
        done = subprocess.run(
            [_COMMAND, "ctl", verb, "--port", str(self.port)], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def unplug(self) -> None:
        """Pull the cable, and wait until the name is gone."""
        self.ctl("unplug")
        wait_until(lambda: not Path(self.by_id).exists(), f"{self.by_id} gone")

    def plug(self) -> None:
        """Put it back. Returns at once."""
        self.ctl("plug")

    def close(self) -> None:
        """Pull the cable for good. May be called twice."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.ctl("resume")
            self.ctl("unplug")
        self._process.terminate()
        self._process.wait()
        wait_until(lambda: not Path(self.by_id).exists(), f"{self.by_id} gone at the end")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
