"""A browser that plays a video: whether it does, how long it is there, and what its pictures look like.

Owns: Chromium without a window, the page that plays, and what the page reports. Does not own: the video.
Invariant: only loopback is used, and nothing of the browser is left behind: neither a process nor its profile.
"""

from __future__ import annotations

import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any

import msgspec

_PATIENCE_S = 60.0
_PAGE = b"""<!doctype html><canvas></canvas><video muted src="/video"></video><script>
const video = document.querySelector("video"), canvas = document.querySelector("canvas")
const colours = []
const tell = error => fetch("/told", {method: "POST", body: JSON.stringify({error: error,
  duration_s: video.duration || 0, width: video.videoWidth, height: video.videoHeight,
  pictures: video.getVideoPlaybackQuality().totalVideoFrames, ended: video.ended, colours: colours})})
const colour = () => {
  canvas.width = canvas.height = 1
  const pen = canvas.getContext("2d"); pen.drawImage(video, 0, 0, 1, 1)
  colours.push(Array.from(pen.getImageData(0, 0, 1, 1).data.slice(0, 3)))
}
video.onerror = () => tell(video.error.message || "error " + video.error.code)
video.onloadeddata = () => { video.requestVideoFrameCallback(colour); video.play().catch(error => tell(String(error))) }
video.onended = () => { colour(); tell("") }
</script>"""


class Played(msgspec.Struct, frozen=True):
    """What the browser said. `colours` are of the first and the last picture, each (red, green, blue), 0 to 255."""

    error: str
    duration_s: float
    width: int
    height: int
    pictures: int
    ended: bool
    colours: list[tuple[int, int, int]]


def find() -> str | None:
    """The browser's path, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def play(browser: str, video: Path) -> Played:
    """Play a video to its end. Blocks for as long. Raises `queue.Empty` where the browser says nothing."""
    told: Queue[bytes] = Queue()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, video, told))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        with tempfile.TemporaryDirectory(prefix="timelapse-browser-", ignore_cleanup_errors=True) as profile:
            process = _started(browser, profile, server.server_address[1])
            try:
                return msgspec.json.decode(told.get(timeout=_PATIENCE_S), type=Played)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _started(browser: str, profile: str, port: int) -> subprocess.Popen[bytes]:
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--disable-dev-shm-usage")
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
    autoplay = "--autoplay-policy=no-user-gesture-required"
    return subprocess.Popen(
        [browser, *options, *quiet, autoplay, f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class _Handler(http.server.BaseHTTPRequestHandler):
    """The page, the video with the ranges that players ask for, and what the page tells."""

    def __init__(self, video: Path, told: Queue[bytes], *arguments: Any) -> None:
        self._video, self._told = video, told
        super().__init__(*arguments)

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(200, "text/html", _PAGE)
        elif self.path == "/video":
            data = self._video.read_bytes()
            wanted = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")
            first, last = int(wanted[0]), int(wanted[1] or len(data) - 1)
            span = f"bytes {first}-{last}/{len(data)}"
            self._answer(206, "video/mp4", data[first : last + 1], ("Content-Range", span))
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        self._told.put(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, "text/plain", b"")

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _answer(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
