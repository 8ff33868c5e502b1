"""Exposures of the Pi camera: as controls, as limits, and whether a frame has the one that was asked for.

Owns: those three. Does not own: which exposure is wanted (`capture_worker.exposure`), nor setting it.
Invariant: pure. What is set is never 0, which libcamera takes for "the camera's own".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.cameras.pi_controls import Advertised

IN_FORCE_FRAMES = 10
"""After so many frames what was set is in force, if ever it will be. Seven were seen, and two more in a queue."""
FASTEST_US = 33_333
"""Frames are not made faster than this: nobody sees more than one an interval, and each costs power."""

_TIME_PART, _TIME_US = 0.02, 60.0
"""A sensor counts its exposure in lines, of 10 to 60 microseconds each."""
_GAIN_PART, _LEAST_GAIN_STEP = 0.06, 0.02
"""Gains are quantised too, and coarsely where they are high: 10.67, 10.24, 9.85 for imx219."""
_COLOUR_STEP = 0.02


def controls_of(exposure: Exposure) -> dict[str, Any]:
    """What to set so that frames are exposed like this."""
    controls: dict[str, Any] = {
        "AeEnable": False,
        "ExposureTime": max(1, round(exposure.exposure_us)),
        "AnalogueGain": max(1.0, float(exposure.analogue_gain)),
    }
    if exposure.colour_gains is not None:
        controls |= {
            "AwbEnable": False,
            "ColourGains": (float(exposure.colour_gains[0]), float(exposure.colour_gains[1])),
        }
    return controls


def limits_of(advertised: Mapping[str, Advertised]) -> ExposureLimits | None:
    """What can be set; None for a camera whose exposure can't."""
    time, gain = advertised.get("ExposureTime"), advertised.get("AnalogueGain")
    if time is None or gain is None:
        return None
    longest = float(time.most)
    if (durations := advertised.get("FrameDurationLimits")) is not None:
        longest = min(longest, float(durations.most))
    return ExposureLimits(
        exposure_us=(max(1.0, float(time.least)), longest),
        analogue_gain=(max(1.0, float(gain.least)), float(gain.most)),
        has_colour_gains="ColourGains" in advertised,
    )


def frame_durations(advertised: Mapping[str, Advertised]) -> dict[str, Any]:
    """A steady pace while exposures are short, and room for the longest one; nothing where it can't be set."""
    durations = advertised.get("FrameDurationLimits")
    if durations is None:
        return {}
    return {"FrameDurationLimits": (max(FASTEST_US, int(durations.least)), int(durations.most))}


def is_in_force(asked: Exposure, metadata: Mapping[str, Any]) -> bool:
    """Whether a frame was exposed as asked, as nearly as the sensor can count."""
    exposure_us, gain = metadata.get("ExposureTime"), metadata.get("AnalogueGain")
    if exposure_us is None or gain is None:
        return True
    time_off = abs(exposure_us - max(1.0, asked.exposure_us))
    gain_off = abs(gain - max(1.0, asked.analogue_gain))
    return (
        time_off <= max(_TIME_PART * asked.exposure_us, _TIME_US)
        and gain_off <= max(_GAIN_PART * asked.analogue_gain, _LEAST_GAIN_STEP)
        and _has_colours(asked, metadata)
    )


def _has_colours(asked: Exposure, metadata: Mapping[str, Any]) -> bool:
    gains = metadata.get("ColourGains")
    if asked.colour_gains is None or gains is None:
        return True
    pairs = zip(gains, asked.colour_gains, strict=True)
    return all(abs(got - want) <= _COLOUR_STEP * max(1.0, want) for got, want in pairs)
