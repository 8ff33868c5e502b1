"""The measures of one picture, on pictures of which they are known beforehand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.scene import render
from capture_worker.quality import Gray, changed_percent, shades, sharpness
from tests.rig.bad_pictures import fogged, noisy
from tests.rig.zone import zone

NOON_NS, NIGHT_NS = 1_795_435_200_000_000_000, 1_795_395_600_000_000_000


def even(value: int, height: int = 45, width: int = 80) -> Gray:
    return np.full((height, width), value, np.uint8)


def scene(slot_ns: int = NOON_NS) -> Gray:
    with zone("UTC"):
        return np.asarray(cv2.cvtColor(render(slot_ns, 480, 270), cv2.COLOR_BGR2GRAY), np.uint8)


@pytest.mark.parametrize("value", [0, 1, 100, 254, 255])
def test_shades_of_one_gray_are_that_gray(value: int) -> None:
    shade = shades(even(value))
    assert shade.brightness_percent == pytest.approx(value / 255 * 100)
    assert (shade.darkest, shade.lightest, shade.contrast_percent) == (value, value, 0)
    assert (shade.dark_percent, shade.bright_percent) == (100 * (value <= 2), 100 * (value >= 253))


def test_shades_of_a_ramp_leave_out_a_twentieth_at_each_end() -> None:
    shade = shades(np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[np.newaxis], 50, axis=0))
    assert shade.contrast_percent == pytest.approx(180 / 255 * 100, abs=2)
    assert shade.brightness_percent == pytest.approx(99 / 255 * 100, abs=1)


def test_shades_of_black_with_the_time_written_over_it_are_black() -> None:
    gray = even(3, 135, 240)
    gray[4:10, 10:100] = 255
    gray[128:, :] = 200
    shade = shades(gray)
    assert (shade.darkest, shade.lightest) == (3, 3)
    assert shade.bright_percent > 0


def test_shades_of_a_night_with_one_lamp_are_not_one_shade() -> None:
    gray = even(3, 135, 240)
    gray[60:66, 100:106] = 180
    assert shades(gray).lightest > 100


def test_shades_hot_pixels_do_not_count() -> None:
    gray = even(3, 135, 240)
    gray[60, ::60] = 250
    assert shades(gray).lightest == 3


def test_changed_percent_is_the_box_that_holds_every_change() -> None:
    gray = even(9, 50, 100)
    assert changed_percent(gray, gray.copy()) == 0.0
    other = gray.copy()
    other[10, 20] = other[19, 39] = 10
    assert changed_percent(other, gray) == changed_percent(gray, other) == 4.0
    other[0, 0] = other[49, 99] = 0
    assert changed_percent(other, gray) == 100.0


@pytest.mark.parametrize("slot_ns", [NOON_NS, NIGHT_NS])
def test_sharpness_falls_with_each_blur_and_not_with_haze(slot_ns: int) -> None:
    clear = scene(slot_ns)
    found = [sharpness(fogged(clear, blur, 0)) or 0 for blur in (0.1, 2, 4, 8)]
    assert found == sorted(found, reverse=True)
    assert 15 < found[0] < 50
    assert found[1] < found[0] / 2
    assert sharpness(fogged(clear, 0.1, 0.6)) == pytest.approx(found[0], rel=0.1)
    assert sharpness(fogged(clear, 4, 0.5)) == pytest.approx(found[2], rel=0.5)


def test_sharpness_hardly_depends_on_noise_and_light() -> None:
    clear = scene()
    assert sharpness(noisy(clear, 2, 1)) == pytest.approx(sharpness(clear), rel=0.1)
    assert sharpness(clear // 3) == pytest.approx(sharpness(clear), rel=0.1)
    assert sharpness(scene(NIGHT_NS)) == pytest.approx(sharpness(clear), rel=0.35)


def test_sharpness_of_noise_is_all_and_of_a_slope_nothing() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (270, 480)).astype(np.uint8)
    assert sharpness(noise) == pytest.approx(100, abs=1)
    slope = np.repeat(np.arange(0, 240, dtype=np.uint8)[np.newaxis], 135, axis=0)
    assert sharpness(slope) == pytest.approx(0, abs=0.5)


def test_sharpness_where_there_is_nothing_can_not_be_told() -> None:
    assert sharpness(even(100)) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
def test_measures_of_any_picture_are_within_their_bounds(height: int, width: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    gray, last = generator.integers(0, 256, (2, height, width)).astype(np.uint8)
    shade = shades(gray)
    for percent in (shade.brightness_percent, shade.contrast_percent, shade.dark_percent, shade.bright_percent):
        assert 0 <= percent <= 100
    assert 0 <= shade.darkest <= shade.lightest <= 255
    assert 0 <= changed_percent(gray, last) <= 100
    sharp = sharpness(gray)
    assert sharp is None or sharp >= 0
