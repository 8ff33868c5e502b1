"""Flashes, steps and trends, told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.exposure.light import (
    MOST_TREND_EV_S,
    Reading,
    light_at,
    looked_back,
    trend_ev_s,
    with_reading,
)

LEVELS = st.floats(-20.0, 20.0)


def _readings(*levels: float, interval_s: float = 10.0) -> tuple[Reading, ...]:
    return tuple(Reading(100.0 + k * interval_s, level) for k, level in enumerate(levels))


@given(LEVELS, st.floats(-15.0, 15.0), st.integers(0, 4))
def test_light_after_one_flash_is_as_before_it(level: float, flash: float, place: int) -> None:
    levels = [level] * 5
    levels[place] += flash
    readings = _readings(*levels)
    assert trend_ev_s(readings, 5) == 0
    assert trend_ev_s(readings, 3) == 0
    assert light_at(readings, 150.0, 0.0, 5) == pytest.approx(level)


@given(LEVELS, st.floats(-15.0, 15.0), st.integers(1, 4))
def test_step_in_the_light_is_no_trend(level: float, step: float, place: int) -> None:
    readings = _readings(*[level + (step if k >= place else 0.0) for k in range(5)])
    assert trend_ev_s(readings, 5) == 0
    seen = [reading.light_ev for reading in readings]
    assert min(seen) <= (light_at(readings, 150.0, 0.0, 5) or 0.0) <= max(seen)


@pytest.mark.parametrize("rate", [0.3, -0.3])
def test_steady_change_is_a_trend_and_is_carried_on(rate: float) -> None:
    """0.3 stops a minute, a frame each minute."""
    readings = _readings(*[k * rate for k in range(5)], interval_s=60.0)
    trend = trend_ev_s(readings, 5)
    assert trend == pytest.approx((abs(rate) - 0.01) * (1 if rate > 0 else -1) / 60)
    now = readings[-1]
    assert light_at(readings, now.at_s + 60.0, trend, 3) == pytest.approx(now.light_ev + trend * 60, abs=0.03)


@given(st.lists(LEVELS, min_size=1, max_size=5), st.floats(0.1, 600.0))
def test_trend_is_never_faster_than_daylight(levels: list[float], interval_s: float) -> None:
    assert abs(trend_ev_s(_readings(*levels, interval_s=interval_s), 5)) <= MOST_TREND_EV_S


@given(st.lists(LEVELS, min_size=3, max_size=5))
def test_light_up_to_now_is_no_more_than_was_ever_seen(levels: list[float]) -> None:
    readings = _readings(*levels)
    light = light_at(readings, readings[-1].at_s, trend_ev_s(readings, 5), 5)
    assert light is not None
    assert min(levels) <= light <= max(levels)


def test_light_is_unknown_until_a_majority_could_outvote_a_flash() -> None:
    assert light_at(_readings(1.0, 1.0), 120.0, 0.0, 5) is None
    assert light_at(_readings(1.0, 1.0), 120.0, 0.0, 3) == 1.0


def test_two_flashes_of_five_frames_are_outvoted_and_one_of_three() -> None:
    assert light_at(_readings(0.0, 0.0, 9.0, 9.0, 0.0), 150.0, 0.0, looked_back(10.0)) == 0
    assert light_at(_readings(0.0, 9.0, 0.0), 150.0, 0.0, looked_back(300.0)) == 0


def test_readings_are_few_and_in_order() -> None:
    readings = _readings(*range(5))
    assert with_reading(readings, Reading(150.0, 7.0)) == (*readings[1:], Reading(150.0, 7.0))
    assert with_reading(readings, Reading(140.0, 7.0)) is readings
