"""The mark: what was written is read back, through JPEG too, and nothing else is ever read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import draw_mark, mark_height, read_mark
from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg

SIZES = st.sampled_from([(160, 120), (320, 240), (641, 361), (1280, 720)])


def decoded(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@given(st.integers(0, 2**48 - 1), SIZES, st.integers(50, 100))
def test_read_mark_any_time_after_jpeg_is_what_was_drawn(time_ms: int, size: tuple[int, int], quality: int) -> None:
    image = np.full((size[1], size[0], 3), 128, np.uint8)
    draw_mark(image, time_ms)
    assert read_mark(decoded(encode_jpeg(image, quality))) == time_ms
    assert read_mark(image[:, :, 0]) == time_ms


@pytest.mark.parametrize("size", [(160, 120), (320, 240), (1920, 1080)])
def test_read_mark_rendered_scene_at_quality_50_is_its_slot(size: tuple[int, int]) -> None:
    for hour in range(0, 24, 4):
        slot_ns = 1_795_392_000_000_000_000 + hour * 3_600_000_000_000 + 100_000_000
        assert read_mark(decoded(encode_jpeg(render(slot_ns, *size), 50))) == slot_ns // 1_000_000


@pytest.mark.parametrize("level", [0, 128, 255])
def test_read_mark_plain_picture_is_none(level: int) -> None:
    assert read_mark(np.full((240, 320, 3), level, np.uint8)) is None


def test_read_mark_foreign_pictures_are_none() -> None:
    noise = np.random.default_rng(1)
    assert all(read_mark(noise.integers(0, 256, (120, 160, 3), np.uint8)) is None for _ in range(200))


def test_read_mark_one_block_flipped_is_none() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    draw_mark(image, 1_795_421_730_100)
    block = image[-mark_height(120) : -mark_height(120) // 2, 80:85]
    block[:] = 255 - block
    assert read_mark(image) is None


def test_draw_mark_on_the_lower_part_alone_is_the_same() -> None:
    whole = np.zeros((360, 640, 3), np.uint8)
    part = whole[320:].copy()
    draw_mark(whole, 123_456_789)
    draw_mark(part, 123_456_789, picture_height=360)
    assert np.array_equal(whole[320:], part)
