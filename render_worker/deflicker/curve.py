"""One gain for each frame, so that what the camera did to the brightness is not seen and what the light did is.

Owns: the gains. Does not own: measuring (`measure`), which steps are the camera's (`steps`), carrying it out
(`commands`).
Invariant: pure. A gain lies within one stop of light of 1, and is 1 where nothing is known. Twice the light in every
frame makes no difference, nor does time that runs backwards.

Brightness is handled as its logarithm, since a gain is a factor. What is known to be the camera's (a step at which the
exposure time changed; the teeth of a ramp) is replaced by its own slow course; what is left is smoothed over about a
second of video, cut at lasting steps of light and at gaps in time, and values that stand out do not count in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render_worker.deflicker.smoothing import Values

_MOST = 1 / 2.2
"""The most that a gain changes, in powers of two of gamma-coded values: one stop of light."""
_DARKEST = 0.01
"""Mean gray, of white. What is darker counts as this: a step from one gray level to two is none that is seen."""
_SIGMA_CAMERA = 15.0
_SIGMA_LIGHT = 6.0
"""Frames. What the camera did is smoothed over more: nothing real is in it."""
_EVENT_FROM, _EVENT_ALL = 0.6, 1.2
"""So far from its surroundings, in powers of two, a frame is what it is (lightning), and no gain could hide it."""
_GAP_TIMES = 5.0
"""A distance so many times the usual one is a gap: what is behind it has nothing to do with what is before."""
_USUAL_OF = 4
"""Distances on either side of one that say what is usual there."""
_FEWEST = 2 * int(_SIGMA_LIGHT)
"""Frames between two gaps. Where there are fewer as a rule, as with half an hour of each day, gaps are the sequence."""
_WHITE_FROM, _WHITE_ALL = 0.78, 0.98
"""Mean gray, of white: so much of the picture is clipped that darkening it would turn white into gray."""
_FULLEST = 0.95
"""No gain makes a picture brighter than this."""
_DECIMALS = 4


def gains(slot_ms: Sequence[int], brightness: Sequence[float], exposure_us: Sequence[int | None]) -> list[float]:
    """A factor for the gamma-coded values of each frame, 1.0 for none; each from 0.73 to 1.37.

    `brightness` is each frame's mean gray, 0 to 1, NaN where it is not known; `exposure_us` its exposure time, None
    where it is not known. Frames are in order. 100,000 take less than a second.
    """
    import numpy as np  # noqa: PLC0415 - see the package: only who deflickers pays for it

    if not len(slot_ms) == len(brightness) == len(exposure_us):
        raise ValueError(f"{len(slot_ms)} slots, {len(brightness)} brightnesses, {len(exposure_us)} exposures")
    measured = np.array(brightness, dtype=float)
    known = np.isfinite(measured)
    if known.sum() < 2:
        return [1.0] * len(measured)
    at = np.flatnonzero(known)
    exposure = np.array([us if us and us > 0 else math.nan for us in exposure_us])
    gain = np.ones(len(measured))
    gain[at] = _gains(np.array(slot_ms, dtype=float)[at], measured[at], np.log2(exposure[at]))
    return [round(value, _DECIMALS) for value in gain.tolist()]


def _gains(slot_ms: Values, measured: Values, exposure_ev: Values) -> Values:
    import numpy as np  # noqa: PLC0415

    from render_worker.deflicker.smoothing import robustly_smooth, smooth  # noqa: PLC0415
    from render_worker.deflicker.steps import camera_steps, lasting_steps, saw_teeth  # noqa: PLC0415

    at, piece = _in_time(slot_ms)
    bright = np.log2(np.clip(measured, _DARKEST, 1.0))
    camera = np.cumsum(camera_steps(bright, exposure_ev, piece))
    light = bright - camera
    steps = lasting_steps(light, piece)
    made = saw_teeth(light, piece, steps)
    teeth = np.zeros(len(bright))
    teeth[steps[made]] = (light[steps] - light[steps - 1])[made]
    camera += np.cumsum(teeth)
    piece = piece + np.cumsum(np.bincount(steps[~made], minlength=len(bright)))
    everyone = np.ones(len(bright))
    evened = bright - camera + smooth(camera, at, piece, everyone, _SIGMA_CAMERA)
    wanted = robustly_smooth(evened, at, piece, everyone, _SIGMA_LIGHT) - bright
    return _bounded(wanted, measured)


def _in_time(slot_ms: Values) -> tuple[Values, Values]:
    """Where each frame lies, counted in usual distances, and the number of the piece between two gaps that it is of."""
    import numpy as np  # noqa: PLC0415

    from render_worker.deflicker.smoothing import running_median  # noqa: PLC0415

    apart = np.maximum(np.diff(slot_ms), 1.0)
    at = np.cumsum(np.clip(apart / np.median(apart), 1 / _GAP_TIMES, _GAP_TIMES))
    # What is usual before it, or after it, where the interval was changed.
    usual, number = running_median(apart, _USUAL_OF), np.arange(len(apart))
    before, after = (usual[np.clip(number + side * (_USUAL_OF + 1), 0, len(apart) - 1)] for side in (-1, 1))
    gaps = apart > _GAP_TIMES * np.maximum(before, after)
    if gaps.sum() * _FEWEST >= len(slot_ms):
        gaps[:] = False
    return np.concatenate((np.zeros(1), at)), np.concatenate((np.zeros(1), np.cumsum(gaps)))


def _bounded(wanted: Values, measured: Values) -> Values:
    """The gain for each wanted change, in powers of two, of a picture so bright."""
    import numpy as np  # noqa: PLC0415

    wanted = wanted * np.clip((_EVENT_ALL - np.abs(wanted)) / (_EVENT_ALL - _EVENT_FROM), 0.0, 1.0)
    not_white = np.clip((_WHITE_ALL - measured) / (_WHITE_ALL - _WHITE_FROM), 0.0, 1.0)
    gain = np.exp2(np.clip(wanted, -_MOST * not_white, _MOST))
    bounded: Values = np.minimum(gain, np.maximum(1.0, _FULLEST / np.maximum(measured, _DARKEST)))
    return bounded
