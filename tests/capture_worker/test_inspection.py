"""Each bad kind of picture is found among good ones, by day and by night; and none in days of good ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture_worker.cameras.base import Image
from capture_worker.cameras.scene import render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.inspection import Inspected, Inspection
from capture_worker.warnings import Warnings
from shared.causes import PictureFault
from shared.clock import NS_PER_S
from tests.rig.bad_pictures import fogged, noisy, torn
from tests.rig.zone import zone

SIZE = (480, 272)
MIDNIGHT_NS = 1_795_392_000 * NS_PER_S
HOURS = pytest.mark.parametrize("hour", [1, 12], ids=["night", "day"])
SEASONS = (1, 4, 7, 10)


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    with zone("UTC"):
        yield


class Camera:
    """A camera that gives the built-in scene with a sensor's noise, from an hour of the day on; and its inspection."""

    def __init__(self, hour: int, interval_s: int = 60) -> None:
        self.inspection = Inspection()
        self.number = 0
        self._begin_ns, self._interval_ns = MIDNIGHT_NS + hour * 3600 * NS_PER_S, interval_s * NS_PER_S

    def take(self, change: Callable[[Image], Image] = np.copy, quality: int = 85) -> Inspected:
        """The next picture, as `change` makes it of the scene."""
        self.number += 1
        slot_ns = self._begin_ns + self.number * self._interval_ns
        image = change(noisy(render(slot_ns, *SIZE), 1.0, self.number))
        jpeg = encode_jpeg(image, quality)
        return self.inspection.take(slot_ns, jpeg, check_jpeg(jpeg))

    def take_good(self, count: int) -> None:
        """Pictures of which nothing bad may be found."""
        for _ in range(count):
            assert bad(self.take()) == set()


def bad(inspected: Inspected) -> set[PictureFault]:
    return {kind for kind, words in inspected.found.items() if words}


def covered(image: Image) -> Image:
    return noisy(np.full_like(image, 2), 1.5, int(image.sum()))


@HOURS
def test_covered_lens_is_black_and_nothing_else(hour: int) -> None:
    camera = Camera(hour)
    camera.take_good(12)
    inspected = camera.take(covered)
    assert bad(inspected) == {"black"}
    assert "brighter than 1% of white" in inspected.found["black"]
    assert inspected.measures.brightness_percent < 2
    camera.take_good(1)


def test_black_in_video_levels_and_under_a_clock_is_black() -> None:
    def off_air(image: Image) -> Image:
        black = np.full_like(image, 16)
        black[4:24, 10:200] = 255
        return black

    assert bad(Camera(12).take(off_air)) == {"black"}


