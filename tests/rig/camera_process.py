"""The misbehaving network camera in a process of its own, so that its work takes nothing from the test's interpreter.

Owns: starting and ending `mjpeg_server.py`, and switching its faults by its control address.
Does not own: the faults.
Invariant: it listens on 127.0.0.1 alone, on ports that the system gives to no outgoing connection: while the camera
has vanished nobody takes them.
"""

from __future__ import annotations

import http.client
import random
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.rig.mjpeg_server import Fault

_BELOW_EPHEMERAL = range(20_000, 30_000)


class CameraProcess:
    """The camera, as a context manager.

    `within` is a command that runs another one, such as `ip netns exec NAME`, for a camera at another address.
    """

    def __init__(
        self,
        *,
        fps: float = 15.0,
        size: tuple[int, int] = (640, 360),
        host: str = "127.0.0.1",
        within: Sequence[str] = (),
        refresh_s: float = 0.5,
    ) -> None:
        self.port, self._control_port = free_port(), free_port()
        self._host, self._within = host, within
        self._options = [f"--fps={fps}", f"--size={size[0]}x{size[1]}", f"--host={host}"]
        self._options.append(f"--refresh-s={refresh_s}")
        if within:
            self._options.append("--abrupt")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The stream's address."""
        return f"http://{self._host}:{self.port}/stream"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, again too. Returns when it listens."""
        script = Path(__file__).with_name("mjpeg_server.py")
        options = [*self._options, f"--port={self.port}", f"--control-port={self._control_port}"]
        command = [*self._within, sys.executable, str(script), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the camera did not start; what it said stands above"

    def kill(self) -> None:
        """End it as a loss of power does: none of its connections is closed any more."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def set_fault(self, fault: Fault) -> None:
        """See `MjpegServer.set_fault`. Returns when it is in force."""
        connection = http.client.HTTPConnection("127.0.0.1", self._control_port, timeout=10)
        try:
            connection.request("GET", f"/fault?set={fault}")
            assert connection.getresponse().status == 200
        finally:
            connection.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for port in random.sample(_BELOW_EPHEMERAL, 100):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError(f"no free port among 100 of {_BELOW_EPHEMERAL}")
