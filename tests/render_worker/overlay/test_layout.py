"""Where the strips stand in a video."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.overlay import layout
from render_worker.request import Place

PLACES: tuple[Place, ...] = get_args(Place)
_even = st.integers(1, 2000).map(lambda half: 2 * half)


@given(_even, _even, st.sampled_from(PLACES), st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 40))
def test_any_strip_lies_within_the_video_on_even_numbers(
    width: int, height: int, place: Place, wide: int, high: int, pad: int
) -> None:
    for strip in (layout.text_place((width, height), place, (wide, high), pad), layout.bar_place((width, height))):
        assert strip.x >= 0 <= strip.y
        assert strip.x + strip.width <= width
        assert strip.y + strip.height <= height
        assert not (strip.x | strip.y | strip.width | strip.height) & 1


@pytest.mark.parametrize("place", PLACES)
def test_words_stand_at_their_place_with_the_margin_around(place: Place) -> None:
    video, block, pad = (1920, 1080), (400, 44), 9
    strip, away = layout.text_place(video, place, block, pad), layout.margin(video)
    left, right = strip.x + pad, video[0] - strip.x - strip.width + pad
    above, below = strip.y + pad, video[1] - strip.y - strip.height + pad
    wanted = {"left": left, "right": right, "middle": max(left, right)}[layout.side(place)]
    assert wanted == pytest.approx((video[0] - block[0]) / 2 if layout.side(place) == "middle" else away, abs=2)
    assert (above if place.startswith("top") else below) == pytest.approx(away, abs=2)
    assert strip.width * strip.height < 1.6 * block[0] * block[1]


@pytest.mark.parametrize("video", [(1920, 1080), (640, 360), (3840, 2160), (160, 120), (1080, 1920)])
def test_words_never_stand_on_the_bar(video: tuple[int, int]) -> None:
    bar = layout.bar_place(video)
    strip = layout.text_place(video, "bottom", (40, 20), 0)
    assert strip.y + strip.height <= bar.y
    assert bar.width == video[0]
    assert bar.y + bar.height == video[1]


def test_line_is_a_part_of_the_height_but_never_too_small_to_read() -> None:
    assert [layout.line_height((1920, 1080), 4), layout.line_height((320, 180), 4)] == [43, 14]
