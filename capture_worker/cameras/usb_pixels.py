"""From a camera's raw bytes to a picture.

Owns: the layouts of the raw formats, and the range of their values.
Does not own: which format is used (`usb_modes`), the JPEG that is made of it (`capture_worker.encode`).
Invariant: pure. Bytes that are too few for a whole picture make none: what a buffer held before is never part of one.

Chroma that has its own row for each row of the picture is averaged over two: the JPEG has one for two in any case.
Colours are taken as BT.601, as the USB video class has it unless a camera says otherwise, and none was seen that does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras.base import Image, Planes
from capture_worker.cameras.v4l2_types import Layout

Bytes = NDArray[np.uint8]
Picture = Image | Planes
_ORDERS = {"YUYV": (0, 1, 3), "UYVY": (1, 0, 2), "YVYU": (0, 3, 1)}
"""Within the four bytes of two pixels: the first Y, U, V."""


def picture_of(data: Bytes, layout: Layout) -> Picture | None:
    """The picture in `data` (uint8, flat); None where it is too short to be a whole one. 4 to 10 ms at 1920x1080.

    Raises KeyError for a format that is not among `usb_modes.RAW_FORMATS`.
    """
    picture = _READERS[layout.fourcc](data, layout)
    if not isinstance(picture, Planes) or layout.is_full_range:
        return picture
    return Planes(_LUMA[picture.y], _CHROMA[picture.u], _CHROMA[picture.v])


def _packed(data: Bytes, layout: Layout) -> Picture | None:
    rows = _rows(data, layout, 2)
    if rows is None:
        return None
    first_y, first_u, first_v = _ORDERS[layout.fourcc]
    height, width = _even(layout)
    rows = rows[:height, : 2 * width]
    return Planes(rows[:, first_y::2], _halved(rows[:, first_u::4]), _halved(rows[:, first_v::4]))


def _half_planar(data: Bytes, layout: Layout) -> Picture | None:
    """Y, and then U and V by turns, one pair for four pixels."""
    height, width = _even(layout)
    stride = max(layout.bytes_per_line, layout.width)
    rows = _whole_rows(data, stride, layout.height + height // 2)
    if rows is None:
        return None
    pairs = rows[layout.height :, :width]
    u, v = pairs[:, 0::2], pairs[:, 1::2]
    return Planes(rows[:height, :width], *((u, v) if layout.fourcc == "NV12" else (v, u)))


def _planar(data: Bytes, layout: Layout) -> Picture | None:
    """Y, and then the two others, a quarter of the size each."""
    height, width = _even(layout)
    stride = max(layout.bytes_per_line, layout.width)
    luma, quarter = stride * layout.height, (stride // 2) * (height // 2)
    if len(data) < luma + 2 * quarter:
        return None
    first, second = (
        data[start : start + quarter].reshape(height // 2, stride // 2)[:, : width // 2]
        for start in (luma, luma + quarter)
    )
    y = data[:luma].reshape(layout.height, stride)[:height, :width]
    return Planes(y, *((first, second) if layout.fourcc == "YU12" else (second, first)))


def _gray(data: Bytes, layout: Layout) -> Picture | None:
    rows = _rows(data, layout, 1)
    if rows is None:
        return None
    height, width = _even(layout)
    neutral = np.full((height // 2, width // 2), 128, np.uint8)
    return Planes(rows[:height, :width], neutral, neutral)


def _colours(data: Bytes, layout: Layout) -> Picture | None:
    rows = _rows(data, layout, 3)
    if rows is None:
        return None
    image = rows[:, : 3 * layout.width].reshape(layout.height, layout.width, 3)
    return np.ascontiguousarray(image if layout.fourcc == "BGR3" else image[:, :, ::-1])


_READERS: dict[str, Callable[[Bytes, Layout], Picture | None]] = {
    **dict.fromkeys(_ORDERS, _packed),
    "NV12": _half_planar,
    "NV21": _half_planar,
    "YU12": _planar,
    "YV12": _planar,
    "GREY": _gray,
    "BGR3": _colours,
    "RGB3": _colours,
}


def _rows(data: Bytes, layout: Layout, bytes_per_pixel: int) -> Bytes | None:
    return _whole_rows(data, max(layout.bytes_per_line, bytes_per_pixel * layout.width), layout.height)


def _whole_rows(data: Bytes, stride: int, count: int) -> Bytes | None:
    if len(data) < stride * count:
        return None
    return data[: stride * count].reshape(count, stride)


def _even(layout: Layout) -> tuple[int, int]:
    """Height and width of which the halves are whole."""
    return layout.height & ~1, layout.width & ~1


def _halved(chroma: Bytes) -> Bytes:
    """The mean of each two rows."""
    pairs = chroma[0::2].astype(np.uint16) + chroma[1::2] + 1
    return (pairs >> 1).astype(np.uint8)


def _stretched(least: int, most: int) -> Bytes:
    """What values from `least` to `most` become where all of 0 to 255 is in use."""
    values = (np.arange(256) - least) * (255 / (most - least))
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


_LUMA = _stretched(16, 235)
_CHROMA = _stretched(16, 240)
