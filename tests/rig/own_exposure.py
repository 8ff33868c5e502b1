"""A camera's own exposure control, as libcamera's for the Raspberry Pi is written: the ramp's yardstick.

Owns: a model of it, frame by frame at the camera's own rate: target, constraint, damping, start.
Does not own: the scene. Left out: zones (here every patch weighs the same) and the division into time and gain.
Invariant: pure; follows src/ipa/rpi/controller/rpi/agc_channel.cpp with the numbers of its defaults and of the
sensors' tuning files.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from tests.rig.exposed_camera import Sensor
from tests.rig.lit_scene import Lit, Patches

_SPEED = 0.2
_START_FRAMES = 10
_STABLE = 0.02
_TARGET = 0.165
_BRIGHTEST = 0.02
_LEAST_TOTAL_US = 100.0
_LATE_FRAMES = 3
_FRAME_S = 1 / 30


class OwnExposure:
    """Runs all the time; `total_us` is the exposure (microseconds at gain 1) of the frame at the last slot."""

    def __init__(self, sensor: Sensor, first_total_us: float = 1000.0) -> None:
        self.total_us = first_total_us
        self._sensor = sensor
        self._filtered_us = first_total_us
        self._in_flight: deque[float] = deque([first_total_us] * _LATE_FRAMES, maxlen=_LATE_FRAMES)
        self._frames = 0

    def run_until(self, scene: Lit, slot_s: float, interval_s: float, most_frames: int = 45) -> None:
        """All frames up to a slot, but of a long interval the last ones only: before, it had settled long since."""
        time_s = min(self.total_us / 1e6, 0.0666)
        period_s = max(_FRAME_S, time_s)
        frames = min(most_frames, max(1, int(interval_s / period_s)))
        for back in range(frames - 1, -1, -1):
            at_s = slot_s - back * period_s
            self.total_us = self._in_flight[0]
            if back:
                self._take(scene.patches(at_s, time_s))

    def _take(self, patches: Patches) -> None:
        self._frames += 1
        linear = np.minimum(patches * (self.total_us * self._sensor.linear_per_lux_us), 1.0)
        target_us = min(max(self.total_us * self._gain(linear), _LEAST_TOTAL_US), self._sensor.own_most_us)
        starting = self._frames <= _START_FRAMES
        speed, stable = (1.0, 0.0) if starting else (_SPEED, _STABLE)
        ratio = target_us / self._filtered_us
        if not 1 - stable < ratio < 1 + stable:
            if 1 / 1.2 < ratio < 1 / 0.8:
                speed = speed**0.5
            self._filtered_us += speed * (target_us - self._filtered_us)
        self._in_flight.append(self._filtered_us)

    def _gain(self, linear: Patches) -> float:
        """By how much the exposure is to change for the mean, and at least for the brightest two in a hundred."""
        gain = 1.0
        for _ in range(8):
            more = min(10.0, _TARGET / (float(np.minimum(linear * gain, 1.0).mean()) + 0.001))
            gain *= more
            if more < 1.01:
                break
        count = max(1, round(_BRIGHTEST * linear.size))
        brightest = float(np.partition(linear, -count)[-count:].mean())
        return max(gain, self._sensor.own_brightest / max(brightest, 1e-6))
