"""Sizes, modes and regions of the Pi camera's sensor."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.cameras.pi_configuration import (
    Rectangle,
    Size,
    candidates,
    check_size,
    crop_of,
    native,
    shows_all,
    tuning_path,
)
from shared.errors import ConfigError

IMX219: list[Size] = [(640, 480), (1640, 1232), (1920, 1080), (3280, 2464)]
WHOLE: Rectangle = (0, 0, 3280, 2464)


@pytest.mark.parametrize("size", [(64, 64), (1920, 1080), (3280, 2464), (3280, 64)])
def test_size_that_the_sensor_has_pixels_for_is_right(size: Size) -> None:
    check_size(size, IMX219, "camera main")


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((3282, 2464), "the sensor has 3280x2464 pixels .its modes: 3280x2464, 1920x1080, 1640x1232, 640x480"),
        ((3280, 2466), "any even size up to 3280x2464 can be had"),
        ((1921, 1080), "must be even"),
        ((32, 64), "at least 64 each way"),
    ],
)
def test_size_that_can_not_be_had_says_what_can(size: Size, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        check_size(size, IMX219, "camera main")


def test_native_mode_has_the_most_pixels() -> None:
    assert native(IMX219) == (3280, 2464)


@pytest.mark.parametrize(
    ("size", "modes"),
    [
        ((640, 480), [(640, 480), (1640, 1232), (1920, 1080)]),
        ((1280, 720), [(1640, 1232), (1920, 1080)]),
        ((1920, 1080), [(1920, 1080)]),
        ((1920, 1200), []),
    ],
)
def test_candidates_have_enough_pixels_and_the_smallest_comes_first(size: Size, modes: list[Size]) -> None:
    assert candidates(size, IMX219) == modes


@pytest.mark.parametrize(
    ("shown", "whether"),
    [
        (WHOLE, True),
        ((0, 2, 3280, 2460), True),
        ((680, 692, 1920, 1080), False),
        ((1000, 752, 1280, 960), False),
        ((0, 0, 3280, 2400), False),
    ],
)
def test_mode_shows_all_if_it_shows_as_good_as_all(shown: Rectangle, whether: bool) -> None:
    assert shows_all(shown, WHOLE) is whether


@pytest.mark.parametrize(
    ("region", "size", "crop"),
    [
        ((0.0, 0.0, 1.0, 1.0), (3280, 2464), WHOLE),
        ((0.25, 0.25, 0.5, 0.5), (1640, 1232), (820, 616, 1640, 1232)),
        ((0.5, 0.0, 0.5, 1.0), (640, 480), (1640, 616, 1640, 1230)),
        ((0.0, 0.0, 1.0, 1.0), (1920, 1080), (0, 308, 3280, 1844)),
    ],
)
def test_region_is_cut_to_the_shape_of_the_picture(
    region: tuple[float, float, float, float], size: Size, crop: Rectangle
) -> None:
    assert crop_of(region, WHOLE, size) == crop


def test_region_counts_from_where_the_sensors_area_begins() -> None:
    assert crop_of((0.5, 0.5, 0.5, 0.5), (680, 692, 1920, 1080), (1920, 1080)) == (1640, 1232, 960, 540)


def test_region_is_never_nothing() -> None:
    assert crop_of((0.0, 0.0, 0.0001, 0.0001), WHOLE, (640, 480))[2:] == (2, 2)


def test_tuning_file_is_found_by_its_path_and_by_its_name_among_libcameras_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "ipa" / "rpi" / "vc4" / "imx219_noir.json"
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    monkeypatch.setenv("LIBCAMERA_IPA_CONFIG_PATH", f"{tmp_path / 'none'}:{tmp_path / 'ipa'}")
    assert tuning_path(str(own), "camera main") == own
    assert tuning_path("imx219_noir.json", "camera main") == own


@pytest.mark.parametrize("written", ["/nowhere/imx219.json", "imx219_nowhere.json"])
def test_tuning_file_that_is_not_there_is_a_mistake(written: str) -> None:
    with pytest.raises(ConfigError, match=f"camera main: tuning_file {written}: no such file"):
        tuning_path(written, "camera main")
