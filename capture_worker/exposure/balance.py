"""White balance while the ramp runs: what the picture says of it, and how fast it follows.

Owns: finding what is nearly neutral in a picture, and easing the colour gains until it is neutral.
Does not own: the camera's own white balance, which gives the first gains.
Invariant: pure. A colour gain changes by no more than `gain_step_ev` a frame, and not at all where too little of the
picture is nearly neutral: a red evening sky stays red.

Why from the picture: libcamera's own white balance stands still as long as gains are set from outside, and the colour
temperature that it goes on to report is that of those gains; left to run, it can't be eased, and jumps between shots.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from capture_worker.cameras.base import Frame, Image, Planes

Gains = tuple[float, float]
"""Red and blue over green."""

_LEAST_SHARE = 0.02
_NEARLY_NEUTRAL = 0.25
"""How much colour, as a part of brightness, passes for a tint of the light rather than a colour of something."""
_DARKEST, _BRIGHTEST = 0.12, 0.92
_SAMPLES = 160
"""So many points across and down, at most, are looked at: some 0.5 ms whatever the picture's size."""
_STOPS_A_STOP = 1.6
"""Gray values stand for some 0.6 stops a stop of light in the middle of a camera's tone curve."""
_PART, _STILL_EV = 0.1, 0.02
_STEP_EV, _STEP_AT_S = 0.02, 10.0
_LEAST_GAIN, _MOST_GAIN = 0.25, 8.0


class Tint(Struct, frozen=True):
    """How much too red and too blue what is nearly neutral came out, in stops over green."""

    red_ev: float
    blue_ev: float


def tint_of(frame: Frame) -> Tint | None:
    """The tint of a frame that came as pixels; None where too little of it is nearly neutral, or it is a JPEG."""
    if frame.planes is not None:
        return _tint(*_from_planes(frame.planes))
    if frame.image is not None and frame.image.ndim == 3:
        return _tint(*_from_image(frame.image))
    return None


def gain_step_ev(elapsed_s: float) -> float:
    """The most that a gain changes in one frame: a fiftieth of a stop at ten seconds, with the root of the time."""
    return _STEP_EV * min(max(math.sqrt(elapsed_s / _STEP_AT_S), 0.3), 6.0)


def eased(asked: Gains, had: Gains, tint: Tint, elapsed_s: float) -> Gains:
    """The gains to want next: from those wanted last, towards those that would have made this frame neutral.

    `had` are those with which it was really taken, so that a camera that obeys late is not pushed further meanwhile.
    """
    most_ev = gain_step_ev(elapsed_s)
    red, blue = (_eased_one(*pair, most_ev) for pair in zip(asked, had, (tint.red_ev, tint.blue_ev), strict=True))
    return red, blue


def _eased_one(asked: float, had: float, too_much_ev: float, most_ev: float) -> float:
    left_ev = math.log2(had) - too_much_ev - math.log2(asked)
    if abs(left_ev) < _STILL_EV:
        return asked
    moved_ev = math.copysign(min(_PART * abs(left_ev), most_ev), left_ev)
    return min(max(asked * math.exp2(moved_ev), _LEAST_GAIN), _MOST_GAIN)


def _from_planes(planes: Planes) -> tuple[NDArray[np.floating[Any]], ...]:
    """Red, green and blue (0 to 1, as coded) of points spread over the picture."""
    down, across = (max(1, size // _SAMPLES) for size in planes.u.shape)
    u = (planes.u[::down, ::across].astype(np.float32) - 128) / 255
    v = (planes.v[::down, ::across].astype(np.float32) - 128) / 255
    y = planes.y[:: 2 * down, :: 2 * across][: u.shape[0], : u.shape[1]].astype(np.float32) / 255
    return y + 1.402 * v, y - 0.344 * u - 0.714 * v, y + 1.772 * u


def _from_image(image: Image) -> tuple[NDArray[np.floating[Any]], ...]:
    down, across = (max(1, size // _SAMPLES) for size in image.shape[:2])
    points = image[::down, ::across].astype(np.float32) / 255
    return points[:, :, 2], points[:, :, 1], points[:, :, 0]


def _tint(
    red: NDArray[np.floating[Any]], green: NDArray[np.floating[Any]], blue: NDArray[np.floating[Any]]
) -> Tint | None:
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    colour = np.abs(0.564 * (blue - y)) + np.abs(0.713 * (red - y))
    neutral = (colour < _NEARLY_NEUTRAL * y) & (y > _DARKEST) & (y < _BRIGHTEST)
    if np.count_nonzero(neutral) < _LEAST_SHARE * y.size:
        return None
    over_green = (float(part[neutral].mean() / green[neutral].mean()) for part in (red, blue))
    red_ev, blue_ev = (_STOPS_A_STOP * math.log2(max(ratio, 0.01)) for ratio in over_green)
    return Tint(red_ev, blue_ev)
