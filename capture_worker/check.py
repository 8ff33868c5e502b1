"""Whether a JPEG is whole, before it is stored.

Owns: the strict check that every frame passes.
Does not own: what becomes of a damaged one (a miss), nor freshness.
Invariant: nothing that libjpeg warns about passes. Damage that it does not warn about is out of reach: a few bytes
changed, a run of zeros, and some 7 in 1000 of those with 512 bytes of noise in the middle.
"""

from __future__ import annotations

import simplejpeg

from shared.errors import TimelapseError

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_PADDING = b"\x00\r\n"
"""What cameras and multipart streams leave after the end of the picture; it does no harm."""


class DamagedFrame(TimelapseError):  # noqa: N818 - it names the frame, as `damaged` names the miss
    """This JPEG must not be stored. `reason` says in a few words what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"damaged frame: {reason}")
        self.reason = reason


def check_jpeg(jpeg: bytes) -> tuple[int, int]:
    """The size (width, height) of a whole JPEG. Some 4 ms at 1920x1080: all of it is read, an eighth is computed.

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
        simplejpeg.decode_jpeg(jpeg, colorspace="GRAY", min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        raise DamagedFrame(str(error) or "it can't be decoded") from error
    except KeyError as error:
        # simplejpeg 1.6 looks up the colours of a JPEG that has no picture in it.
        raise DamagedFrame("there is no picture in it") from error
    return width, height
