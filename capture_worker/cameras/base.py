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


class Planes(NamedTuple):
    """A picture as YUV 4:2:0, full range, BT.601, as JPEG has it. Each uint8.

    `y` is (height, width), `u` and `v` are (height / 2, width / 2). Rows may be views into a longer row.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]


class Exposure(Struct, frozen=True):
    """How a frame is, or is to be, exposed. `colour_gains` are the white balance: red and blue over green."""

    exposure_us: float
    analogue_gain: float
    colour_gains: tuple[float, float] | None = None


class ExposureLimits(Struct, frozen=True):
    """What a camera can be set to: (least, most) each. `has_colour_gains`: whether its white balance can be set too."""

    exposure_us: tuple[float, float]
    analogue_gain: tuple[float, float]
    has_colour_gains: bool = False


class Opened(Struct, frozen=True):
    """What is known of a camera once it is open; the data of `camera.opened`.

    `address` is the numeric "host:port" that answered, for a network camera: the supervisor probes it when
    the camera is lost. `period_ns` is the time between two frames of a streaming camera, 0 where unknown. `streams`
    says which of the two kinds it is. `device` is the path under /dev that was opened, for a camera of this machine.
    `limits` are there for an `AdjustableCamera` that can be set at present.
    """

    driver: str
    model: str
    detail: str = ""
    address: str = ""
    period_ns: int = 0
    streams: bool = False
    device: str = ""
    make: str = ""
    limits: ExposureLimits | None = None


class Frame(Struct, frozen=True):
    """One picture, with the time it was taken.

    Exactly one of `jpeg` (the camera's own bytes, never re-encoded), `image` and `planes` is there. `own_wall_ns` and
    `own_mono_ns` are the frame's own time: the start of its exposure where the camera tells, else its arrival.
    The rest is what the camera tells of it, None where it does not. `raw` is a whole DNG file, where one was asked for.
    """

    own_wall_ns: int
    own_mono_ns: int
    jpeg: bytes | None = None
    image: Image | None = None
    planes: Planes | None = None
    exposure_us: int | None = None
    analogue_gain: float | None = None
    digital_gain: float | None = None
    colour_gains: tuple[float, float] | None = None
    colour_temperature_k: int | None = None
    lux: float | None = None
    lens_position: float | None = None
    raw: bytes | None = None


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


@runtime_checkable
class RestingCamera(ShootingCamera, Protocol):
    """A camera that may be closed between two shots."""

    @property
    def warm_up_s(self) -> float:
        """How long before its slot it wants to be woken; 0 where it never rests."""

    def wake(self) -> None:
        """Be ready to shoot at once. Blocks (lease `open`). Raises `CameraError`. May be called when awake."""

    def rest(self) -> None:
        """Let go of the camera until `wake`. May block. May be called when at rest."""

    @property
    def rests_from_s(self) -> float:
        """How far away its next slot must be for it to rest until then; infinity where it never rests."""

    def check(self) -> None:
        """Raise `CameraError` where it has stalled since the last shot: better now than at the slot. Never blocks."""


@runtime_checkable
class AdjustableCamera(Camera, Protocol):
    """A camera whose exposure can be set, and held, from outside."""

    def set_exposure(self, exposure: Exposure) -> None:
        """Have this for the frames to come, and until it is called again. Does not wait until it is in force.

        Raises `CameraError` where the camera refuses. Called only where `Opened.limits` were there.
        """


@runtime_checkable
class PreloadingCamera(Protocol):
    """A camera that loads something large or late, which a stand-by can have done before it is needed."""

    def preload(self) -> None:
        """Load what `open` and the first picture need. May be slow. Opens nothing, and starts no thread."""
