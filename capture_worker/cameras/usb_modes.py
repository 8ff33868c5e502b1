"""Which of a camera's formats is used, and whether it has the size that is asked for.

Owns: the order of preference, and the answer to a size that is not there.
Does not own: what a camera advertises (`v4l2_types`), nor what is made of its bytes (`usb_pixels`).
Invariant: pure. The size is the one asked for, to the pixel, or there is a `ConfigError` that names what there is.
"""

from __future__ import annotations

from collections.abc import Sequence

from capture_worker.cameras.v4l2_types import Format, Sizes
from shared.errors import CameraError, ConfigError

JPEG_FORMATS = ("MJPG", "JPEG")
"""The camera's own JPEGs."""
RAW_FORMATS = ("YUYV", "UYVY", "YVYU", "NV12", "NV21", "YU12", "YV12", "BGR3", "RGB3", "GREY")
"""Uncompressed, the less is lost the earlier."""

_MOST_NAMED = 12
Size = tuple[int, int]


def choose_format(formats: Sequence[Format], size: Size, where: str) -> Format:
    """The best format that has `size`: the camera's own JPEGs, else raw pixels.

    Raises `ConfigError` where no usable format has that size, `CameraError` where there is no usable format at all.
    """
    usable = [each for fourcc in (*JPEG_FORMATS, *RAW_FORMATS) for each in formats if each.fourcc == fourcc]
    if not usable:
        offered = ", ".join(f"{each.fourcc} ({each.description})" for each in formats) or "nothing"
        raise CameraError(f"{where}: the camera sends {offered}, and none of it can be recorded; use another camera")
    for each in usable:
        if each.sizes.has(size):
            return each
    raise ConfigError(f"{where}: resolution: {_no_such_size(usable, size)}")


def _no_such_size(usable: Sequence[Format], size: Size) -> str:
    sizes = [each for usable_format in usable for each in _named(usable_format.sizes)]
    named = sorted(set(sizes), key=lambda each: (each[0] * each[1], each), reverse=True)
    nearest = min(named, key=lambda each: (abs(each[0] - size[0]) + abs(each[1] - size[1]), each), default=None)
    if nearest is None:
        return f"the camera does not say whether it can send {_text(size)}"
    there = ", ".join(_text(each) for each in named[:_MOST_NAMED])
    more = ", ..." if len(named) > _MOST_NAMED else ""
    return f"the camera does not send {_text(size)} (did you mean {_text(nearest)}? it has {there}{more})"


def _named(sizes: Sizes) -> tuple[Size, ...]:
    if sizes.discrete:
        return sizes.discrete
    return (sizes.least, sizes.most) if all(sizes.most) else ()


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
