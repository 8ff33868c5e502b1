"""How bright a frame is, where nobody has noted it.

Owns: measuring one JPEG. Does not own: which frames need it, nor reading them.
Invariant: it is what capture measures and the ledger keeps, so that noted and measured values mix without a step.
"""

from __future__ import annotations

_WHITE = 255
_DOWN, _ACROSS = 60, 120
"""Rows and columns that are looked at, of a reduced picture that has twice as many or more. As capture does it."""


def measure(jpeg: bytes) -> float:
    """The mean gray value of a JPEG, 0 (black) to 1 (white), as it is in the file. Some 4 ms at 1920x1080.

    Raises ValueError for one that is damaged.
    """
    import simplejpeg  # noqa: PLC0415 - with numpy it is 30 MB, and most renders know every brightness

    try:
        # A least size of 1 asks for the smallest scale there is, which is 1/8. Strict is the default.
        gray = simplejpeg.decode_jpeg(jpeg, colorspace="GRAY", min_height=1, min_width=1, min_factor=8)[:, :, 0]
    except ValueError as error:
        raise ValueError(f"damaged frame: {error}") from error
    except KeyError as error:
        # simplejpeg 1.6 looks up the colours of a JPEG that has no picture in it.
        raise ValueError("damaged frame: there is no picture in it") from error
    height, width = gray.shape
    return float(gray[:: max(1, height // _DOWN), :: max(1, width // _ACROSS)].mean()) / _WHITE
