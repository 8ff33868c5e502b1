"""How many frames may wait: few where each is large, and never none."""

from __future__ import annotations

import pytest

from capture_worker.queue_length import most_queued
from shared.config.model import CameraConfig


@pytest.mark.parametrize(
    ("resolution", "raw", "most"),
    [
        pytest.param((1920, 1080), False, 4, id="2-mp"),
        pytest.param((3280, 2464), False, 3, id="8-mp"),
        pytest.param((4056, 3040), False, 2, id="12-mp"),
        pytest.param((4056, 3040), True, 1, id="12-mp-raw"),
        pytest.param((16384, 16384), True, 1, id="larger-than-any"),
    ],
)
def test_queue_is_short_where_frames_are_large(resolution: tuple[int, int], raw: bool, most: int) -> None:
    assert most_queued(CameraConfig("main", resolution=resolution, raw=raw)) == most
