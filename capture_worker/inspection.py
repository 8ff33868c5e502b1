"""Each picture of a camera looked at: its measures, and which of the bad kinds it is of.

Owns: the bounds of each kind, and what is remembered from one picture to the next.
Does not own: measuring (`quality`, `seams`, `own_best`), nor when a kind of picture is warned about (`warnings`).
Invariant: no clock and no disk: the same pictures give the same findings. A kind that could not be judged, this time,
is not among them: nothing is called good that was not looked at.
"""

from __future__ import annotations

from msgspec import Struct

from capture_worker.check import Checked, gray_at
from capture_worker.own_best import OwnBest, step_of_light
from capture_worker.quality import Gray, Measures, Shades, changed_percent, shades, sharpness
from capture_worker.seams import Seams
from shared.causes import PictureFault
from shared.clock import NS_PER_S

_ONE_SHADE = 8
"""Gray levels from the darkest to the lightest part of a picture that shows nothing. A night with one distant lamp
has more; what is left of noise in the means of 8x8 pixels has less."""
_BLACK, _WHITE = 24, 231
"""Gray levels: black is 16 and white 235 where a camera gives video levels, and `_ONE_SHADE` is allowed for noise."""
_FROZEN_PERCENT = 5.0
"""No more than where a clock is written. Noise of a fifth of a gray level changes some blocks all over the picture,
however strongly it is compressed: in a box of 50 % at the least."""
_TOO_DARK_PERCENT = 4.0
"""So dark a picture may be the same each time without being frozen: compression leaves nothing of the noise."""
_LOST_SHARPNESS, _LOST_CONTRAST = 0.4, 0.25
_KEPT_SHARPNESS, _KEPT_CONTRAST = 0.55, 0.4
"""Parts of the camera's own best: below the first it is blurred, above the second it is not. In 18 days of a real
camera by day and night, 0.60 of the sharpness and 0.48 of the contrast were left at the least."""
_LOOK_EVERY_NS = 600 * NS_PER_S
"""Sharpness takes a decode of its own, at a larger scale; a lens does not fog over in less."""
_LOOK_WIDE = 480
"""The least length of the longer side, in pixels, at which sharpness is measured."""


class Inspected(Struct, frozen=True):
    """`found` has what was seen, in words, for each kind that the picture is of, and "" for those that it is not of."""

    measures: Measures
    found: dict[PictureFault, str]


class Inspection:
    """The pictures of one camera, one after the other. Used by one thread."""

    def __init__(self) -> None:
        self._last: Gray | None = None
        self._seams = Seams()
        self._best = OwnBest()
        self._looked_ns: int | None = None

    def take(self, slot_ns: int, jpeg: bytes, checked: Checked, exposure: float | None = None) -> Inspected:
        """The next picture. `exposure` is microseconds times gain, where known. Never fails.

        Some 0.1 ms at 1920x1080, and once in 10 minutes as much again as its check.
        """
        shade = shades(checked.gray)
        changed = self._changed(checked.gray)
        found = _judged_by_shade(shade)
        if any(found.values()):
            return Inspected(_measures(shade, changed), found)
        if changed is not None and shade.brightness_percent > _TOO_DARK_PERCENT:
            found["frozen"] = _frozen(changed)
        could_tell, seam = self._seams.could_tell, self._seams.take(checked.gray)
        if could_tell:
            found["torn"] = "" if seam is None else f"a seam runs across the last one, {seam:.0f}% from its top"
        sharp = None
        if seam is None and self._is_time_to_look(slot_ns):
            sharp = sharpness(_larger(jpeg, checked))
            blurred = self._blurred(slot_ns, shade, sharp, exposure)
            if blurred is not None:
                found["blurred"] = blurred
        return Inspected(_measures(shade, changed, seam, sharp), found)

    def _changed(self, gray: Gray) -> float | None:
        last, self._last = self._last, gray
        return None if last is None or last.shape != gray.shape else changed_percent(gray, last)

    def _is_time_to_look(self, slot_ns: int) -> bool:
        # Before it, if the clock was put back.
        if self._looked_ns is not None and 0 <= slot_ns - self._looked_ns < _LOOK_EVERY_NS:
            return False
        self._looked_ns = slot_ns
        return True

    def _blurred(self, slot_ns: int, shade: Shades, sharp: float | None, exposure: float | None) -> str | None:
        if _is_one_shade(shade):
            return "they show one shade of gray and nothing else"
        step = step_of_light(shade.brightness_percent, exposure)
        left = self._best.take(slot_ns, step, shade.contrast_percent, sharp)
        if left is None:
            return None
        if left.sharpness is not None and left.sharpness < _LOST_SHARPNESS:
            return f"of this camera's best sharpness in such light {left.sharpness * 100:.0f}% is left"
        if left.contrast < _LOST_CONTRAST:
            return f"of this camera's best contrast in such light {left.contrast * 100:.0f}% is left"
        kept = left.contrast > _KEPT_CONTRAST and (left.sharpness is None or left.sharpness > _KEPT_SHARPNESS)
        return "" if kept else None


def _judged_by_shade(shade: Shades) -> dict[PictureFault, str]:
    found: dict[PictureFault, str] = {"black": "", "white": ""}
    if _is_one_shade(shade):
        if shade.lightest <= _BLACK:
            found["black"] = f"nothing in them is brighter than {shade.lightest / 255 * 100:.0f}% of white"
        elif shade.darkest >= _WHITE:
            found["white"] = f"nothing in them is darker than {shade.darkest / 255 * 100:.0f}% of white"
    return found


def _is_one_shade(shade: Shades) -> bool:
    return shade.lightest - shade.darkest <= _ONE_SHADE


def _frozen(changed: float) -> str:
    if changed > _FROZEN_PERCENT:
        return ""
    same = "the last one is as the one before"
    return f"{same}, but for {changed:.1f}% of it" if changed else same


def _larger(jpeg: bytes, checked: Checked) -> Gray:
    """The picture at the smallest scale at which its sharpness can be told."""
    longer = max(checked.width, checked.height)
    factor = next((factor for factor in (8, 4, 2) if longer >= _LOOK_WIDE * factor), 1)
    return checked.gray if factor == 8 else gray_at(jpeg, checked, factor)


def _measures(shade: Shades, changed: float | None, seam: float | None = None, sharp: float | None = None) -> Measures:
    return Measures(
        brightness_percent=shade.brightness_percent,
        contrast_percent=shade.contrast_percent,
        dark_percent=shade.dark_percent,
        bright_percent=shade.bright_percent,
        changed_percent=changed,
        sharpness_percent=sharp,
        seam_percent=seam,
    )