@HOURS
def test_night_is_not_black(hour: int) -> None:
    """A tenth of the light of the scene's night; then one lamp in the dark."""

    def lamp(image: Image) -> Image:
        dark = covered(image)
        dark[200:212, 300:312] = 160
        return dark

    camera = Camera(hour)
    assert bad(camera.take(lambda image: image // 10)) == set()
    assert "black" not in bad(camera.take(lamp))


@HOURS
def test_light_that_drowns_all_is_white(hour: int) -> None:
    camera = Camera(hour)
    camera.take_good(3)
    inspected = camera.take(lambda image: np.full_like(image, 255))
    assert bad(inspected) == {"white"}
    assert inspected.measures.bright_percent == 100


def test_snow_in_the_sun_is_not_white() -> None:
    assert bad(Camera(12).take(lambda image: 215 + image // 7)) == set()


@HOURS
@pytest.mark.parametrize("quality", [40, 90])
def test_picture_that_comes_again_is_frozen_also_under_a_clock_that_goes_on(hour: int, quality: int) -> None:
    camera = Camera(hour)
    camera.take_good(2)
    still: list[Image] = []

    def repeated(image: Image) -> Image:
        still.append(image)
        shown = still[0].copy()
        shown[4:20, 10 : 10 + 20 * len(still)] = 255
        return shown

    camera.take(repeated, quality)
    for _ in range(3):
        inspected = camera.take(repeated, quality)
        assert bad(inspected) == {"frozen"}
        assert inspected.measures.changed_percent is not None
        assert 0 < inspected.measures.changed_percent < 3
    assert bad(camera.take()) == set()


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("light", [1.0, 0.1])
def test_still_scene_with_a_quarter_of_a_gray_level_of_noise_is_not_frozen(quality: int, light: float) -> None:
    """A night that an encoder has smoothed nearly all of the noise out of."""
    camera, scene = Camera(1), (render(MIDNIGHT_NS, *SIZE) * light).astype(np.uint8)
    for _ in range(6):
        inspected = camera.take(lambda _: noisy(scene, 0.25, camera.number), quality)
        assert "frozen" not in bad(inspected)


@HOURS
def test_torn_picture_is_found_and_not_looked_at_for_sharpness(hour: int) -> None:
    camera, noise, found = Camera(hour, interval_s=10), random.Random(2), 0
    camera.take_good(8)
    for _ in range(10):
        inspected = camera.take(lambda image: torn(image, "green", noise))
        if bad(inspected):
            assert bad(inspected) == {"torn"}
            assert inspected.measures.seam_percent is not None
            assert inspected.measures.sharpness_percent is None
            found += 1
        camera.take_good(1)
    assert found >= 3, "as many of ten as a warning takes"


@HOURS
@pytest.mark.parametrize(("blur", "veil"), [(3, 0.0), (3, 0.5), (6, 0.6), (0.1, 0.85)])
def test_fogged_lens_is_blurred(hour: int, blur: float, veil: float) -> None:
    camera = Camera(hour, interval_s=600)
    camera.take_good(6)
    assert [bad(camera.take(lambda image: fogged(image, blur, veil))) for _ in range(3)] == [{"blurred"}] * 3
    camera.take_good(2)


def test_night_that_an_exposure_makes_as_bright_as_day_is_not_compared_with_it() -> None:
    """A scene without lamps, exposed for 20 s: as bright as by day, with little to see."""
    inspection, bright = Inspection(), encode_jpeg(render(MIDNIGHT_NS + 12 * 3600 * NS_PER_S, *SIZE), 85)
    flat = encode_jpeg(fogged(render(MIDNIGHT_NS + 12 * 3600 * NS_PER_S, *SIZE), 0.1, 0.85), 85)
    for number in range(6):
        inspection.take(number * 600 * NS_PER_S, bright, check_jpeg(bright), 1_000.0)
    for number in range(6, 12):
        night = inspection.take(number * 600 * NS_PER_S, flat, check_jpeg(flat), 20_000_000.0)
        assert not night.found.get("blurred")
    assert inspection.take(7200 * NS_PER_S, flat, check_jpeg(flat), 1_000.0).found["blurred"]


@HOURS
def test_haze_is_not_blurred(hour: int) -> None:
    camera = Camera(hour, interval_s=600)
    camera.take_good(6)
    assert bad(camera.take(lambda image: fogged(image, 0.1, 0.3))) == set()


def test_one_shade_of_gray_is_blurred_though_no_best_is_known() -> None:
    inspected = Camera(12).take(lambda image: np.full_like(image, 140))
    assert bad(inspected) == {"blurred"}


def test_sharpness_is_measured_each_ten_minutes_and_when_the_clock_was_put_back() -> None:
    camera = Camera(12)
    measured = [camera.take().measures.sharpness_percent is not None for _ in range(25)]
    assert [number for number, is_there in enumerate(measured) if is_there] == [0, 10, 20]
    camera.number -= 20
    assert camera.take().measures.sharpness_percent is not None


@pytest.mark.parametrize(("size", "seen"), [((1920, 1080), True), ((3840, 2160), True), ((240, 160), True)])
def test_sharpness_of_any_size_can_be_told(size: tuple[int, int], seen: bool) -> None:
    jpeg = encode_jpeg(render(MIDNIGHT_NS, *size), 85)
    assert (Inspection().take(0, jpeg, check_jpeg(jpeg)).measures.sharpness_percent is not None) == seen


@pytest.mark.parametrize("month", SEASONS)
def test_day_of_the_built_in_scene_gives_no_warning(month: int) -> None:
    """A picture each 5 minutes, from midnight to midnight, in each season."""
    begin_ns = int(datetime(2026, month, 15, tzinfo=UTC).timestamp()) * NS_PER_S
    inspection, warnings = Inspection(), Warnings()
    for number in range(289):
        slot_ns = begin_ns + number * 300 * NS_PER_S
        jpeg = encode_jpeg(render(slot_ns, 320, 240), 85)
        inspected = inspection.take(slot_ns, jpeg, check_jpeg(jpeg))
        assert bad(inspected) == set(), (number, inspected)
        assert warnings.take(slot_ns, inspected.found) == []


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90), st.integers(0, 3)), min_size=1, max_size=8))
def test_inspection_of_any_pictures_never_fails(pictures: list[tuple[int, int, int]]) -> None:
    inspection = Inspection()
    for number, (width, height, seed) in enumerate(pictures):
        image = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
        jpeg = encode_jpeg(image, 80)
        inspected = inspection.take(number * 400 * NS_PER_S, jpeg, check_jpeg(jpeg))
        assert 0 <= inspected.measures.brightness_percent <= 100
