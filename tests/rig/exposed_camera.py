"""A camera as far as exposure goes: limits, steps, noise, a tone curve, and obeying some frames late.

Owns: from light and exposure to gray values. Does not own: who chooses the exposure.
Invariant: pure but for its noise, which comes from the generator that is passed in.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from capture_worker.cameras.base import Exposure, ExposureLimits
from tests.rig.lit_scene import Patches

# The tone curve of every tuning file that libcamera has for the Pi's cameras: 16 bits in, 16 bits out.
_TONE_IN = (0, 1024, 2048, 3072, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576, 28672,
            32768, 40960, 49152, 57344, 65535)  # fmt: skip
_TONE_OUT = (0, 5040, 9338, 12356, 15312, 18051, 20790, 23193, 25744, 30035, 33975, 37600, 40642, 45749, 49621,
             52698, 54876, 58656, 61183, 63419, 65535)  # fmt: skip


class Sensor(NamedTuple):
    """What a camera can do. `linear_per_lux_us` is its signal (1: full) for one lux, one microsecond, gain 1.

    `makes_up` is whether a digital gain makes up for the whole lines of its exposure time, as libcamera does. Its own
    control goes up to `own_most_us` (microseconds at gain 1), and wants a signal of at least `own_brightest` from the
    brightest two in a hundred.
    """

    name: str
    limits: ExposureLimits
    line_us: float
    linear_per_lux_us: float
    tone: str = "libcamera"
    makes_up: bool = True
    own_most_us: float = 666_660.0
    own_brightest: float = 0.5


# From the reference exposures in libcamera's tuning files: 998 lux and 27,685 us give a signal of 0.194.
IMX219 = Sensor("imx219", ExposureLimits((75.0, 1_238_765.0), (1.0, 10.667), True), 18.9, 0.194 / (998 * 27_685))
IMX477 = Sensor(
    "imx477", ExposureLimits((60.0, 200e6), (1.0, 22.26), True), 23.0, 0.271 / (830 * 27_242),
    own_most_us=1_066_656.0, own_brightest=0.3)  # fmt: skip
WEBCAM = Sensor(
    "webcam", ExposureLimits((300.0, 500_000.0), (1.0, 1.0)), 100.0, 0.2 / (1000 * 20_000), "srgb", makes_up=False
)


def toned(linear: NDArray[np.float64], tone: str) -> NDArray[np.float64]:
    """Gray values (0 to 1) of a linear signal (0 to 1)."""
    if tone == "srgb":
        return np.asarray(np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
    return np.asarray(np.interp(linear * 65535, _TONE_IN, _TONE_OUT) / 65535)


def mean_gray(sensor: Sensor, patches: Patches, total_us: float) -> float:
    """The mean gray value, 0 to 1, of a picture with a total exposure of so many microseconds at gain 1."""
    linear = np.clip(patches * (total_us * sensor.linear_per_lux_us), 0.0, 1.0)
    return float(np.rint(toned(linear, sensor.tone) * 255).mean() / 255)


class ExposedCamera:
    """Has the exposure that it was told `delay` frames ago, in whole lines of its sensor."""

    def __init__(self, sensor: Sensor, first: Exposure, delay: int = 0, noise_ev: float = 0.0, seed: int = 1) -> None:
        self.sensor = sensor
        self._asked: deque[Exposure] = deque([first], maxlen=delay + 1)
        self._noise_ev = noise_ev
        self._random = np.random.default_rng(seed)

    def set(self, exposure: Exposure) -> None:
        """Have this, as soon as the delay allows. Once a frame."""
        self._asked.append(exposure)

    @property
    def exposure(self) -> Exposure:
        """What the next frame has."""
        asked, line = self._asked[0], self.sensor.line_us
        return Exposure(max(1, int(asked.exposure_us / line)) * line, asked.analogue_gain, asked.colour_gains)

    @property
    def digital_gain(self) -> float:
        """What the next frame has on top."""
        return self._asked[0].exposure_us / self.exposure.exposure_us if self.sensor.makes_up else 1.0

    @property
    def total_us(self) -> float:
        """All of it together, in microseconds at gain 1."""
        return self.exposure.exposure_us * self.exposure.analogue_gain * self.digital_gain

    def mean(self, patches: Patches) -> float:
        """The mean gray value of the next frame, with its noise."""
        noise = 2.0 ** self._random.normal(0.0, self._noise_ev) if self._noise_ev else 1.0
        return mean_gray(self.sensor, patches, self.total_us * noise)
