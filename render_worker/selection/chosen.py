"""What was chosen, as values: frames, the gaps between them, and the pictures of a video.

Owns: the types. Does not own: how they come about (`picking`, `finding`, `timeline`).
Invariant: frames are in order of their instants, and no two are of one instant.
"""

from __future__ import annotations

from msgspec import Struct

from shared.errors import EX_UNAVAILABLE, TimelapseError

GONE = "it is gone"
"""The reason of a frame that was there when the frames were chosen, and is not any more."""


class NothingToRender(TimelapseError):  # noqa: N818 - it says what there is
    """No frame is left to render. The message says where it was looked, and what there is."""

    status = EX_UNAVAILABLE


class DamagedFrame(TimelapseError):  # noqa: N818 - it names the frame, as `damaged` names a miss
    """A frame that can't be used. `reason` says in a few words what is wrong with it; the message its path, too."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason


class Chosen(Struct, frozen=True, gc=False):
    """A frame. `path` is absolute, `bytes` -1 where nobody has looked, `offset_min` minutes east of UTC at the slot.

    `brightness_percent`, `exposure_us` and `checksum` are as in `frame.written`, None where they are not known.
    `checksum` is of the frame's bytes alone: where a raw file is a part of it, it is None.
    """

    slot_ms: int
    offset_min: int
    path: str
    bytes: int = -1
    brightness_percent: float | None = None
    exposure_us: int | None = None
    checksum: int | None = None


class Gap(Struct, frozen=True):
    """Slots without a frame between two neighbouring frames that were chosen, too many to pass unnoticed.

    `missing` is how many slots of the camera's have no frame; `missing_ms` how much time that is; `cause` the one of
    most of them. `held_pictures` is how many pictures of the video stand for them where gaps are kept in time, and
    `cut` is whether it would be more if that were not bounded.
    """

    after: Chosen
    before: Chosen
    missing: int
    held_pictures: int
    missing_ms: int = 0
    cause: str = "unknown"
    cut: bool = False


class Selection(Struct, frozen=True):
    """The frames of a render, in order. `found` is how many there were before they were thinned out.

    `interval_ms` is the usual time between two neighbouring frames, 0 where there is one frame alone.
    """

    frames: list[Chosen]
    found: int
    interval_ms: int
    gaps: list[Gap]


class Picture(Struct, frozen=True, gc=False):
    """One picture of a video: the frame of that index, faded towards another one by `weight` (0 to 1)."""

    frame: int
    towards: int | None = None
    weight: float = 0.0
