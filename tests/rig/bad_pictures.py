"""Pictures that are whole as files and bad to look at: black, repeated, torn, fogged.

Owns: making them of good ones. Does not own: what makes a camera give them.
Invariant: no two JPEGs of different numbers are the same bytes, and each but the damaged ones passes the strict check.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from capture_worker.cameras.base import Image
from tests.rig.scene_jpeg import corrupted, truncated

Tear = Literal["gray", "green", "smeared", "shifted"]
_GRAY, _GREEN = (128, 128, 128), (0, 135, 0)
"""BGR. Green is what YUV of nothing but zeros comes out as."""


def as_the_fault_has_it(fault: str, number: int, fresh: bytes, latest: bytes) -> bytes:
    """What the misbehaving camera (`mjpeg_server`) gives as its picture of this number."""
    made: dict[str, Callable[[], bytes]] = {
        "truncate": lambda: truncated(fresh),
        "corrupt": lambda: corrupted(fresh),
        "black": lambda: blacked(fresh, number),
        "freeze": lambda: renewed(latest, number),
        "tear": lambda: half_lost(fresh, number),
    }
    return made[fault]() if fault in made else fresh


def blacked(jpeg: bytes, number: int) -> bytes:
    """A picture of the same size with the lens covered: the noise of the sensor, and nothing else."""
    height, width = _decoded(jpeg).shape[:2]
    noise = np.random.default_rng(number).normal(2.0, 1.5, (height, width, 1))
    return _encoded(np.repeat(np.clip(noise, 0, 255), 3, axis=2).astype(np.uint8))


def renewed(jpeg: bytes, number: int) -> bytes:
    """The same picture in other bytes: a comment with its number is put in, for the last one."""
    if jpeg[2:4] == b"\xff\xfe":
        jpeg = jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]
    comment = str(number).encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def half_lost(jpeg: bytes, number: int) -> bytes:
    """From a row on that is another one each time there is nothing: the rest of the picture was lost on the way."""
    noise = random.Random(number)
    return _encoded(torn(_decoded(jpeg), noise.choice(("gray", "green")), noise))


def torn(image: Image, kind: Tear, noise: random.Random) -> Image:
    """A copy that is torn at some row between a fifth and four fifths of its height."""
    height, width = image.shape[:2]
    row = noise.randrange(height // 5, height * 4 // 5)
    bad = image.copy()
    if kind == "shifted":
        bad[row:] = np.roll(image[row:], noise.randrange(width // 20, width // 2), axis=1)
    else:
        bad[row:] = {"gray": _GRAY, "green": _GREEN, "smeared": image[row]}[kind]
    return bad


def fogged(image: Image, blur: float, veil: float) -> Image:
    """Seen through a lens with dew on it: blurred by `blur` thousandths of the width, the light scattered by `veil`."""
    soft = cv2.GaussianBlur(image.astype(np.float32), (0, 0), blur * image.shape[1] / 1000)
    return np.asarray(soft * (1 - veil) + soft.mean() * veil, np.uint8)


def noisy(image: Image, sigma: float, seed: int) -> Image:
    """With the noise of a sensor, in gray levels."""
    grain = np.random.default_rng(seed).standard_normal(image.shape[:2], np.float32) * np.float32(sigma)
    return np.clip(image + (grain[..., np.newaxis] if image.ndim == 3 else grain), 0, 255).round().astype(np.uint8)


def _decoded(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _encoded(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
