"""Average and brightest."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from render_worker.selection.reading import read_frame
from render_worker.stills.stack import average, brightest
from render_worker.stills.taking import Taking
from tests.rig.chosen_frames import Pixels, plain, planted


def _ignore(_done: int, _total: int) -> None:
    pass


def _made(maker: object, directory: Path, pictures: list[Pixels], size: tuple[int, int] | None = None) -> Pixels:
    return maker(planted(directory, pictures), Taking(read_frame), size, _ignore, "")  # type: ignore[no-any-return, operator]  # one of two functions


def test_average_of_the_same_picture_is_that_picture(tmp_path: Path) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 16, axis=0).repeat(3, axis=2)
    once = _made(average, tmp_path, [ramp])
    assert np.array_equal(_made(average, tmp_path, [ramp] * 7), once)
    assert np.abs(once.astype(int) - ramp).max() <= 2


def test_average_of_black_and_white_is_half_the_light(tmp_path: Path) -> None:
    result = _made(average, tmp_path, [plain((0, 0, 0)), plain((255, 255, 255))])
    assert set(result.ravel()) == {188}  # half of the light as sRGB writes it


def test_average_of_a_hundred_pictures_is_rounded_to_the_nearest(tmp_path: Path) -> None:
    shades = [plain((100, 100, 100))] * 51 + [plain((101, 101, 101))] * 49
    assert set(_made(average, tmp_path, shades).ravel()) == {100}


def test_average_removes_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(3)
    pictures = [np.clip(noise.normal(90, 12, (48, 64, 3)), 0, 255).astype(np.uint8) for _ in range(30)]
    result = _made(average, tmp_path, pictures)
    assert result.std() < pictures[0].std() / 3


def test_brightest_keeps_what_passed_by_with_its_colour(tmp_path: Path) -> None:
    pictures = [plain((60, 20, 20)) for _ in range(4)]
    for place, picture in enumerate(pictures):
        picture[16:32, 16 * place : 16 * place + 16] = (90, 180, 250)
    result = _made(brightest, tmp_path, pictures)
    assert np.abs(result[18:30, 2:62].astype(int) - (90, 180, 250)).max() < 12
    assert np.abs(result[36:, :].astype(int) - (60, 20, 20)).max() < 4


def test_brightest_never_mixes_the_channels_of_two_frames(tmp_path: Path) -> None:
    result = _made(brightest, tmp_path, [plain((200, 30, 30)), plain((30, 30, 200))])
    assert np.abs(result.astype(int) - (30, 30, 200)).max() <= 2


@pytest.mark.parametrize("maker", [average, brightest])
def test_frames_of_another_size_are_scaled_to_the_first(maker: object, tmp_path: Path) -> None:
    pictures = [plain((50, 50, 50), (64, 48)), plain((50, 50, 50), (200, 100)), plain((50, 50, 50), (16, 16))]
    result = _made(maker, tmp_path, pictures)
    assert result.shape == (48, 64, 3)
    assert np.abs(result.astype(int) - 50).max() <= 1


@pytest.mark.parametrize("maker", [average, brightest])
def test_smaller_result_is_made_of_smaller_frames(maker: object, tmp_path: Path) -> None:
    assert _made(maker, tmp_path, [plain((9, 99, 199), (640, 480))] * 2, (80, 0)).shape == (60, 80, 3)


@pytest.mark.parametrize(("maker", "bytes_a_pixel"), [(average, 20), (brightest, 10)])
def test_memory_does_not_grow_with_the_number_of_frames(maker: object, bytes_a_pixel: int, tmp_path: Path) -> None:
    size = (640, 480)
    _made(maker, tmp_path, [plain((1, 2, 3), size)])
    picture = plain((40, 50, 60), size)
    tracemalloc.start()
    _made(maker, tmp_path, [picture] * 12)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < bytes_a_pixel * size[0] * size[1]
