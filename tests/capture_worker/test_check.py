"""The strict check: whole JPEGs pass, damaged ones don't."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest

from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg, gray_at
from capture_worker.encode import encode_jpeg
from tests.capture_worker.test_exif import without_tables

JPEG = encode_jpeg(render(1_795_421_730_100_000_000, 640, 360), 85)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (160, 120), (1001, 333)])
def test_check_jpeg_whole_gives_its_size(size: tuple[int, int]) -> None:
    checked = check_jpeg(encode_jpeg(render(0, 1001, 333)[: size[1], : size[0]], 90))
    assert checked.size == (checked.width, checked.height) == size
    assert checked.gray.shape == (-(-size[1] // 8), -(-size[0] // 8))


def test_check_jpeg_gray_is_the_mean_of_each_eight_by_eight_pixels() -> None:
    pixels = cv2.cvtColor(render(0, 640, 360), cv2.COLOR_BGR2GRAY)
    means = pixels.reshape(45, 8, 80, 8).mean(axis=(1, 3))
    assert np.abs(check_jpeg(encode_jpeg(render(0, 640, 360), 95)).gray - means).mean() < 1


@pytest.mark.parametrize(("factor", "shape"), [(1, (333, 1001)), (2, (167, 501)), (4, (84, 251)), (8, (42, 126))])
def test_gray_at_a_factor_is_that_part_of_both_sides(factor: int, shape: tuple[int, int]) -> None:
    jpeg = encode_jpeg(render(0, 1001, 333), 90)
    assert gray_at(jpeg, check_jpeg(jpeg), factor).shape == shape


def test_check_jpeg_without_huffman_tables_passes() -> None:
    assert check_jpeg(without_tables(JPEG)).size == (640, 360)


@pytest.mark.parametrize("padding", [b"\x00" * 700, b"\r\n"])
def test_check_jpeg_padded_at_its_end_passes(padding: bytes) -> None:
    assert check_jpeg(JPEG + padding).size == (640, 360)


def test_check_jpeg_cut_anywhere_is_damaged() -> None:
    for end in random.Random(1).sample(range(len(JPEG)), 200):
        with pytest.raises(DamagedFrame):
            check_jpeg(JPEG[:end])


def test_check_jpeg_cut_and_closed_is_damaged() -> None:
    start = JPEG.index(b"\xff\xda") + 20
    for end in random.Random(2).sample(range(start, len(JPEG) - 600), 200):
        with pytest.raises(DamagedFrame):
            check_jpeg(JPEG[:end] + b"\xff\xd9")


def test_check_jpeg_overwritten_in_the_middle_is_damaged_nearly_always() -> None:
    """Seven in a thousand still pass at this size: data that libjpeg can read to the end without a warning."""
    noise = random.Random(3)
    start = JPEG.index(b"\xff\xda") + 20
    places = [noise.randrange(start, len(JPEG) - 514) for _ in range(300)]
    passed = sum(_passes(JPEG[:place] + noise.randbytes(512) + JPEG[place + 512 :]) for place in places)
    assert passed <= 6


@pytest.mark.parametrize(
    ("jpeg", "reason"),
    [
        (b"", "empty"),
        (b"<html>no camera here</html>", "begin"),
        (JPEG[:-2], "no end"),
        (b"\xff\xd8\xff\xd9", ""),
    ],
)
def test_check_jpeg_reason_says_what_is_wrong(jpeg: bytes, reason: str) -> None:
    with pytest.raises(DamagedFrame) as caught:
        check_jpeg(jpeg)
    assert reason in caught.value.reason
    assert caught.value.reason


def _passes(jpeg: bytes) -> bool:
    try:
        check_jpeg(jpeg)
    except DamagedFrame:
        return False
    return True
