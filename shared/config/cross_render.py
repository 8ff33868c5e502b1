"""Rules between the keys of `render`, and between them and others.

Owns: those rules. Does not own: single values (`render_values`), nor the other rules between keys (`cross`).
Invariant: a rule speaks only when all of its values are right in themselves, and blames one that is in the file.
"""

from __future__ import annotations

from shared.config.check import Checker
from shared.config.effective import told, value_of, values_of
from shared.config.model import ALL_CAMERAS
from shared.config.redact import shown
from shared.config.suggest import did_you_mean
from shared.config.window import parse_window

_MINUTES_A_DAY = 1440
_NOT_COPIED = ("size", "crf", "deflicker", "overlay.timestamp", "overlay.text", "overlay.day_bar")
"""What takes frames apart, which `codec: copy` does not."""


def check_render(checker: Checker) -> None:
    """Add to `checker`, whose walk is done, the mistakes of `render`."""
    _known_cameras(checker)
    _something_to_make(checker)
    _nothing_for_copies(checker)
    _before_frames_go(checker)
    _sun_window(checker)


def _known_cameras(checker: Checker) -> None:
    found = checker.found.get("render.cameras")
    if found is None or "cameras" in checker.failed:
        return
    if not found.value:
        checker.mistake(found.span, "render.cameras", "names no camera (write all, or turn render.daily off)")
    for name in found.value:
        if name != ALL_CAMERAS and name not in checker.cameras:
            hint = did_you_mean(name, list(checker.cameras)) or f" (there is {', '.join(checker.cameras)})"
            checker.mistake(found.span, "render.cameras", f"there is no camera {shown(name)}{hint}")


def _something_to_make(checker: Checker) -> None:
    found = checker.found.get("render.kinds")
    if found is not None and not found.value:
        checker.mistake(found.span, "render.kinds", "names nothing to make (write video, or turn render.daily off)")


def _nothing_for_copies(checker: Checker) -> None:
    if "render.codec" in checker.failed or value_of(checker, "render.codec") != "copy":
        return
    for name in _NOT_COPIED:
        key = f"render.{name}"
        found = checker.found.get(key)
        if found is not None and found.value not in (None, "", False):
            problem = (
                "is for a video that is encoded anew: remove it, or codec: copy, which takes the frames as they are"
            )
            checker.mistake(found.span, key, problem)


def _before_frames_go(checker: Checker) -> None:
    """A day's first frames have to be there still when its turn comes."""
    values = values_of(checker, "render.daily", "storage.keep_days")
    if values is None:
        return
    minute, keep_days = values
    if minute is None or not keep_days or keep_days >= 1 + minute / _MINUTES_A_DAY:
        return
    blamed = "render.daily" if "render.daily" in checker.found else "storage.keep_days"
    problem = f"a day is rendered at {told(checker, 'render.daily')} of the next one, when its first frames are gone: "
    checker.mistake(checker.found[blamed].span, blamed, f"{problem}{told(checker, 'storage.keep_days')}")


def _sun_window(checker: Checker) -> None:
    location = {"location", "location.latitude", "location.longitude"}
    found = checker.found.get("render.between")
    if found is None or location & (checker.found.keys() | checker.failed):
        return
    if parse_window(found.value).needs_location:
        problem = f"{shown(found.value)} goes by the sun, which takes location: {{latitude: .., longitude: ..}}"
        checker.mistake(found.span, "render.between", problem)
