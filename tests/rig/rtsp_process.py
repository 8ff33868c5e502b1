"""The RTSP side of `rtsp_server`, for the system's Python, which has GStreamer's bindings.

Owns: one RTSP server on 127.0.0.1 that sends the raw frames of its standard input, newest first come.
Does not own: the pictures.
Invariant: a frame that nobody asked for is dropped, never kept.

    python3 rtsp_process.py WIDTH HEIGHT FPS h264|mjpeg PORT  < BGR frames     prints the port once it listens
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import gi  # type: ignore[import-not-found] # it is the system's Python that has it

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import (  # type: ignore[import-not-found] # noqa: E402 - only after the versions are chosen
    GLib,
    Gst,
    GstRtspServer,
)

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=4000 ! rtph264pay name=pay0 pt=96",
    "mjpeg": "jpegenc quality=85 ! rtpjpegpay name=pay0 pt=26",
}


class Source:
    """Hands each frame to the pipeline, while there is one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._appsrc: Any = None

    def attach(self, _factory: object, media: Any) -> None:
        """A client has come: the pipeline is made."""
        self._appsrc = media.get_element().get_child_by_name("frames")

    def pump(self, loop: Any) -> None:
        """Read standard input to its end, then let the process go."""
        while len(frame := sys.stdin.buffer.read(self._size)) == self._size:
            if self._appsrc is not None:
                self._appsrc.emit("push-buffer", Gst.Buffer.new_wrapped(frame))
        loop.quit()


def main() -> None:
    """Serve until standard input ends."""
    width, height, fps = (int(each) for each in sys.argv[1:4])
    Gst.init(None)
    caps = f"video/x-raw,format=BGR,width={width},height={height},framerate={fps}/1"
    appsrc = f'appsrc name=frames is-live=true do-timestamp=true format=time block=false max-buffers=2 caps="{caps}"'
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {appsrc} ! videoconvert ! video/x-raw,format=I420 ! {ENCODERS[sys.argv[4]]} )")
    factory.set_shared(True)
    source = Source(width * height * 3)
    factory.connect("media-configure", source.attach)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[5])
    server.get_mount_points().add_factory("/stream", factory)
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=source.pump, args=(loop,), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
