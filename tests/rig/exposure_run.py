"""A time-lapse of a simulated scene, exposed by the ramp or by the camera's own control, and its figures.

Owns: the loop of slots, and what is counted. Does not own: the scene, the camera, the ramp.
Invariant: the step that a control itself causes is told apart from the scene's own change: the same scene, at one and
the same moment, rendered with the exposure of a frame and with that of the frame before.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from capture_worker.exposure.division import Bounds, bounded, bounds, divided
from capture_worker.exposure.ramp import RampSettings, RampState, Seen, begun, step
from shared.config.model import RampConfig
from tests.rig.exposed_camera import IMX219, ExposedCamera, Sensor, mean_gray
from tests.rig.lit_scene import Lit
from tests.rig.own_exposure import OwnExposure

WANTED = 0.40


class Shot(NamedTuple):
    """A frame: its total exposure (stops), its mean gray (0 to 1), and what the control did to it since the last.

    `caused_ev` is the change of exposure, `caused_gray` what that changed in the mean, in gray levels of 255; `off_ev`
    how far the exposure is from the one that gives the wanted mean within the limits.
    """

    at_s: float
    total_ev: float
    mean: float
    caused_ev: float
    caused_gray: float
    off_ev: float


class Slots(NamedTuple):
    """From when to when (seconds since local midnight), how far apart."""

    first_s: float
    last_s: float
    interval_s: float

    def times(self) -> list[float]:
        """Each slot."""
        return [self.first_s + k * self.interval_s for k in range(int((self.last_s - self.first_s) / self.interval_s))]


def right_ev(sensor: Sensor, scene: Lit, at_s: float, limits: Bounds, wanted: float = WANTED) -> float:
    """The total exposure (stops) with which the scene has the wanted mean, or the nearest limit. By bisection."""
    patches = scene.patches(at_s)
    low, high = limits.total_ev
    for _ in range(14):
        middle = (low + high) / 2
        if mean_gray(sensor, patches, math.exp2(middle)) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class Ramped(NamedTuple):
    """How a run is set up. `first_ev` is the exposure that it begins with: None for the right one."""

    sensor: Sensor = IMX219
    delay: int = 0
    noise_ev: float = 0.01
    first_ev: float | None = None
    in_a_hurry: bool = False
    config: RampConfig = RampConfig(brightness_percent=WANTED * 100)


def run_ramp(scene: Lit, slots: Slots, how: Ramped | None = None) -> list[Shot]:
    """Each slot's frame with the ramp."""
    how = how or Ramped()
    limits = bounds(how.sensor.limits, how.config, slots.interval_s)
    settings = RampSettings(how.config.brightness_percent / 100, slots.interval_s)
    first_ev = right_ev(how.sensor, scene, slots.first_s, limits) if how.first_ev is None else how.first_ev
    state = begun(bounded(first_ev, limits), in_a_hurry=how.in_a_hurry)
    camera = ExposedCamera(how.sensor, divided(state.asked_ev, limits), how.delay, how.noise_ev)
    shots: list[Shot] = []
    for at_s in slots.times():
        state = _shoot(scene, at_s, camera, state, limits, settings, shots)
    return shots


def _shoot(
    scene: Lit, at_s: float, camera: ExposedCamera, state: RampState, limits: Bounds, settings: RampSettings,
    shots: list[Shot],
) -> RampState:  # fmt: skip
    total = math.log2(camera.total_us)
    mean = camera.mean(scene.patches(at_s, camera.exposure.exposure_us / 1e6))
    shots.append(_shot(camera.sensor, scene, at_s, total, mean, shots, limits))
    state, wanted = step(state, Seen(at_s, total, mean), limits, settings)
    camera.set(wanted)
    return state


def run_own(scene: Lit, slots: Slots, sensor: Sensor = IMX219) -> list[Shot]:
    """Each slot's frame with the camera's own control, which runs all the time."""
    limits = bounds(sensor.limits, RampConfig(), slots.interval_s)
    own = OwnExposure(sensor)
    own.run_until(scene, slots.first_s, 10.0)
    shots: list[Shot] = []
    for at_s in slots.times():
        own.run_until(scene, at_s, slots.interval_s)
        mean = mean_gray(sensor, scene.patches(at_s, min(own.total_us, 66_666.0) / 1e6), own.total_us)
        shots.append(_shot(sensor, scene, at_s, math.log2(own.total_us), mean, shots, limits))
    return shots


def _shot(
    sensor: Sensor, scene: Lit, at_s: float, total: float, mean: float, shots: list[Shot], limits: Bounds
) -> Shot:
    before = shots[-1].total_ev if shots else total
    patches = scene.patches(at_s)
    caused = mean_gray(sensor, patches, math.exp2(total)) - mean_gray(sensor, patches, math.exp2(before))
    off_ev = total - right_ev(sensor, scene, at_s, limits)
    return Shot(at_s, total, mean, total - before, caused * 255, off_ev)
