"""Cameras that go away and come back, each in its own way.

Owns: what "away" and "back" do to the camera, its cable or the connection to it. Does not own: when, and what follows.
Invariant: when `back` returns a client can have the camera again, as far as the camera is concerned.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Literal, Protocol, get_args

from tests.rig.cables import Cables
from tests.rig.camera_process import CameraProcess
from tests.rig.rtsp_server import RtspServer
from tests.rig.tcp_hold import TcpHold

Way = Literal["cut (FIN)", "cut (RST)", "port closed", "power loss", "cable out"]
"""power loss: with the cable pulled, so that nothing is said of it, the camera ends and another one starts. cable out:
the camera goes on, and so do its connections, as it thinks."""
WAYS: tuple[Way, ...] = get_args(Way)


class LeavingCamera(Protocol):
    """A camera at `url`."""

    url: str

    def away(self) -> None:
        """Go. What is cut is back at once."""

    def back(self) -> None:
        """Be there again."""


class LoopbackCamera:
    """On HTTP on 127.0.0.1. `path` is the stream's or the single pictures'."""

    def __init__(self, stack: ExitStack, way: Way, path: str, fps: float) -> None:
        self._camera = stack.enter_context(CameraProcess(fps=fps, size=(320, 180)))
        self._way = way
        self.url = self._camera.url.replace("/stream", path)

    def away(self) -> None:
        """See `LeavingCamera`."""
        match self._way:
            case "cut (FIN)":
                self._camera.set_fault("cut")
            case "cut (RST)":
                self._camera.set_fault("reset")
            case _:
                self._camera.set_fault("vanish")

    def back(self) -> None:
        """See `LeavingCamera`."""
        if self._way == "port closed":
            self._camera.set_fault("resume")


class CabledCamera:
    """On HTTP behind the cable `number`."""

    def __init__(self, stack: ExitStack, cables: Cables, number: int, way: Way, path: str, fps: float) -> None:
        self._cables, self._number, self._way = cables, number, way
        self._camera = stack.enter_context(
            CameraProcess(fps=fps, size=(320, 180), host=cables.address(number), within=cables.at_camera(number))
        )
        self.url = self._camera.url.replace("/stream", path)

    def away(self) -> None:
        """See `LeavingCamera`."""
        self._cables.pull(self._number)
        if self._way == "power loss":
            self._camera.kill()
            self._camera.start()

    def back(self) -> None:
        """See `LeavingCamera`."""
        self._cables.plug(self._number)
        if self._way == "power loss":
            self._cables.call_router(self._number)


class RtspCamera:
    """On RTSP on 127.0.0.1, through a proxy that can hang up and be gone."""

    def __init__(self, stack: ExitStack, way: Way, fps: int) -> None:
        server = stack.enter_context(RtspServer("h264", size=(320, 180), fps=fps))
        self._network = stack.enter_context(TcpHold(server.port))
        self._way = way
        self.url = server.url.replace(str(server.port), str(self._network.port))

    def away(self) -> None:
        """See `LeavingCamera`."""
        match self._way:
            case "cut (FIN)":
                self._network.cut(reset=False)
            case "cut (RST)":
                self._network.cut(reset=True)
            case _:
                self._network.vanish()

    def back(self) -> None:
        """See `LeavingCamera`."""
        if self._way == "port closed":
            self._network.come_back()
