"""From gray values to stops."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.exposure.brightness import MOST_TOLD_EV, off_by_ev
from tests.rig.exposed_camera import IMX219, WEBCAM, Sensor, mean_gray
from tests.rig.lit_scene import landscape

MEANS = st.floats(0.0, 1.0)
WANTED = st.floats(0.05, 0.95)


@given(MEANS, MEANS, WANTED)
def test_brighter_picture_is_never_told_as_darker(one: float, other: float, wanted: float) -> None:
    darker, brighter = sorted((one, other))
    assert -MOST_TOLD_EV <= off_by_ev(darker, wanted) <= off_by_ev(brighter, wanted) <= MOST_TOLD_EV


@given(WANTED)
def test_wanted_brightness_is_off_by_nothing(wanted: float) -> None:
    assert off_by_ev(wanted, wanted) == 0


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_black_and_white_say_which_way_and_no_more(mean: float) -> None:
    assert off_by_ev(mean, 0.4) == (MOST_TOLD_EV if mean else -MOST_TOLD_EV)


@pytest.mark.parametrize("sensor", [IMX219, WEBCAM])
def test_stop_of_exposure_is_told_as_between_half_a_stop_and_one_and_a_quarter(sensor: Sensor) -> None:
    """More would overshoot. Of a scene with light and shadow, for both tone curves that are in use."""
    patches = landscape() * 1000
    means = [mean_gray(sensor, patches, 2.0**stops) for stops in range(8, 17)]
    told = [off_by_ev(mean, 0.4) for mean in means if 0.04 < mean < 0.9]
    assert len(told) >= 5
    assert all(0.5 < later - earlier < 1.25 for earlier, later in itertools.pairwise(told))
