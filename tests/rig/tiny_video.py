"""Small pictures and the videos made of them, as ffmpeg sees them.

Owns: making JPEGs of one colour or with a number in them, looking into a video. Does not own: making the video.
Invariant: a picture's number can be read from the video, whatever was done to it on the way.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from msgspec import Struct
from numpy.typing import NDArray

from render_worker.encoding.plan import Plan
from render_worker.encoding.process import Encoded, Encoder
from render_worker.request import Encoding, Look

SIZE = (320, 180)
_LEVELS = 16
_STEP = 14
_AS_RGB = ["-sws_flags", "accurate_rnd+full_chroma_int", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]


class Seen(Struct, frozen=True):
    """What ffprobe says of a video's stream, and the tags of the file."""

    codec: str
    profile: str
    pixels: str
    size: tuple[int, int]
    pictures: int
    rate: Fraction
    duration_s: float
    colours: tuple[str, str]
    tag: str
    titles: dict[str, str]


def plan(output: Path, look: Look = Look(), encoding: Encoding = Encoding(), fps: float = 25.0) -> Plan:  # noqa: B008
    """Of pictures of `SIZE`, into an mp4."""
    return Plan(fps=fps, source=SIZE, look=look, encoding=encoding, output=output)


def plain(colour: tuple[int, int, int], size: tuple[int, int] = SIZE, subsampling: str = "420") -> bytes:
    """A JPEG of one colour: red, green, blue."""
    image = np.full((size[1], size[0], 3), colour, np.uint8)
    jpeg: bytes = simplejpeg.encode_jpeg(image, quality=95, colorspace="RGB", colorsubsampling=subsampling)
    return jpeg


def numbered(number: int, size: tuple[int, int] = SIZE) -> bytes:
    """A gray JPEG that is as bright as its number is high, which repeats after 16."""
    return plain((brightness(number),) * 3, size)


def brightness(number: int) -> int:
    """Of `numbered`, 0 to 255."""
    return 16 + _STEP * (number % _LEVELS)


def number_in(picture: NDArray[np.uint8]) -> int:
    """Of a picture made by `numbered`, from its middle."""
    height, width = picture.shape[:2]
    middle = picture[height // 3 : height * 2 // 3, width // 3 : width * 2 // 3]
    return round((float(middle.mean()) - 16) / _STEP)


def encode(of: Plan, jpegs: Sequence[bytes], strips: Sequence[bytes] = ()) -> Encoded:
    """All of it, with the same strips over each picture."""
    with Encoder(of) as encoder:
        encoder.start()
        for jpeg in jpegs:
            encoder.feed(jpeg, strips)
        return encoder.finish()


def look_at(path: Path) -> Seen:
    """Every picture is decoded and counted."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    stream = said["streams"][0]
    return Seen(
        codec=stream["codec_name"],
        profile=stream.get("profile", ""),
        pixels=stream["pix_fmt"],
        size=(stream["width"], stream["height"]),
        pictures=int(stream["nb_read_frames"]),
        rate=Fraction(stream["avg_frame_rate"]),
        duration_s=float(said["format"]["duration"]),
        colours=(stream.get("color_range", ""), stream.get("color_space", "")),
        tag=stream["codec_tag_string"],
        titles=said["format"].get("tags", {}),
    )


def pictures_of(path: Path) -> list[NDArray[np.uint8]]:
    """Every picture of a video as a player shows it, by the tags of the file: red, green, blue."""
    size = look_at(path).size
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", f"file:{path}", *_AS_RGB],
        capture_output=True,
        check=True,
    )
    return list(np.frombuffer(done.stdout, np.uint8).reshape(-1, size[1], size[0], 3))


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    """A JPEG as a browser shows it: red, green, blue."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image[:, :, ::-1], np.uint8)
