"""The camera of the benches: MJPEG over HTTP in a process of its own, whose frames are made at known moments.

Owns: when frames are made, and its process. Does not own: how they are served (`tests/rig/mjpeg_server.py`).
Invariant: frame k is made at k / fps + phase of the wall clock, or left out; its mark says when it was.

The phase matters to a recorder that takes the first frame at or after its slot. With a phase of 0 a frame is made just
as the slot begins: by the jitter of a fraction of a millisecond it falls before or after it, and the picture is this
frame or the next, a whole period later. No recorder can do anything about that, and no camera keeps such a phase; so
it is 10 ms unless told otherwise. A recorder that counts frames takes every thirtieth whatever the phase.

The scene is painted once, and only the mark anew: the camera's own work (some 0.3 ms a frame at 1920x1080) must not
show in the figures. It stands for another machine, so it takes precedence over everything where it may (as root).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig.camera_process import free_port
from tests.rig.mjpeg_server import MjpegServer
from tests.rig.scene_jpeg import SceneJpeg

PHASE_MS = 10.0


class _StillScene(SceneJpeg):
    """The scene of the first frame for ever."""

    def _refresh(self, wall_ns: int) -> None:
        if not self._rows:
            super()._refresh(wall_ns)


class PhasedServer(MjpegServer):
    """An `MjpegServer` with frames on a grid of the wall clock."""

    def __init__(self, *, port: int, fps: float, size: tuple[int, int], phase_ms: float) -> None:
        super().__init__(port=port, fps=fps, size=size)
        self._fps, self._phase_ns = fps, int(phase_ms * 1e6)
        self._painter = _StillScene(size)
        self._painter.at(time.time_ns())

    def _produce(self) -> None:
        number = 0
        while True:
            due_ns = self._next_ns(time.time_ns())
            with self._changed:
                if self._changed.wait_for(lambda: self._stopping, (due_ns - time.time_ns()) / 1e9):
                    return
            number += 1
            wall_ns = time.time_ns()
            fresh = self._painter.at(wall_ns)
            with self._changed:
                self._publish(number, wall_ns // 1_000_000, fresh)

    def _next_ns(self, now_ns: int) -> int:
        number = int((now_ns - self._phase_ns) * self._fps / 1e9) + 1
        return self._phase_ns + int(number * 1e9 / self._fps)


class Camera:
    """One such camera in a process of its own, as a context manager."""

    def __init__(self, *, fps: float = 30.0, size: tuple[int, int] = (1920, 1080), phase_ms: float = PHASE_MS) -> None:
        self.port = free_port()
        self.fps, self.size, self.phase_ms = fps, size, phase_ms
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The stream's address."""
        return f"http://127.0.0.1:{self.port}/stream"

    @property
    def snapshot_url(self) -> str:
        """The address of one picture: the newest frame."""
        return f"http://127.0.0.1:{self.port}/snapshot.jpg"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def __str__(self) -> str:
        return (
            f"camera: MJPEG on HTTP, {self.size[0]}x{self.size[1]}, a frame at each k/{self.fps:g} s + "
            f"{self.phase_ms:g} ms of the wall clock"
        )

    def __enter__(self) -> Self:
        options = [f"--port={self.port}", f"--fps={self.fps}", f"--phase-ms={self.phase_ms}"]
        size = f"--size={self.size[0]}x{self.size[1]}"
        self._process = subprocess.Popen([sys.executable, __file__, *options, size], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the camera did not start; what it said stands above"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="The benches' camera.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fps", type=float, required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--phase-ms", type=float, required=True)
    given = parser.parse_args()
    with contextlib.suppress(PermissionError):
        os.nice(-20)
    width, height = (int(part) for part in given.size.split("x"))
    with PhasedServer(port=given.port, fps=given.fps, size=(width, height), phase_ms=given.phase_ms) as camera:
        camera.latest()
        print(camera.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            camera.join()


if __name__ == "__main__":
    main()
