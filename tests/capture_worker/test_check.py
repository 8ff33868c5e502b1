"""The strict check: whole JPEGs pass, damaged ones don't."""

from __future__ import annotations

import random

import pytest

from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.encode import encode_jpeg
from tests.capture_worker.test_exif import without_tables

JPEG = encode_jpeg(render(1_795_421_730_100_000_000, 640, 360), 85)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (160, 120), (1001, 333)])
def test_check_jpeg_whole_gives_its_size(size: tuple[int, int]) -> None:
    assert check_jpeg(encode_jpeg(render(0, 1001, 333)[: size[1], : size[0]], 90)) == size


def test_check_jpeg_without_huffman_tables_passes() -> None:
    assert check_jpeg(without_tables(JPEG)) == (640, 360)


@pytest.mark.parametrize("padding", [b"\x00" * 700, b"\r\n"])
def test_check_jpeg_padded_at_its_end_passes(padding: bytes) -> None:
    assert check_jpeg(JPEG + padding) == (640, 360)


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
