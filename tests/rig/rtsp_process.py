"""The RTSP side of `rtsp_server`, for the system's Python, which has GStreamer's bindings.

Owns: one RTSP server on 127.0.0.1 that sends the raw frames of its standard input, newest first come.
Does not own: the pictures.
Invariant: a frame that nobody asked for is dropped, never kept.

    python3 rtsp_process.py WIDTH HEIGHT FPS h264|h265|mjpeg PORT  < BGR frames     prints the port once it listens

SIGUSR1 halves the width and height of what is sent from then on.
"""

from __future__ import annotations

import signal
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

I420 = "capsfilter name=size caps=video/x-raw,format=I420"
ENCODERS = {
    # One thread, one slice: before each slice of a key frame GStreamer sends the parameters anew, and of a picture with
    # two of them ffmpeg makes two pictures.
    "h264": "x264enc threads=1 tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=4000 "
    "! rtph264pay config-interval=-1 name=pay0 pt=96",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=4000 "
    "! rtph265pay config-interval=-1 name=pay0 pt=96",
    "mjpeg": "jpegenc quality=85 ! rtpjpegpay name=pay0 pt=26",
}


class Source:
    """Hands each frame to the pipeline, while there is one."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._appsrc: Any = None
        self._filter: Any = None

    def attach(self, _factory: object, media: Any) -> None:
        """A client has come: the pipeline is made."""
        self._appsrc = media.get_element().get_child_by_name("frames")
        self._filter = media.get_element().get_child_by_name("size")

    def halve(self) -> bool:
        """The size changes in the middle of the stream."""
        size = f"width={self._width // 2},height={self._height // 2}"
        self._filter.set_property("caps", Gst.Caps.from_string(f"video/x-raw,format=I420,{size}"))
        return True

    def pump(self, loop: Any) -> None:
        """Read standard input to its end, then let the process go."""
        size = self._width * self._height * 3
        while len(frame := sys.stdin.buffer.read(size)) == size:
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
    factory.set_launch(f"( {appsrc} ! videoconvert ! videoscale ! {I420} ! {ENCODERS[sys.argv[4]]} )")
    factory.set_shared(True)
    source = Source(width, height)
    factory.connect("media-configure", source.attach)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[5])
    server.get_mount_points().add_factory("/stream", factory)
    server.attach(None)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, source.halve)
    threading.Thread(target=source.pump, args=(loop,), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
