"""Torn pictures are found, and pictures of a scene that changes are not taken for torn ones."""

from __future__ import annotations

import random
from itertools import pairwise

import cv2
import numpy as np
import pytest

from capture_worker.cameras.base import Image
from capture_worker.cameras.scene import render
from capture_worker.check import check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.quality import Gray
from capture_worker.seams import Seams
from tests.rig.bad_pictures import Tear, noisy, torn
from tests.rig.zone import zone

MIDNIGHT_NS = 1_795_392_000_000_000_000
HOUR_NS = 3600 * 10**9


def small(image: Image) -> Gray:
    return check_jpeg(encode_jpeg(image, 85)).gray


def yard(number: int, shift: int = 0) -> Image:
    """Something to see everywhere, a slow change of light, noise, and a thing that goes across."""
    rough = np.random.default_rng(7).integers(30, 220, (10, 40, 3)).astype(np.uint8)
    image = cv2.resize(rough, (480, 272), interpolation=cv2.INTER_CUBIC)
    image = (image * (0.7 + 0.3 * np.cos(number / 40))).astype(np.uint8)
    left = (number * 37) % 420
    image[110 + shift : 150 + shift, left : left + 80] = (20, 40, 200)
    return noisy(image, 2, number)


@pytest.mark.parametrize("kind", ["gray", "green", "smeared", "shifted"])
def test_seam_of_each_kind_is_found_where_it_is(kind: Tear) -> None:
    seams, noise = Seams(), random.Random(3)
    for number in range(12):
        assert seams.take(small(yard(number))) is None
    found = 0
    for number in range(12, 60, 2):
        bad = torn(yard(number), kind, noise)
        row = int(np.flatnonzero((bad != yard(number)).any(axis=(1, 2)))[0])
        seam = seams.take(small(bad))
        found += seam is not None
        assert seam is None or abs(seam - row / 272 * 100) < 10
        assert seams.take(small(yard(number + 1))) is None
    assert found >= 20, "of 24"


@pytest.mark.parametrize("hour", [1, 12])
def test_seam_of_what_is_lost_of_the_built_in_scene_is_found(hour: int) -> None:
    seams, noise = Seams(), random.Random(5)
    with zone("UTC"):
        pictures = [render(MIDNIGHT_NS + hour * HOUR_NS + number * 10**10, 640, 360) for number in range(40)]
    found = 0
    for number, picture in enumerate(pictures):
        assert seams.take(small(picture)) is None
        if number >= 10:
            found += seams.take(small(torn(picture, noise.choice(("gray", "green")), noise))) is not None
    assert found >= 15, "of 30; above the roofs there is nothing to see that could be torn"


def test_seam_is_not_known_before_some_pictures() -> None:
    seams, noise = Seams(), random.Random(1)
    for number in range(5):
        assert seams.take(small(torn(yard(number), "gray", noise))) is None
        assert not seams.could_tell


def test_seam_that_comes_again_at_its_row_is_the_scene() -> None:
    """Somebody has put a wall across the lower half."""
    seams = Seams()
    for number in range(12):
        seams.take(small(yard(number)))
    walled = []
    for number in range(12, 24):
        picture = yard(number)
        picture[170:] = noisy(np.full_like(picture[170:], 90), 2, number)
        walled.append(seams.take(small(picture)) is not None)
    assert sum(walled) <= 1


def test_seam_what_goes_across_all_of_the_lower_rows_is_none() -> None:
    seams = Seams()
    for number in range(60):
        assert seams.take(small(yard(number, shift=(number * 11) % 110))) is None


@pytest.mark.parametrize(
    ("first", "second"), list(pairwise([(480, 272), (320, 240), (8, 8), (7, 90), (1, 1), (480, 272)]))
)
def test_seams_of_another_size_begin_anew(first: tuple[int, int], second: tuple[int, int]) -> None:
    seams = Seams()
    for size in (first, second):
        for number in range(8):
            picture = np.ascontiguousarray(yard(number)[: size[1], : size[0]])
            assert seams.take(small(picture)) is None
        assert seams.could_tell
