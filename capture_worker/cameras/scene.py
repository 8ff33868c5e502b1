"""The picture of the built-in camera: a building site under a sky that follows the slot's local time of day.

Owns: putting the picture together, its lettering and its mark, and what is cached from one picture to the next.
Does not own: the sky, the site and the mark themselves (`scene_sky`, `scene_site`, `mark`); faults; encoding.
Invariant: pure but for the machine's time zone; the same arguments give the same pixels.
"""

from __future__ import annotations

import time
from functools import lru_cache

import cv2
import numpy as np

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import draw_mark, mark_height, read_mark
from capture_worker.cameras.scene_site import draw_moving, draw_site
from capture_worker.cameras.scene_sky import draw_clouds, draw_sky

__all__ = ["MIN_HEIGHT", "MIN_WIDTH", "read_mark", "render"]

MIN_WIDTH, MIN_HEIGHT = 160, 120
"""The smallest picture whose mark can be read back from a JPEG."""

BAND_COLOUR = (30, 26, 24)
_NS_PER_MS = 1_000_000
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WRAP_S = 86_400 * 50
"""Movement starts over after this long, so that a float keeps its precision."""


def render(slot_ns: int, width: int, height: int) -> Image:
    """The scene at `slot_ns` (wall nanoseconds since the epoch) as uint8 BGR of (height, width, 3).

    Some 3 ms at 1920x1080, and 20 ms for the first picture of each minute. Below 160x120 the mark can't be read.
    """
    slot_ms = slot_ns // _NS_PER_MS
    local = time.localtime(slot_ms // 1000)
    hour = (local.tm_hour * 60 + local.tm_min) / 60
    image = _backdrop(width, height, local.tm_hour * 60 + local.tm_min).copy()
    time_s = slot_ms % (_WRAP_S * 1000) / 1000
    view = image[: _band_top(width, height)]
    draw_clouds(view, hour, time_s)
    draw_moving(view, hour, time_s)
    _draw_lettering(image, slot_ms, local)
    draw_mark(image, slot_ms)
    return image


@lru_cache(maxsize=2)
def _backdrop(width: int, height: int, minute_of_day: int) -> Image:
    """What stands still for a minute. Two are kept: a picture just before the full minute may come late."""
    hour, top = minute_of_day / 60, _band_top(width, height)
    image = np.full((height, width, 3), BAND_COLOUR, np.uint8)
    image[:top] = draw_sky(width, top, hour)
    draw_site(image[:top], hour)
    image.flags.writeable = False
    return image


def _band_top(width: int, height: int) -> int:
    return height - mark_height(height) - _band_height(width, height)


def _band_height(width: int, height: int) -> int:
    wanted = round(height * 0.075) if _in_one_line(width, height) else max(20, round(height * 0.15))
    return min(wanted, (height - mark_height(height)) // 2)


def _in_one_line(width: int, height: int) -> bool:
    """Whether time and slot stand beside each other: only where the letters stay large enough to read."""
    return width >= 900 and width >= height


def _draw_lettering(image: Image, slot_ms: int, local: time.struct_time) -> None:
    height, width = image.shape[:2]
    day_and_time = time.strftime("%Y-%m-%d %H:%M:%S", local) + f".{slot_ms % 1000:03d}"
    offset = "UTC" + time.strftime("%z", local)
    top, tall = _band_top(width, height), _band_height(width, height)
    if _in_one_line(width, height):
        _write(image, f"{day_and_time} {offset}", (0.02, 0.60), top, tall)
        _write(image, f"slot {slot_ms}", (0.66, 0.98), top, tall, right=True)
    else:
        _write(image, day_and_time, (0.02, 0.98), top, tall // 2)
        _write(image, f"{offset} slot {slot_ms}", (0.02, 0.98), top + tall // 2, tall // 2)


def _write(image: Image, text: str, span: tuple[float, float], top: int, tall: int, *, right: bool = False) -> None:
    """Write `text` as large as the span (parts of the width) and `tall` (pixels) allow, upright in the middle."""
    width = image.shape[1]
    room = (span[1] - span[0]) * width
    # The size is taken from a text of zeros of the same length: digits differ in width, and letters must not jump.
    (natural, letter), _ = cv2.getTextSize("0" * len(text), _FONT, 1.0, 1)
    scale = min(room / natural, 0.66 * tall / letter)
    thickness = max(1, round(scale * 1.5))
    (wide, high), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    left = round(span[1] * width) - wide if right else round(span[0] * width)
    foot = top + (tall + high) // 2
    cv2.putText(image, text, (left, foot), _FONT, scale, (244, 240, 236), thickness, cv2.LINE_AA)
