"""Total exposures, divided into time and gain."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.base import Exposure, ExposureLimits
from capture_worker.exposure.division import Bounds, bounded, bounds, divided, folded, total_ev
from shared.config.model import RampConfig

PI = ExposureLimits((75.0, 1_238_765.0), (1.0, 10.667), has_colour_gains=True)


@st.composite
def some_bounds(draw: st.DrawFn) -> Bounds:
    shortest = draw(st.floats(1.0, 1e4))
    lowest = draw(st.floats(0.5, 4.0))
    return Bounds((shortest, shortest * draw(st.floats(1.0, 1e6))), (lowest, lowest * draw(st.floats(1.0, 64.0))))


@given(some_bounds(), st.floats(-10.0, 60.0))
def test_division_lies_within_the_limits_and_gain_comes_last(limits: Bounds, total: float) -> None:
    exposure = divided(total, limits)
    assert limits.exposure_us[0] <= exposure.exposure_us <= limits.exposure_us[1]
    assert limits.analogue_gain[0] <= exposure.analogue_gain <= limits.analogue_gain[1]
    if exposure.analogue_gain > limits.analogue_gain[0] * (1 + 1e-9):
        assert exposure.exposure_us == pytest.approx(limits.exposure_us[1])
    assert total_ev(exposure.exposure_us, exposure.analogue_gain) == pytest.approx(bounded(total, limits), abs=1e-6)


@given(some_bounds(), st.floats(-10.0, 60.0), st.floats(0.0, 5.0))
def test_division_of_more_is_no_less_of_either(limits: Bounds, total: float, more: float) -> None:
    less, larger = divided(total, limits), divided(total + more, limits)
    assert larger.exposure_us >= less.exposure_us
    assert larger.analogue_gain >= less.analogue_gain * (1 - 1e-9)


def test_bounds_without_configuration_are_the_cameras_and_half_the_interval() -> None:
    assert bounds(PI, RampConfig(), 60.0) == Bounds((75.0, 1_238_765.0), (1.0, 10.667))
    assert bounds(PI, RampConfig(), 1.0).exposure_us == (75.0, 500_000.0)


def test_bounds_of_the_configuration_narrow_the_cameras_and_never_widen_them() -> None:
    narrow = bounds(PI, RampConfig(longest_exposure_s=0.1, highest_gain=4.0), 10.0)
    assert narrow == Bounds((75.0, 100_000.0), (1.0, 4.0))
    wide = bounds(PI, RampConfig(longest_exposure_s=500.0, highest_gain=100.0), 1000.0)
    assert wide == Bounds((75.0, 1_238_765.0), (1.0, 10.667))


def test_bounds_that_the_camera_cannot_meet_leave_it_its_shortest_exposure() -> None:
    assert bounds(PI, RampConfig(longest_exposure_s=1e-6, highest_gain=0.1), 10.0) == Bounds((75.0, 75.0), (1.0, 1.0))


def test_bounds_of_a_camera_that_tells_zero_can_be_divided_by() -> None:
    limits = bounds(ExposureLimits((0.0, 1000.0), (0.0, 0.0)), RampConfig(), 10.0)
    assert math.isfinite(divided(5.0, limits).analogue_gain)


def test_folding_gives_the_digital_gain_to_the_analogue_one_and_the_rest_to_the_time() -> None:
    assert folded(Exposure(10_000.0, 2.0, (1.5, 2.0)), 1.5, PI) == Exposure(10_000.0, 3.0, (1.5, 2.0))
    full = folded(Exposure(66_666.0, 10.0), 2.0, PI)
    assert full.analogue_gain == 10.667
    assert full.exposure_us == pytest.approx(66_666 * 20 / 10.667)


def test_folding_a_gain_below_the_least_shortens_the_time() -> None:
    assert folded(Exposure(10_000.0, 1.0), 0.5, PI) == Exposure(5_000.0, 1.0)
