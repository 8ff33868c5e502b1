"""The built-in scene: it moves, it follows the time of day, and it is quick."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from capture_worker.cameras import scene

DAY_NS = 1_795_392_000_000_000_000  # 2026-11-23 00:00 UTC
HOUR_NS = 3_600_000_000_000


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", [(16, 16), (160, 120), (320, 240), (480, 800), (1920, 1080), (4056, 3040)])
def test_render_any_size_has_that_shape(size: tuple[int, int]) -> None:
    image = scene.render(DAY_NS + 12 * HOUR_NS, *size)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8


def test_render_same_slot_gives_the_same_pixels() -> None:
    assert np.array_equal(scene.render(DAY_NS, 320, 240), scene.render(DAY_NS, 320, 240))


def test_render_a_second_later_the_scene_above_the_letters_has_moved() -> None:
    first, second = (scene.render(DAY_NS + 12 * HOUR_NS + each, 640, 360)[:300] for each in (0, 1_000_000_000))
    assert np.count_nonzero((first != second).any(axis=2)) > 500


def test_render_noon_is_brighter_than_night() -> None:
    noon, night = (scene.render(DAY_NS + hour * HOUR_NS, 320, 240)[:100].mean() for hour in (12, 0))
    assert noon > night + 80


def test_render_follows_local_time_not_utc() -> None:
    in_utc = scene.render(DAY_NS, 320, 240)[:100].mean()
    os.environ["TZ"] = "XXX-12"
    time.tzset()
    assert scene.render(DAY_NS + 30 * 60 * 1_000_000_000, 320, 240)[:100].mean() > in_utc + 80


def test_render_full_hd_is_cheap_enough_for_ten_a_second() -> None:
    scene.render(DAY_NS + 12 * HOUR_NS, 1920, 1080)
    spent = []
    for tenth in range(40):
        began = time.thread_time_ns()
        scene.render(DAY_NS + 12 * HOUR_NS + tenth * 100_000_000, 1920, 1080)
        spent.append(time.thread_time_ns() - began)
    # 3 ms on an idle desktop; the limit leaves room for a machine that is busy with other tests.
    assert sorted(spent)[20] < 20_000_000
