"""One camera of picamera2's, behind plain values.

Owns: each call of picamera2 that is used once it is loaded, and its failures as `CameraError`s.
Does not own: loading it (`pi_library`); which mode, which controls, which frame; nor any policy of time.
Invariant: every wait has a number. After one that ran out nothing is stopped or closed in this process any more: what
was waited for stays in picamera2's queue, and everything later would wait behind it, for ever. Calls into libcamera
itself have no time-outs: one that never returns is what leases are for.

An object is used by one thread, but for `_note`, which picamera2's own thread calls for each frame.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras.pi_advertised import advertised
from capture_worker.cameras.pi_controls import Advertised
from capture_worker.cameras.pi_dng import RawPicture
from capture_worker.cameras.pi_failures import in_words
from capture_worker.cameras.pi_library import TUNING_VARIABLE, Found, load
from shared.clock import NS_PER_S
from shared.errors import CameraError, TimelapseError

STOP_S = 5.0
_LOOK_S = 0.25


class Layout(NamedTuple):
    """What the camera is configured to. `mode` is the sensor's; `raw` whether its own data are wanted too."""

    size: tuple[int, int]
    mode: tuple[int, int]
    flips: tuple[bool, bool]
    buffers: int
    raw: bool


class Request(NamedTuple):
    """A completed request, which is the camera's again when the `with` block ends."""

    metadata: dict[str, Any]
    completed: Any

    def picture(self) -> NDArray[np.uint8]:
        """A copy of the picture's bytes."""
        copied: NDArray[np.uint8] = self.completed.make_buffer("main")
        return copied


