"""Making a JPEG of a picture that came from the camera as pixels.

Owns: the encoder's settings.
Does not own: whether a JPEG is sound (`check`), nor what is written beside the pixels (`exif`).
Invariant: what is returned is a whole JPEG; every failure is an exception.
"""

from __future__ import annotations

from capture_worker.cameras.base import Image
from shared.errors import CameraError


def encode_jpeg(image: Image, quality: int) -> bytes:
    """`image` (uint8, BGR or gray) as a baseline JPEG of `quality` 1 to 100. Some 4 ms at 1920x1080.

    Raises `CameraError` where the picture is none that a JPEG can hold.
    """
    import cv2  # noqa: PLC0415 - 20 MB that a camera which gives JPEGs does without

    shape = "x".join(str(size) for size in image.shape)
    advice = "the camera's driver delivered something else than a picture; try another resolution"
    try:
        done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise CameraError(f"a picture of {shape} can't be encoded ({error.err}): {advice}") from error
    if not done:
        raise CameraError(f"a picture of {shape} can't be encoded: {advice}")
    return jpeg.tobytes()
