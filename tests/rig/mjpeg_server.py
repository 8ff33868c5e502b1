"""A network camera on 127.0.0.1 that misbehaves when asked: MJPEG over HTTP, as a class and as a script.

Owns: serving the stream, and the faults, switched by `MjpegServer.set_fault` or by GET /fault?set=NAME[&frames=N].
Does not own: making the JPEGs and damaging them (`scene_jpeg`).
Invariant: each JPEG's mark is the millisecond in which it was made, so that what a recorder stored can be proved fresh.

    python tests/rig/mjpeg_server.py --port 8099 --fps 30 --size 1920x1080
    curl '127.0.0.1:8100/fault?set=stall'     # the port after it; it answers during `vanish` and `blackhole` too

Paths: /stream (and /), /snapshot.jpg (one JPEG), /page (text), /fault; anything else is 404.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self, get_args
from urllib.parse import parse_qs, urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rig.bad_pictures import as_the_fault_has_it
from tests.rig.scene_jpeg import SceneJpeg

BadPicture = Literal["truncate", "corrupt", "repeat", "resize", "black", "freeze", "tear"]
Fault = Literal["resume", "stall", "hold", "cut", "reset", "vanish", "blackhole", BadPicture]
"""stall: connections stay, no more frames. hold: the same, and at the end all of them come in one burst.
cut: connections closed, new ones are served. reset: the same with RST. vanish: and the port closed, until `resume`.
blackhole: nothing is read or sent, no FIN; at the end the old connections are reset. truncate, corrupt, repeat: of
every JPEG. resize: frames of half the width and height. black, freeze, tear: whole JPEGs, each in new bytes: black,
one and the same picture, and with the lower part lost (`bad_pictures`)."""

_SILENT = ("stall", "hold", "blackhole")
_BOUNDARY = "frame-by-frame"
_RESET = struct.pack("ii", 1, 0)
_HELD_FRAMES = 1000


class Made(NamedTuple):
    """One JPEG, with its number from 1 on and the time of its mark."""

    number: int
    wall_ms: int
    jpeg: bytes


class MjpegServer:
    """The camera. A context manager; `start` and `stop` do the same. Its methods may be called from any thread."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        control_port: int = 0,
        fps: float = 15.0,
        size: tuple[int, int] = (640, 360),
        credentials: str | None = None,
        abrupt: bool = False,
        refresh_s: float = 0.5,
    ) -> None:
        """Port 0 takes a free one, and keeps it through `vanish`. `credentials` is "user:password" for basic auth.

        `abrupt`: nothing of a connection outlives the process, so that killing it is like a loss of power. Whatever is
        younger than `refresh_s` differs by its mark alone.
        """
        self.host, self.port, self.control_port, self.abrupt = host, port, control_port, abrupt
        self.credentials = credentials
        self.made_ms: deque[int] = deque(maxlen=100_000)
        self.connections = 0
        self._period_s = 1.0 / fps
        self._painter = SceneJpeg(size, refresh_s=refresh_s)
        self._small = SceneJpeg((size[0] // 2, size[1] // 2), refresh_s=refresh_s)
        self._changed = threading.Condition()
        self._fault: Fault = "resume"
        self._fault_frames: int | None = None
        self._epoch = 0
        self._stopping = False
        self._latest: Made | None = None
        self._held: deque[Made] = deque(maxlen=_HELD_FRAMES)
        self._sockets: set[socket.socket] = set()
        self._listener: _Listener | None = None
        self._control: _Listener | None = None
        self._producer = threading.Thread(target=self._produce, name="camera", daemon=True)

    @property
    def url(self) -> str:
        """The stream's address, with the credentials where there are any."""
        user = f"{self.credentials}@" if self.credentials else ""
        return f"http://{user}{self.host}:{self.port}/stream"

    def start(self) -> None:
        """Listen and make frames. Once."""
        self._listener = _Listener(self, self.port)
        self.port = self._listener.server_port
        self._control = _Listener(self, self.control_port)
        self.control_port = self._control.server_port
        self._producer.start()

    def stop(self) -> None:
        """Close everything and wait for the threads. May be called twice."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._hang_up(reset=False)
        for listener in (self._listener, self._control):
            if listener is not None:
                listener.stop()
        self._listener = self._control = None
        if self._producer.is_alive():
            self._producer.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def set_fault(self, fault: Fault, frames: int | None = None) -> None:
        """Change how it behaves from the next frame on. `frames`: only for so many of them, then `resume`."""
        before = self._fault
        with self._changed:
            self._fault = "resume" if fault in {"cut", "reset"} else fault
            self._fault_frames = frames
            self._changed.notify_all()
        if fault == "vanish" and self._listener is not None:
            self._listener.stop()
            self._listener = None
        if fault in {"cut", "reset", "vanish"}:
            self._hang_up(reset=fault == "reset")
        elif before == "blackhole":
            self._hang_up(reset=True)
        if fault != "vanish" and self._listener is None:
            self._listener = _Listener(self, self.port)

    def wait_for_connections(self, count: int, timeout_s: float = 10.0) -> None:
        """Block until so many streams and pictures have been asked for in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.connections >= count, timeout_s):
                raise TimeoutError(f"{self.connections} connections instead of {count}")

    def wait_for_frames(self, count: int, timeout_s: float = 10.0) -> None:
        """Block until so many more frames have been made or repeated. Raises TimeoutError."""
        with self._changed:
            aim = self._number() + count
            if not self._changed.wait_for(lambda: self._number() >= aim, timeout_s):
                raise TimeoutError(f"{self._number()} frames made instead of {aim}")

    def _number(self) -> int:
        return self._latest.number if self._latest else 0

    def join(self) -> None:
        """Block for as long as it runs."""
        self._producer.join()

    def latest(self) -> Made:
        """The newest frame, as it would be sent now. Blocks for the first one."""
        with self._changed:
            self._changed.wait_for(lambda: self._latest is not None)
            assert self._latest is not None
            return self._latest

    def admit(self, connection: socket.socket) -> int | None:
        """Count a new request and return its epoch, or None when it can't be served any more. Blocks in `blackhole`."""
        if self.abrupt:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        with self._changed:
            epoch = self._epoch
            self.connections += 1
            self._sockets.add(connection)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._fault != "blackhole" or self._gone(epoch))
            return None if self._gone(epoch) else epoch

    def forget(self, connection: socket.socket) -> None:
        """This stream has ended."""
        with self._changed:
            self._sockets.discard(connection)

    def after(self, number: int, epoch: int) -> list[Made]:
        """The frames to send after that `number`, one but for a burst; none: hang up. Blocks until there are some."""

        def due() -> bool:
            fresh = self._latest is not None and self._latest.number > number
            return self._gone(epoch) or (fresh and self._fault not in _SILENT)

        with self._changed:
            self._changed.wait_for(due)
            if self._gone(epoch) or self._latest is None:
                return []
            held = [made for made in self._held if made.number > number]
            return held or [self._latest]

    def _gone(self, epoch: int) -> bool:
        return self._stopping or epoch != self._epoch

    def _hang_up(self, *, reset: bool) -> None:
        with self._changed:
            self._epoch += 1
            sockets = list(self._sockets)
            self._changed.notify_all()
        for connection in sockets:
            try:
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                else:
                    connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself meanwhile

    def _produce(self) -> None:
        due_s = time.monotonic()
        number = 0
        while True:
            number += 1
            wall_ns = time.time_ns()
            fresh = (self._small if self._fault == "resize" else self._painter).at(wall_ns)
            with self._changed:
                self._publish(number, wall_ns // 1_000_000, fresh)
                due_s = max(due_s + self._period_s, time.monotonic())
                if self._changed.wait_for(lambda: self._stopping, due_s - time.monotonic()):
                    return

    def _publish(self, number: int, wall_ms: int, fresh: bytes) -> None:
        """Make this frame the newest one, as the fault has it. With `_changed` held."""
        if self._fault == "repeat" and self._latest is not None:
            made = Made(number, self._latest.wall_ms, self._latest.jpeg)
        else:
            self.made_ms.append(wall_ms)
            latest = fresh if self._latest is None else self._latest.jpeg
            made = Made(number, wall_ms, as_the_fault_has_it(self._fault, number, fresh, latest))
        self._latest = made
        if self._fault == "hold":
            self._held.append(made)
        elif self._held:
            # The burst: what was held and this one. Everybody has it by the time the next one comes.
            self._held.append(made)
            self._changed.notify_all()
            self._changed.wait(self._period_s / 2)
            self._held.clear()
        if self._fault_frames is not None:
            self._fault_frames -= 1
            if self._fault_frames <= 0:
                self._fault, self._fault_frames = "resume", None
        self._changed.notify_all()


class _Listener(ThreadingHTTPServer):
    """One listening socket with its thread."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, camera: MjpegServer, port: int) -> None:
        super().__init__((camera.host, port), _Handler)
        self.camera = camera
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """A FIN first, unless a reset is wanted."""
        assert isinstance(request, socket.socket)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET:
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        address = urlsplit(self.path)
        if address.path == "/fault":
            self._set_fault(parse_qs(address.query))
        elif not self._authorised():
            self._answer(401, "text/plain", b"who are you?\n", ("WWW-Authenticate", 'Basic realm="camera"'))
        elif address.path in {"/", "/stream"}:
            self._serve(self._stream)
        elif address.path == "/snapshot.jpg":
            self._serve(self._snapshot)
        elif address.path == "/page":
            self._answer(200, "text/html", b"<html><body>Welcome to your camera</body></html>\n" * 20)
        else:
            self._answer(404, "text/plain", b"no such thing\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
        """Tests are quiet."""

    def _authorised(self) -> bool:
        credentials = self.server.camera.credentials
        if credentials is None:
            return True
        return self.headers.get("Authorization") == "Basic " + base64.b64encode(credentials.encode()).decode()

    def _answer(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _set_fault(self, query: dict[str, list[str]]) -> None:
        fault = query.get("set", [""])[0]
        frames = query.get("frames", [None])[0]
        for known in get_args(Fault):
            if fault == known:
                self.server.camera.set_fault(known, int(frames) if frames else None)
                self._answer(200, "text/plain", f"{fault}\n".encode())
                return
        self._answer(400, "text/plain", f"set= one of {', '.join(get_args(Fault))}\n".encode())

    def _serve(self, send: Callable[[MjpegServer, int], None]) -> None:
        camera = self.server.camera
        epoch = camera.admit(self.connection)
        try:
            if epoch is not None:
                send(camera, epoch)
        finally:
            camera.forget(self.connection)

    def _snapshot(self, camera: MjpegServer, _: int) -> None:
        self._answer(200, "image/jpeg", camera.latest().jpeg)

    def _stream(self, camera: MjpegServer, epoch: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={_BOUNDARY}")
        self.end_headers()
        number = 0
        while frames := camera.after(number, epoch):
            for made in frames:
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(made.jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + made.jpeg + b"\r\n")
            number = frames[-1].number


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A network camera (MJPEG over HTTP) on 127.0.0.1 for tests.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--control-port", type=int, help="for /fault; the port after --port unless given")
    parser.add_argument("--fps", type=float, default=15.0)
    parser.add_argument("--size", default="640x360", help="WIDTHxHEIGHT")
    parser.add_argument("--refresh-s", type=float, default=0.5)
    parser.add_argument("--credentials", help="user:password that a client has to give")
    parser.add_argument("--abrupt", action="store_true", help="killing it is like a loss of power")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    control_port = given.control_port or (given.port + 1 if given.port else 0)
    camera = MjpegServer(
        host=given.host,
        port=given.port,
        control_port=control_port,
        fps=given.fps,
        size=(width, height),
        credentials=given.credentials,
        abrupt=given.abrupt,
        refresh_s=given.refresh_s,
    )
    with camera:
        control = f"http://{camera.host}:{camera.control_port}/fault?set="
        print(f"{camera.url}  faults: {control}{'|'.join(get_args(Fault))}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            camera.join()


if __name__ == "__main__":
    main()