class PiDevice:
    """One camera, acquired. The constructor blocks, and raises `CameraError`."""

    def __init__(self, found: Found, tuning: str | None = None) -> None:
        self.seen_mono_ns = 0
        self._has_timed_out = False
        self._requests: dict[int, Any] = {}
        self._library = load()
        with _failures("opening the camera"):
            # Without a tuning it would take the user's own variable out of the environment.
            self._camera = self._library.Picamera2(found.number, tuning=tuning or os.environ.get(TUNING_VARIABLE))
        self._camera.pre_callback = self._note

    @property
    def platform(self) -> str:
        """`vc4` up to the Pi 4, `pisp` on the Pi 5; empty where the camera is no Raspberry Pi's."""
        handler = str(self._camera.camera_properties.get("PipelineHandler", ""))
        if not handler and "ColorFilterArrangement" in self._camera.camera_properties:
            return str(self._camera.platform.name).lower()
        return handler.removeprefix("rpi/") if handler.startswith("rpi/") else ""

    @property
    def modes(self) -> list[tuple[int, int]]:
        """The sizes of the sensor's modes."""
        with _failures("asking the sensor for its modes"):
            role = self._library.libcamera.StreamRole.Raw
            formats = self._camera.camera.generate_configuration([role]).at(0).formats
            sizes = (size for pixels in formats.pixel_formats for size in formats.sizes(pixels))
            return list(dict.fromkeys((int(size.width), int(size.height)) for size in sizes))

    @property
    def advertised(self) -> dict[str, Advertised]:
        """Its controls, with the ranges that they have in the mode that is configured."""
        controls = self._library.libcamera.controls
        described = self._camera.camera_ctrl_info.items()
        return {name: advertised(control, info, controls) for name, (control, info) in described}

    def configure(self, layout: Layout) -> None:
        """Set the streams up. Raises `CameraError`."""
        libcamera = self._library.libcamera
        mirrored, upside_down = layout.flips
        with _failures("configuring the camera"):
            self._camera.configure(
                self._camera.create_still_configuration(
                    main={"format": "YUV420", "size": layout.size},
                    raw={"size": layout.mode, "format": self._raw_format} if layout.raw else None,
                    transform=libcamera.Transform(hflip=mirrored, vflip=upside_down),
                    # What JPEG has: BT.601 in full range.
                    colour_space=libcamera.ColorSpace.Sycc(),
                    buffer_count=layout.buffers,
                    # A request that were kept would be an old frame, and one buffer less.
                    queue=False,
                    sensor={"output_size": layout.mode},
                )
            )

    @property
    def _raw_format(self) -> str:
        """Unpacked: 16 bits a pixel, whatever the sensor has."""
        return str(self._library.SensorFormat(str(self._camera.sensor_format)).unpacked)

    @property
    def picture(self) -> tuple[tuple[int, int], int]:
        """The size and the bytes of a row, as configured: libcamera adjusts what it can't do."""
        main = self._camera.camera_configuration()["main"]
        return (int(main["size"][0]), int(main["size"][1])), int(main["stride"])

    def start(self, controls: Mapping[str, Any]) -> None:
        """Begin to stream, from the first frame on with these controls. Raises `CameraError`."""
        self.set(controls)
        self.seen_mono_ns = time.monotonic_ns()
        with _failures("starting the camera"):
            self._camera.start()

    def restart(self, controls: Mapping[str, Any]) -> None:
        """Begin anew, at once, with these controls in force from the first frame on. Raises `CameraError`."""
        with _failures("starting the camera anew"):
            self._stop()
        self.start(controls)

    def set(self, controls: Mapping[str, Any]) -> None:
        """Have these from one of the next frames on. Does not wait. Raises `CameraError`."""
        # picamera2 forgets what is set in the very moment in which its own thread hands the last ones over; it holds
        # this lock then.
        with _failures("setting controls"), self._camera.request_lock:
            self._camera.set_controls(dict(controls))

    @contextlib.contextmanager
    def request(self, timeout_s: float, not_before_stamp_ns: int = 0) -> Iterator[Request]:
        """The next frame whose exposure began at or after that moment, on the camera's own clock; 0 is any.

        Raises `CameraError` where none came in time; this object is of no more use then.
        """
        completed = self._wait(timeout_s, not_before_stamp_ns)
        try:
            with _failures("reading a picture"):
                yield Request(completed.get_metadata(), completed)
        finally:
            with _failures("giving a buffer back to the camera"):
                completed.release()

    @contextlib.contextmanager
    def raw(self, request: Request) -> Iterator[RawPicture]:
        """The sensor's own data of a request, in the camera's memory: gone when the `with` block ends."""
        stream = self._camera.camera_configuration()["raw"]
        size = int(stream["size"][0]), int(stream["size"][1])
        with self._library.MappedArray(request.completed, "raw", reshape=False, write=False) as mapped:
            yield RawPicture(mapped.array, size, int(stream["stride"]), str(stream["format"]))

    def check(self, longest_s: float) -> None:
        """Raise `CameraError` where frames have stopped coming, for so long or for good. Does not block."""
        silent_s = (time.monotonic_ns() - self.seen_mono_ns) / NS_PER_S
        if silent_s > longest_s or self.given_up():
            self._has_timed_out = True
            raise CameraError(self.stall_in_words(silent_s))

    def given_up(self) -> bool:
        """Whether libcamera itself has ended the stream: the sensor stopped delivering, or its driver failed.

        It tells nobody but its log; the requests that it had are cancelled then, and picamera2 drops those in silence.
        """
        status = self._library.libcamera.Request.Status.Cancelled
        return any(request.status == status for request in self._requests.values())

    def close(self) -> None:
        """Let go of the camera, and of all memory. Does nothing after a time-out. Raises `CameraError`."""
        if self._camera is None or self._has_timed_out:
            return
        with _failures("closing the camera"):
            self._stop()
            self._camera.close()
        # It is full of references to itself, and holds a descriptor for memory until they are found.
        self._camera = None
        gc.collect()

    def _stop(self) -> None:
        """As picamera2's own `stop`, but not for ever."""
        self._requests.clear()
        job = self._camera.dispatch_functions([self._camera.stop_], wait=False, immediate=True)
        try:
            job.get_result(timeout=STOP_S)
        except FutureTimeoutError as error:
            self._has_timed_out = True
            raise CameraError(f"the camera did not stop within {STOP_S:g} s") from error

    def _wait(self, timeout_s: float, not_before_stamp_ns: int) -> Any:
        until_ns = time.monotonic_ns() + round(timeout_s * NS_PER_S)
        with _failures("waiting for a picture"):
            job = self._camera.capture_request(wait=False, flush=not_before_stamp_ns or None)
            while True:
                left_s = max(0.0, (until_ns - time.monotonic_ns()) / NS_PER_S)
                try:
                    return job.get_result(timeout=min(left_s, _LOOK_S))
                except FutureTimeoutError:
                    self.check(timeout_s)
                    if left_s <= _LOOK_S:
                        self._has_timed_out = True
                        raise CameraError(self.stall_in_words(timeout_s)) from None

    def stall_in_words(self, waited_s: float) -> str:
        """Why no frame comes, as far as can be told from outside."""
        if self.given_up():
            return (
                f"no picture for {waited_s:.1f} s, and libcamera has given the sensor up (its frontend timed out, or "
                "the driver failed): check that the camera's cable sits firmly at both ends, and try another one"
            )
        return (
            f"no picture for {waited_s:.1f} s, and libcamera still waits for one: the image processor or its driver "
            "has stalled (libcamera's own lines in the log may say more); if it comes again, restart the machine"
        )

    def _note(self, completed: Any) -> None:
        """A frame has come. In picamera2's thread, which must not be kept, and which an exception would end."""
        self.seen_mono_ns = time.monotonic_ns()
        self._requests[id(completed.request)] = completed.request


@contextlib.contextmanager
def _failures(doing: str) -> Iterator[None]:
    """Whatever fails inside, in words."""
    try:
        yield
    except TimelapseError:
        raise
    except Exception as error:
        # pybind11 translates libcamera's errors to RuntimeError, picamera2 adds OSError, KeyError and plain bugs.
        raise CameraError(in_words(error, doing)) from error
