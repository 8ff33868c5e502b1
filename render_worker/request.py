"""What is to be rendered: the whole of it, as it crosses from whoever asks to the process that renders.

Owns: the types and their defaults. Does not own: the words of the command line, nor those of the configuration.
Invariant: a request says everything; the process that renders reads no configuration and asks nobody. Nothing here is
mutable.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from shared.config.model import Location

Kind = Literal["video", "keogram", "contact-sheet", "average", "brightest"]
Codec = Literal["h264", "h265", "copy"]
Gaps = Literal["hold", "skip", "fade"]
Profile = Literal["auto", "normal", "small"]
Hardware = Literal["never", "auto"]
Place = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"]
Rotation = Literal[0, 90, 180, 270]


class Overlay(Struct, frozen=True):
    """What is drawn over the pictures of a video. All of it empty: nothing.

    `timestamp` is for strftime, of the slot's local time; `text` has fields in braces: {camera} {date} {time} {frame}
    {frames} {exposure}. `font` is the path of a TrueType font, empty for the built-in one; `height_percent` is how high
    a line is, of the video's height. `day_bar` is a bar along the lower edge that shows how much of the day is over.
    """

    timestamp: str = ""
    text: str = ""
    place: Place = "bottom-left"
    font: str = ""
    height_percent: float = 4.0
    day_bar: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not (self.timestamp or self.text or self.day_bar)


class Picking(Struct, frozen=True):
    """Which frames: those with `first_ms <= slot < end_ms` (milliseconds since the epoch) that the rest leaves in.

    `between` is a window of each day as the configuration writes it, or `solar-noon`: the one frame of each day that is
    nearest to it; empty is all day. `every_ms` is the least time between two frames, 0 for all. `length_s` is how long
    the video is at most: more frames than it has room for are thinned out evenly in time; 0 is no limit.
    """

    first_ms: int
    end_ms: int
    between: str = ""
    location: Location | None = None
    every_ms: int = 0
    length_s: float = 0.0


class Look(Struct, frozen=True):
    """How the pictures look: first cropped, then rotated, then scaled.

    `size` is (width, height) in pixels, None for the frames' own; a 0 in it is what keeps the proportions. `crop` is
    left, top, width and height as fractions of the frame. `rotation` is in degrees, clockwise. `blend` is over how many
    frames each picture is averaged, 1 for none.
    """

    size: tuple[int, int] | None = None
    crop: tuple[float, float, float, float] | None = None
    rotation: Rotation = 0
    blend: int = 1
    deflicker: bool = True
    overlay: Overlay = Overlay()


class Encoding(Struct, frozen=True):
    """How it is encoded. `crf` is x264's or x265's constant rate factor, None for the codec's own default here.

    `codec` "copy" puts the frames as they are into the file. `profile` "small" stays below 200 MB at 1080p, the
    process that feeds ffmpeg included, and "auto" is that on a machine with less than 1 GB. `hardware` "auto" takes an
    encoder of the machine that passed a trial.
    """

    codec: Codec = "h264"
    crf: int | None = None
    profile: Profile = "auto"
    hardware: Hardware = "never"


class RenderRequest(Struct, frozen=True):
    """One result. `output` is the path that it gets when it is whole (.mp4 or .mkv; .jpg or .png of a still).

    `replace` is whether a file that is there is replaced. `stop_above_percent` is how full the disk of `output` may
    become. `title` stands in the file; empty is made from the camera and the range.
    """

    output_dir: str
    camera: str
    output: str
    picking: Picking
    kind: Kind = "video"
    fps: float = 25.0
    gaps: Gaps = "hold"
    look: Look = Look()
    encoding: Encoding = Encoding()
    replace: bool = False
    stop_above_percent: float = 90.0
    title: str = ""
