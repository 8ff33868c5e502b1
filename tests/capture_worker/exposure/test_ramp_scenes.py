"""The ramp through whole scenes, beside a model of the camera's own control.

The figures in docs/exposure.md are of the same scenes (bench/exposure.py); here stand the bounds that must hold.
"""

from __future__ import annotations

import itertools

import pytest

from tests.rig.daylight import clear_day, cloudy_day, constant, with_flashes
from tests.rig.exposed_camera import IMX219, IMX477, WEBCAM
from tests.rig.exposure_run import Ramped, Shot, Slots, run_own, run_ramp
from tests.rig.lit_scene import Scene, Shining

HOUR_S = 3600.0
DAY = Slots(0.0, 24 * HOUR_S, 60.0)


def _largest(shots: list[Shot]) -> float:
    return max(abs(shot.caused_ev) for shot in shots)


def _gray(shots: list[Shot]) -> float:
    return max(abs(shot.caused_gray) for shot in shots)


def test_clear_day_over_seven_orders_of_magnitude_is_followed_within_half_a_stop() -> None:
    light = clear_day()
    assert light(12 * HOUR_S, 0.0) / light(0.0, 0.0) > 5e6
    shots = run_ramp(Scene(light), DAY, Ramped(IMX477))
    assert max(abs(shot.off_ev) for shot in shots) < 0.6
    assert _largest(shots) < 0.35


def test_clear_day_is_one_way_down_and_one_way_up() -> None:
    """Nothing is given back: the way travelled is twice the way from the night's exposure to noon's."""
    totals = [shot.total_ev for shot in run_ramp(Scene(clear_day()), DAY, Ramped(IMX477, noise_ev=0.02))]
    travelled = sum(abs(b - a) for a, b in itertools.pairwise(totals))
    assert travelled < 1.05 * 2 * (max(totals) - min(totals))


@pytest.mark.parametrize(("interval_s", "off_ev"), [(10.0, 0.5), (60.0, 0.7), (300.0, 3.5)])
def test_dawn_on_the_equator_is_followed_at_every_interval(interval_s: float, off_ev: float) -> None:
    """At five minutes the light doubles twice from frame to frame when it is fastest; the begin of that is late."""
    shots = run_ramp(Scene(clear_day(0, 0)), Slots(4.5 * HOUR_S, 7.5 * HOUR_S, interval_s), Ramped(IMX477))
    off = sorted(abs(shot.off_ev) for shot in shots)
    assert off[-1] < off_ev
    assert off[len(off) // 2] < 0.35
    assert abs(shots[-1].off_ev) < 0.3


def test_clouds_move_the_ramp_far_less_than_the_cameras_own_control() -> None:
    scene, slots = Scene(cloudy_day()), Slots(11 * HOUR_S, 12 * HOUR_S, 10.0)
    ramp, own = run_ramp(scene, slots), run_own(scene, slots)
    assert _largest(ramp) < 0.35
    assert _largest(ramp) < _largest(own) / 4
    assert sum(abs(shot.caused_ev) for shot in ramp) < sum(abs(shot.caused_ev) for shot in own) / 2


def test_headlights_in_two_frames_do_not_move_the_ramp() -> None:
    cars = Shining(0.10, 3000.0, lambda at_s: 60 <= at_s % 180 < 80)
    scene, slots = Scene(constant(60.0), (cars,)), Slots(0.0, HOUR_S, 10.0)
    assert _gray(run_ramp(scene, slots)) < 1
    assert _gray(run_own(scene, slots)) > 20


def test_lightning_does_not_move_the_ramp() -> None:
    flashes = tuple(100.1 + 310.0 * k for k in range(10))
    scene = Scene(with_flashes(constant(0.3), flashes, 3000.0))
    shots = run_ramp(scene, Slots(0.0, HOUR_S, 10.0))
    assert max(shot.mean for shot in shots) > 0.9
    assert _largest(shots) == 0


def test_moonless_night_ends_at_the_limit_and_the_morning_is_not_late() -> None:
    """A camera at its limit for hours has nothing to unwind."""
    shots = run_ramp(Scene(clear_day()), Slots(0.0, 8 * HOUR_S, 60.0), Ramped(IMX219))
    night = [shot for shot in shots if shot.at_s < 2 * HOUR_S]
    assert {round(shot.total_ev, 2) for shot in night} == {round(night[0].total_ev, 2)}
    assert max(shot.off_ev for shot in shots) < 0.6


def test_webcam_that_steps_in_tenths_of_a_millisecond_does_not_hunt() -> None:
    shots = run_ramp(Scene(constant(9_000.0)), Slots(0.0, HOUR_S, 10.0), Ramped(WEBCAM, noise_ev=0.02))
    assert len({shot.total_ev for shot in shots[30:]}) <= 2
