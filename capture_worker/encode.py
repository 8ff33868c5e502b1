"""Making a JPEG of a picture that came from the camera as pixels.

Owns: the encoder's settings.
Does not own: whether a JPEG is sound (`check`), nor what is written beside the pixels (`exif`).
Invariant: what is returned is a whole JPEG; every failure is an exception.
"""

from __future__ import annotations

import numpy as np
import simplejpeg

from capture_worker.cameras.base import Image, Planes
from shared.errors import CameraError


def encode_jpeg(image: Image, quality: int) -> bytes:
    """`image` (uint8, BGR or gray) as a baseline JPEG of `quality` 1 to 100. Some 4 ms at 1920x1080.

    Raises `CameraError` where the picture is none that a JPEG can hold.
    """
    import cv2  # noqa: PLC0415 - 20 MB that a camera which gives JPEGs does without

    shape = _shape(image)
    advice = "the camera's driver delivered something else than a picture; try another resolution"
    try:
        done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise CameraError(f"a picture of {shape} can't be encoded ({error.err}): {advice}") from error
    if not done:
        raise CameraError(f"a picture of {shape} can't be encoded: {advice}")
    return jpeg.tobytes()


def encode_planes(planes: Planes, quality: int) -> bytes:
    """`planes` as a baseline JPEG 4:2:0 of `quality` 1 to 100, their samples as they are. Some 14 ms at 8 MP.

    Raises `CameraError` where the planes are none of one picture.
    """
    try:
        if hasattr(simplejpeg, "encode_jpeg_yuv_planes"):
            jpeg: bytes = simplejpeg.encode_jpeg_yuv_planes(*planes, quality)
            return jpeg
        return encode_jpeg(_image_of(planes), quality)
    except ValueError as error:
        raise CameraError(f"a picture of {_shape(planes.y)} in planes can't be encoded ({error})") from error


def _image_of(planes: Planes) -> Image:
    """For simplejpeg before 1.8, which takes no planes: twice the memory, and some pixels off by one."""
    import cv2  # noqa: PLC0415 - as above

    height, width = planes.y.shape
    colours = (cv2.resize(np.ascontiguousarray(plane), (width, height)) for plane in (planes.v, planes.u))
    return np.asarray(cv2.cvtColor(cv2.merge([planes.y, *colours]), cv2.COLOR_YCrCb2BGR), np.uint8)


def _shape(array: Image) -> str:
    return "x".join(str(size) for size in array.shape)
