"""A real RTSP camera on 127.0.0.1 for the tests: GStreamer's server, fed with the scene and its mark.

Owns: starting and ending that process, and drawing the frames.
Does not own: RTSP (`rtsp_process`).
Invariant: each frame's mark is the millisecond in which it was drawn.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from capture_worker.cameras.scene import render

SYSTEM_PYTHON = "/usr/bin/python3"
NEEDED = (
    "apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-ugly"
)
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); assert all(Gst.ElementFactory.find(each) for each in ('x264enc', 'jpegenc', 'rtph264pay'))"
)

_PROBE_H265 = "import gi; from gi.repository import Gst; Gst.init(None); assert Gst.ElementFactory.find('x265enc')"

Codec = Literal["h264", "mjpeg"]


@lru_cache(maxsize=1)
def missing() -> str | None:
    """What has to be installed before an `RtspServer` can run here; None where nothing is missing."""
    if shutil.which(SYSTEM_PYTHON) is None:
        return f"{SYSTEM_PYTHON} is missing"
    probe = subprocess.run([SYSTEM_PYTHON, "-c", _PROBE], capture_output=True, check=False)
    return None if probe.returncode == 0 else f"GStreamer's RTSP server is missing: {NEEDED}"


@lru_cache(maxsize=1)
def has_h265() -> bool:
    """Whether "h265" can be sent too; it needs gstreamer1.0-plugins-bad, which is large."""
    return subprocess.run([SYSTEM_PYTHON, "-c", _PROBE_H265], capture_output=True, check=False).returncode == 0


class RtspServer:
    """The camera, as a context manager. The port is a free one unless given."""

    def __init__(
        self, codec: Codec | Literal["h265"], *, size: tuple[int, int] = (640, 360), fps: int = 15, port: int = 0
    ) -> None:
        self._codec, self._size, self._fps, self._port = codec, size, fps, port
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._painter: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """The stream's address."""
        return f"rtsp://127.0.0.1:{self._port}/stream"

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("rtsp_process.py")
        arguments = [str(each) for each in (*self._size, self._fps, self._codec, self._port)]
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self._port = int(self._process.stdout.readline())
        self._painter = threading.Thread(target=self._paint, args=(self._process.stdin,), daemon=True)
        self._painter.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once. May be called twice."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None and self._painter is not None:
                    self._painter.join()
                    _close(pipe)

    def halve(self) -> None:
        """Go on with half the width and height. While somebody watches."""
        assert self._process is not None, "halved before it was started"
        self._process.send_signal(signal.SIGUSR1)

    def _paint(self, pipe: IO[bytes]) -> None:
        due_s = time.monotonic()
        while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
            due_s += 1 / self._fps
            try:
                pipe.write(render(time.time_ns(), *self._size).tobytes())
                pipe.flush()
            except OSError:
                return  # it was killed


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was still to be written has nobody left to read it
