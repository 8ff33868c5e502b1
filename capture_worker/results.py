"""What the camera thread and the writer thread tell the main thread.

Owns: the types. Does not own: the threads.
Invariant: each slot that the main thread hands out comes back as exactly one `Taken` or `NotTaken`, and each `Taken`
that it hands on as exactly one `Stored` or `NotStored`; or else the process ends by `Broken`.
"""

from __future__ import annotations

from msgspec import Struct

from capture_worker.cameras.base import Frame, Opened
from shared.causes import MissCause, PictureFault
from shared.errors import TimelapseError
from shared.events import FrameWritten


class Opening(Struct, frozen=True):
    """Camera thread: the camera is open."""

    opened: Opened


class Taken(Struct, frozen=True):
    """Camera thread: the frame of a slot. `lateness_us` and `age_us` as in `frame.written`.

    `synchronised`, likewise, is added by the thread that stores it.
    """

    slot_ns: int
    frame: Frame
    lateness_us: int
    age_us: int
    synchronised: bool | None = None


class NotTaken(Struct, frozen=True):
    """Camera thread: no frame for this slot, but the camera goes on."""

    slot_ns: int
    cause: MissCause
    reason: str


class Stored(Struct, frozen=True):
    """Writer thread: durable. `found` is what was found of the picture, as `Inspected` has it."""

    written: FrameWritten
    found: dict[PictureFault, str] = {}


class NotStored(Struct, frozen=True):
    """Writer thread: this frame is not on the disk, and nothing of it is."""

    slot_ns: int
    cause: MissCause
    reason: str


class Saved(Struct, frozen=True):
    """Snapshot thread: the picture for these operations is in the file `path`, or there is none, and why."""

    operations: tuple[str, ...]
    path: str = ""
    problem: str = ""


class Broken(Struct, frozen=True):
    """Either thread: it can't go on, and has ended."""

    error: TimelapseError
    where: str


Result = Opening | Taken | NotTaken | Stored | NotStored | Saved | Broken
