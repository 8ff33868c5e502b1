"""What a camera is to the capture worker.

Owns: the two ways of taking a picture, and the types that pass between a camera and the worker.
Does not own: slots, waiting, disks, leases' transport; a camera knows none of them.
Invariant: a camera object is used by one thread only, the camera thread, from `open` to the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8, (height, width, 3), BGR."""


class Opened(Struct, frozen=True):
    """What is known of a camera once it is open; the data of `camera.opened`.

    `address` is the numeric "host:port" that answered, for a network camera: the supervisor probes it when
    the camera is lost. `period_ns` is the time between two frames of a streaming camera, 0 where unknown. `streams`
    says which of the two kinds it is.
    """

    driver: str
    model: str
    detail: str = ""
    address: str = ""
    period_ns: int = 0
    streams: bool = False


class Frame(Struct, frozen=True):
    """One picture, with the time it was taken.

    Exactly one of `jpeg` (the camera's own bytes, never re-encoded) and `image` is there. `own_wall_ns` and
    `own_mono_ns` are the frame's own time: the start of its exposure where the camera tells, else its arrival.
    """

    own_wall_ns: int
    own_mono_ns: int
    jpeg: bytes | None = None
    image: Image | None = None
    exposure_us: int | None = None
    analogue_gain: float | None = None


class Drained(NamedTuple):
    """A frame of a stream that has come: its own time, and whether it was kept, so that it may be taken."""

    own_wall_ns: int
    own_mono_ns: int
    is_kept: bool = True


def always() -> int:
    """Every frame is wanted."""
    return 0


class Camera(Protocol):
    """Common to both kinds. The constructor does nothing that can block or fail."""

    def open(self) -> Opened:
        """Open the camera. Blocks (lease `open`). Raises `CameraError` with what to do. Called once."""

    def close(self) -> None:
        """Let go of the camera. May block; may be called twice, and without `open`."""


@runtime_checkable
class StreamingCamera(Camera, Protocol):
    """A camera that sends frames by itself and has to be drained all the time."""

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """Wait for the next frame and return its own time, without decoding it.

        `wanted_from_ns` tells from which moment on (monotonic) frames are wanted, as far as is known when it is asked:
        those that come before may be thrown away unread, and told of late.
        Blocks up to the camera's read time-out (`read_timeout_s`), which is shorter than its lease.
        Raises `CameraError` when the stream ended, stalled or broke.
        """

    def take(self) -> Frame:
        """The frame that `drain` last returned, kept. Does not block for another one. At most once a `drain`."""

    @property
    def read_timeout_s(self) -> float:
        """How long `drain` may block."""


@runtime_checkable
class ShootingCamera(Camera, Protocol):
    """A camera that takes a picture when asked."""

    def shoot(self, slot_ns: int) -> Frame:
        """Take one picture now, for the slot `slot_ns` (wall nanoseconds). Blocks for the exposure.

        Raises `CameraError` when none could be taken.
        """

    @property
    def exposure_s(self) -> float:
        """The longest that `shoot` should take; its lease is 1.5 times this and 2 s."""
