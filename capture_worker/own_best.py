"""How clear a camera's pictures are beside the clearest that it took of late in like light.

Owns: what is remembered for that. Does not own: measuring (`quality`), nor what is too little (`inspection`).
Invariant: pure. A single picture, however clear, moves the best by a part only; and the best fades by half in a week,
so that a season, or a scene that was built over, is forgotten.

Light makes most of the contrast: like is compared with like, in steps of light. How much there was is told by exposure
and brightness together; where a camera does not tell its exposure, by the brightness of the picture alone.
"""

from __future__ import annotations

import math

from msgspec import Struct

from shared.clock import NS_PER_S

_HALF_LIFE_S = 7 * 86_400
_RISE = 0.3
_KNOWN_AFTER = 3
_DARKEST_PERCENT = 0.4
"""One gray level of 255: below it all is one step."""


def step_of_light(brightness_percent: float, exposure: float | None) -> int:
    """The step in which a picture is: stops where its exposure (microseconds times gain) is known, else half stops."""
    light = max(brightness_percent, _DARKEST_PERCENT)
    return round(math.log2(light / exposure)) if exposure else round(2 * math.log2(light))


class Left(Struct, frozen=True):
    """What is left of the best, 1.0 and more where a picture is as good. Sharpness is None where it can't be told."""

    contrast: float
    sharpness: float | None


class _Best:
    def __init__(self, slot_ns: int) -> None:
        self.slot_ns = slot_ns
        self.contrast = 0.0
        self.sharpness = 0.0
        self.known = 0

    def fade(self, slot_ns: int) -> None:
        # A clock that was set must not make it fade by years, nor grow.
        passed_s = max(0, slot_ns - self.slot_ns) / NS_PER_S
        kept = 0.5 ** (passed_s / _HALF_LIFE_S)
        self.slot_ns = slot_ns
        self.contrast *= kept
        self.sharpness *= kept

    def rise(self, contrast: float, sharpness: float | None) -> None:
        self.contrast = _risen(self.contrast, contrast)
        self.sharpness = _risen(self.sharpness, sharpness or 0.0)
        self.known += 1


class OwnBest:
    """The best of one camera, for each step of light: some 30 of them at most."""

    def __init__(self) -> None:
        self._bests: dict[int, _Best] = {}

    def take(self, slot_ns: int, step: int, contrast_percent: float, sharpness_percent: float | None) -> Left | None:
        """A picture that was measured, `step` by `step_of_light`; None until there were some in such light."""
        best = self._bests.setdefault(step, _Best(slot_ns))
        best.fade(slot_ns)
        left = None
        if best.known >= _KNOWN_AFTER:
            left = Left(
                contrast=_part(contrast_percent, best.contrast),
                sharpness=None if sharpness_percent is None else _part(sharpness_percent, best.sharpness),
            )
        best.rise(contrast_percent, sharpness_percent)
        return left


def _risen(best: float, value: float) -> float:
    if best == 0.0:
        return value
    return best + _RISE * max(0.0, value - best)


def _part(value: float, best: float) -> float:
    return value / best if best > 0 else 1.0
