"""How a frame was taken, as one line of text that is kept in its metadata: `timelapse exposure_us=4990 ...`.

Owns: the line, and reading it back. Does not own: where in the file it stands (`exif`, `exif_read`).
Invariant: the names are those of `frame.written`, so that there is one vocabulary, and `exposure` that of the
configuration. Exif's own tags can't hold all of it: ISO is rounded and mixes two gains, and neither for the colours nor
for a clock that was wrong is there any.
"""

from __future__ import annotations

import math

from msgspec import Struct

from capture_worker.cameras.base import Exposure, Frame
from shared.config.model import ExposureMode

_BEGIN = "timelapse"
_UNSYNCHRONISED = "synchronised=false"
_MOST_CHARACTERS = 1000


class Told(Struct, frozen=True):
    """What a line tells of a frame's exposure. `mode` is the word of the configuration, empty for the camera's own."""

    exposure: Exposure
    digital_gain: float = 1.0
    mode: str = ""


def note_of(frame: Frame, mode: ExposureMode = "auto", *, synchronised: bool | None = None) -> str:
    """The line for a frame, of what its camera tells; empty where that is nothing. `mode` is who exposed it.

    A clock that was not `synchronised` is always said; one that was, or of which nothing is known, never.
    """
    red, blue = frame.colour_gains or (None, None)
    known = {
        "exposure_us": frame.exposure_us,
        "analogue_gain": frame.analogue_gain,
        "digital_gain": frame.digital_gain,
        "red_gain": red,
        "blue_gain": blue,
        "colour_temperature_k": frame.colour_temperature_k,
        "lux": frame.lux,
        "lens_position": frame.lens_position,
    }
    words = [f"{name}={_written(value)}" for name, value in known.items() if value is not None and math.isfinite(value)]
    if words and mode != "auto":
        words.append(f"exposure={mode}")
    if synchronised is False:
        words.append(_UNSYNCHRONISED)
    return " ".join([_BEGIN, *words]) if words else ""


def says_unsynchronised(note: str) -> bool:
    """Whether a line says that the clock was not synchronised when the frame was named."""
    begin, *words = note[:_MOST_CHARACTERS].split() or [""]
    return begin == _BEGIN and _UNSYNCHRONISED in words


def exposure_in(note: str) -> Exposure | None:
    """The exposure that a line tells; None where it is none of ours, or lacks the exposure time."""
    told = told_in(note)
    return None if told is None else told.exposure


def told_in(note: str) -> Told | None:
    """All that a line tells of the exposure; None where it is none of ours, or lacks the exposure time.

    A gain that is not there was not told, as of USB cameras, and counts as 1; one that makes no sense is no gain.
    """
    begin, *words = note[:_MOST_CHARACTERS].split()[:100] or [""]
    if begin != _BEGIN:
        return None
    told = dict(word.partition("=")[::2] for word in words)
    exposure_us, gain = _positive(told.get("exposure_us")), _positive(told.get("analogue_gain", "1"))
    if exposure_us is None or gain is None:
        return None
    red, blue = _positive(told.get("red_gain")), _positive(told.get("blue_gain"))
    exposure = Exposure(exposure_us, gain, None if red is None or blue is None else (red, blue))
    return Told(exposure, _positive(told.get("digital_gain")) or 1.0, told.get("exposure", ""))


def _written(value: float) -> str:
    # Seven digits are all that a camera's own 32-bit numbers hold.
    return str(value) if isinstance(value, int) else f"{value:.7g}"


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
