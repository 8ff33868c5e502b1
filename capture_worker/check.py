"""Whether a JPEG is whole, before it is stored; and the small gray picture that comes of looking.

Owns: the strict check that every frame passes, and decoding to gray.
Does not own: what becomes of a damaged one (a miss), freshness, nor what is in the picture (`quality`).
Invariant: nothing that libjpeg warns about passes. Damage that it does not warn about is out of reach: a few bytes
changed, a run of zeros, and some 7 in 1000 of those with 512 bytes of noise in the middle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from shared.errors import TimelapseError

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_PADDING = b"\x00\r\n"
"""What cameras and multipart streams leave after the end of the picture; it does no harm."""


class DamagedFrame(TimelapseError):  # noqa: N818 - it names the frame, as `damaged` names the miss
    """This JPEG must not be stored. `reason` says in a few words what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"damaged frame: {reason}")
        self.reason = reason


class Checked(NamedTuple):
    """A whole JPEG: its size in pixels, and an eighth of it in gray, each value the mean of 8x8 pixels.

    `gray` is uint8, (height / 8, width / 8), each rounded up.
    """

    width: int
    height: int
    gray: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height


def check_jpeg(jpeg: bytes) -> Checked:
    """What there is to know of a whole JPEG. Some 4 ms at 1920x1080: all of it is read, an eighth is computed.

    Raises `DamagedFrame` for anything else.
    """
    if not jpeg.startswith(_SOI):
        raise DamagedFrame("it does not begin as a JPEG" if jpeg else "it is empty")
    if not jpeg.rstrip(_PADDING).endswith(_EOI):
        raise DamagedFrame("it has no end: it was cut off")
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
        # A least size of 1 asks for the smallest scale there is, which is 1/8. Strict is the default; simplejpeg
        # 1.6, Debian 12's, knows nothing else and not the keyword.
        gray = _gray(jpeg, 1, 1, 8)
    except ValueError as error:
        raise DamagedFrame(str(error) or "it can't be decoded") from error
    except KeyError as error:
        # simplejpeg 1.6 looks up the colours of a JPEG that has no picture in it.
        raise DamagedFrame("there is no picture in it") from error
    return Checked(width, height, gray)


def gray_at(jpeg: bytes, checked: Checked, factor: int) -> NDArray[np.uint8]:
    """A JPEG that was checked, in gray, at a `factor`-th (1, 2, 4 or 8) of its width and height.

    At 1920x1080 a quarter costs a tenth more than the check, a half a fifth, and all of it a half.
    """
    return _gray(jpeg, checked.width // factor, checked.height // factor, factor)


def _gray(jpeg: bytes, least_width: int, least_height: int, factor: int) -> NDArray[np.uint8]:
    decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        jpeg, colorspace="GRAY", min_height=least_height, min_width=least_width, min_factor=factor
    )
    return decoded[:, :, 0]
