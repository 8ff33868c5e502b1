"""What the camera did to the brightness goes, what the light did stays."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from render_worker.deflicker.curve import gains

Values = NDArray[Any]
LEAST, MOST = round(2 ** (-1 / 2.2), 4), round(2 ** (1 / 2.2), 4)
EV = 2.2
"""Stops of light in a power of two of gamma-coded values."""
FRAMES = 400
STEP_MS = 10_000

brightnesses = st.lists(st.floats(0.0, 1.0), min_size=0, max_size=60)
in_the_middle = st.lists(st.floats(0.1, 0.5), min_size=1, max_size=60)


def slots(count: int) -> list[int]:
    """A grid of ten seconds."""
    return [1_780_000_000_000 + number * STEP_MS for number in range(count)]


def corrected(brightness: Values, exposure_us: Values | None = None, slot_ms: list[int] | None = None) -> Values:
    """The brightness that the video has."""
    exposures = [None] * len(brightness) if exposure_us is None else [int(one) for one in exposure_us]
    found = gains(slot_ms or slots(len(brightness)), brightness.tolist(), exposures)
    result: Values = brightness * np.array(found)
    return result


def steps_ev(brightness: Values) -> Values:
    """From frame to frame, in stops of light."""
    return np.abs(np.diff(np.log2(brightness))) * EV


def coded(light_ev: Values) -> Values:
    """Mean gray values of a scene that has 0.4 at 0 EV."""
    brightness: Values = 0.4 * np.exp2(light_ev / EV)
    return brightness


@given(st.floats(0.0, 1.0), st.integers(0, 60), st.data())
def test_constant_brightness_is_left_alone_whatever_the_exposure_was(
    level: float, count: int, data: st.DataObject
) -> None:
    exposures = data.draw(st.lists(st.none() | st.integers(0, 10**8), min_size=count, max_size=count))
    assert gains(slots(count), [level] * count, exposures) == [1.0] * count


@given(st.data(), st.lists(st.floats(0.0, 1.0) | st.just(float("nan")), max_size=60))
def test_gain_is_a_number_within_one_stop_whatever_comes(data: st.DataObject, brightness: list[float]) -> None:
    count = len(brightness)
    apart = data.draw(st.lists(st.integers(0, 10**10), min_size=count, max_size=count))
    exposures = data.draw(st.lists(st.none() | st.integers(0, 10**9), min_size=count, max_size=count))
    found = gains(np.cumsum(apart, dtype=np.int64).tolist(), brightness, exposures)
    assert len(found) == count
    assert all(LEAST <= gain <= MOST for gain in found)
    assert all(gain == 1.0 for gain, level in zip(found, brightness, strict=True) if level != level)  # noqa: PLR0124


@given(in_the_middle, st.floats(0.5, 1.5))
def test_more_light_in_every_frame_makes_no_difference(brightness: list[float], times: float) -> None:
    count = len(brightness)
    found = gains(slots(count), [level * times for level in brightness], [None] * count)
    assert found == pytest.approx(gains(slots(count), brightness, [None] * count), abs=2e-4)


@given(st.data(), in_the_middle)
def test_time_that_runs_backwards_makes_no_difference(data: st.DataObject, brightness: list[float]) -> None:
    count = len(brightness)
    exposures = data.draw(st.lists(st.none() | st.integers(100, 10**5), min_size=count, max_size=count))
    at = np.cumsum(data.draw(st.lists(st.integers(1, 10**5), min_size=count, max_size=count)))
    backwards = gains((at[-1] - at[::-1]).tolist(), brightness[::-1], exposures[::-1])
    assert backwards[::-1] == pytest.approx(gains(at.tolist(), brightness, exposures), abs=2e-4)


@pytest.mark.parametrize("known", [True, False])
def test_alternating_shutter_is_evened_out(*, known: bool) -> None:
    exposure = np.where(np.arange(FRAMES) % 2, 12_000, 8_000)
    light = corrected(coded(np.log2(exposure / 10_000)), exposure if known else None)
    assert steps_ev(light).max() < 0.02


@pytest.mark.parametrize(("known", "left"), [(True, 0.02), (False, 0.15)])
def test_hunting_exposure_is_evened_out(*, known: bool, left: float) -> None:
    random = np.random.default_rng(3)
    hunting = np.convolve(random.normal(0, 0.2, FRAMES), 0.8 ** np.arange(20))[:FRAMES]
    brightness = coded(hunting)
    after = steps_ev(corrected(brightness, 10_000 * np.exp2(hunting) if known else None))
    assert np.percentile(after, 99) < left * np.percentile(steps_ev(brightness), 99) + 0.01


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("slope", [-0.008, -0.02, -0.05])
def test_ramp_in_thirds_of_a_stop_through_dusk_becomes_smooth(slope: float, *, known: bool) -> None:
    light = np.arange(FRAMES) * slope
    exposure = 1000 * np.exp2(np.floor(-0.8 * light * 3) / 3)
    brightness = coded(light + np.log2(exposure / 1000))
    found = corrected(brightness, exposure if known else None)
    assert steps_ev(brightness).max() > 0.28
    assert steps_ev(found).max() < 0.04
    fall = np.log2(found[:30].mean() / found[-30:].mean()) * EV
    assert fall == pytest.approx(-0.2 * slope * (FRAMES - 30), abs=0.15), "the dusk is still one"


def test_dusk_without_any_step_is_not_flattened() -> None:
    brightness = coded(-3 / (1 + np.exp(-(np.arange(FRAMES) - 200) / 40)))
    assert corrected(brightness) == pytest.approx(brightness, rel=0.01)


@pytest.mark.parametrize("lamp_ev", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("dusk", [0.0, -0.01])
def test_lamp_that_is_switched_on_stays_where_it_is(lamp_ev: float, dusk: float) -> None:
    brightness = coded(np.arange(FRAMES) * dusk - 2 + np.where(np.arange(FRAMES) >= 150, lamp_ev, 0.0))
    noise = 1 + np.random.default_rng(2).normal(0, 0.001, FRAMES)
    assert corrected(brightness * noise) == pytest.approx(brightness, rel=0.005)


def test_lamp_in_the_middle_of_a_hunting_exposure_stays_where_it_is() -> None:
    hunting = np.random.default_rng(4).normal(0, 0.1, FRAMES)
    light = np.where(np.arange(FRAMES) >= 150, 1.0, -1.0)
    found = corrected(coded(light + hunting), 10_000 * np.exp2(hunting))
    assert np.abs(np.log2(found / coded(light))[140:160]).max() * EV < 0.15


def test_exposure_that_follows_a_lamp_does_not_darken_what_was_before() -> None:
    number = np.arange(FRAMES)
    follows = np.where(number < 150, 0.0, -np.clip((number - 149) * 0.3, 0, 0.9))
    brightness = coded(np.where(number < 150, -1.0, 0.5) + follows)
    found = corrected(brightness, 10_000 * np.exp2(follows))
    assert found[:150] == pytest.approx(brightness[:150], rel=0.005)
    assert found[156:] == pytest.approx(brightness[156:], rel=0.06)
    assert steps_ev(found[150:]).max() < 0.1, "it is as bright at once as it is going to be"


def test_cloud_that_takes_many_frames_stays() -> None:
    cloud = np.zeros(FRAMES)
    cloud[100:160] = -1.5 * np.hanning(60)
    brightness = coded(cloud)
    found = corrected(brightness)
    assert np.abs(np.log2(found / brightness)).max() * EV < 0.15
    assert steps_ev(found).max() < 1.2 * steps_ev(brightness).max()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("wanders_ev", [0.0, 0.12])
def test_edges_of_clouds_are_taken_for_no_steps_whatever_the_exposure_does(wanders_ev: float, *, known: bool) -> None:
    for seed in range(10):
        random = np.random.default_rng(seed)
        sky = np.convolve(random.random(FRAMES) < 0.03, np.hanning(int(random.integers(30, 80))), "same")
        wander = np.convolve(random.normal(0, wanders_ev, FRAMES + 50), 0.8 ** np.arange(30))[50 : FRAMES + 50]
        light = -1.5 * np.tanh(sky)
        found = corrected(coded(light + wander), 10_000 * np.exp2(wander) if known else None)
        assert np.abs(np.diff(np.log2(found)) * EV - np.diff(light)).max() < 0.2


@pytest.mark.parametrize("flash", [0.95, 0.6, 0.0])
def test_single_flash_or_black_frame_leaves_its_neighbours_alone(flash: float) -> None:
    brightness = np.full(FRAMES, 0.05 if flash else 0.4)
    brightness[200] = flash
    found = corrected(brightness)
    assert np.delete(found, 200) == pytest.approx(np.delete(brightness, 200), rel=0.002)
    assert found[200] == pytest.approx(flash), "lightning is lightning"


def test_small_glitch_of_one_frame_goes() -> None:
    brightness = np.full(FRAMES, 0.4)
    brightness[200] = 0.46
    assert corrected(brightness) == pytest.approx(0.4, rel=0.003)


def test_exposure_that_a_gain_makes_up_for_is_none() -> None:
    exposure = np.where(np.arange(FRAMES) // 7 % 2, 5000, 20_000)
    assert corrected(np.full(FRAMES, 0.4), exposure) == pytest.approx(0.4)


def test_what_is_behind_a_gap_has_no_influence() -> None:
    brightness = np.concatenate((np.full(30, 0.4), np.full(30, 0.3)))
    slot_ms = slots(30) + [slot + 86_400_000 for slot in slots(30)]
    assert corrected(brightness, slot_ms=slot_ms) == pytest.approx(brightness)


def test_slots_that_are_missing_here_and_there_make_no_flicker() -> None:
    kept = np.flatnonzero(np.random.default_rng(5).random(FRAMES) > 0.3)
    brightness = coded(-0.01 * kept)
    found = corrected(brightness, slot_ms=[slots(FRAMES)[number] for number in kept])
    assert found == pytest.approx(brightness, rel=0.003)


def test_interval_that_was_changed_is_no_gap() -> None:
    slot_ms = slots(100) + [slots(100)[-1] + 600_000 * number for number in range(1, 101)]
    flicker = np.where(np.arange(200) % 2, 0.1, -0.1)
    found = corrected(coded(flicker), slot_ms=slot_ms)
    assert steps_ev(found).max() < 0.03


def test_few_frames_of_each_day_are_one_sequence() -> None:
    slot_ms = [day * 86_400_000 + number * 600_000 for day in range(60) for number in range(3)]
    weather = np.random.default_rng(8).normal(0, 0.15, 60).repeat(3)
    brightness = coded(weather)
    assert steps_ev(corrected(brightness, slot_ms=slot_ms)).max() < 0.4 * steps_ev(brightness).max()


def test_picture_that_is_nearly_white_is_not_made_gray() -> None:
    exposure = np.where(np.arange(FRAMES) % 2, 15_000, 8_000)
    brightness = np.where(np.arange(FRAMES) % 2, 0.99, 0.7)
    found = np.array(gains(slots(FRAMES), brightness.tolist(), exposure.tolist()))
    assert found[brightness > 0.9].min() == 1.0


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_few_frames_are_no_error(count: int) -> None:
    found = gains(slots(count), [0.2, 0.4, 0.3, 0.5][:count], [None, 100, 200, None][:count])
    assert len(found) == count
    assert count > 2 or found == [1.0] * count


def test_lengths_that_differ_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 slots, 1 brightnesses"):
        gains([1, 2], [0.5], [None, None])


@settings(max_examples=1)
@given(st.just(100_000))
def test_hundred_thousand_frames_take_seconds_at_most(count: int) -> None:
    random = np.random.default_rng(6)
    begin_s = time.thread_time()
    gains(slots(count), random.uniform(0.1, 0.6, count).tolist(), random.integers(100, 10_000, count).tolist())
    assert time.thread_time() - begin_s < 10
