"""One picture between two frames, for a gap that is faded over.

Owns: that picture, as a JPEG like the first of the two. Does not own: which pictures are faded (`timeline`).
Invariant: it has the size and the sampling of colours of the first one, so that who decodes it meets nothing new.
"""

from __future__ import annotations

from render_worker.selection.chosen import DamagedFrame

_QUALITY = 92


def faded(a: bytes, b: bytes, weight: float) -> bytes:
    """`weight` (0 to 1) of the JPEG `b` over the JPEG `a`, as a JPEG. Some 30 ms at 1920x1080.

    A `b` of another size is scaled to that of `a`. Raises `DamagedFrame` where one of them can't be decoded.
    """
    import cv2  # noqa: PLC0415 - most videos have no fade in them
    import simplejpeg  # noqa: PLC0415

    try:
        height, width, _, sampling = simplejpeg.decode_jpeg_header(a)
        gray = sampling.lower() == "gray"
        colours = "GRAY" if gray else "BGR"
        first, second = (simplejpeg.decode_jpeg(jpeg, colorspace=colours) for jpeg in (a, b))
    except (ValueError, KeyError) as error:
        raise DamagedFrame(f"it can't be decoded: {error}") from error
    if second.shape != first.shape:
        second = cv2.resize(second, (width, height), interpolation=cv2.INTER_AREA).reshape(first.shape)
    blended = cv2.addWeighted(first, 1.0 - weight, second, weight, 0.0).reshape(first.shape)
    jpeg: bytes = simplejpeg.encode_jpeg(
        blended, quality=_QUALITY, colorspace=colours, colorsubsampling="Gray" if gray else sampling
    )
    return jpeg
