"""The strips that are laid over a video."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from render_worker.overlay.strips import Strips
from render_worker.request import Overlay, Place
from render_worker.selection.chosen import Chosen
from shared.errors import UsageError
from tests.rig.zone import utc_ns, zone

VIDEO = (640, 360)
NOON_MS = utc_ns("2026-06-01T10:00") // 1_000_000


def _chosen(slot_ms: int = NOON_MS, offset_min: int = 120) -> Chosen:
    return Chosen(slot_ms, offset_min, "/nowhere.jpg")


def _pixels(strips: Strips, chosen: Chosen, number: int = 1) -> list[NDArray[np.uint8]]:
    drawn = strips.draw(chosen, number)
    return [
        np.frombuffer(data, np.uint8).reshape(place.height, place.width, 4)
        for place, data in zip(strips.places, drawn, strict=True)
    ]


def test_nothing_asked_for_is_no_strip() -> None:
    strips = Strips(Overlay(), VIDEO, "main", 10)
    assert (strips.places, strips.draw(_chosen(), 1)) == ((), [])


@pytest.mark.parametrize("place", get_args(Place))
def test_every_picture_has_strips_of_the_size_that_was_promised(place: Place) -> None:
    overlay = Overlay("%A %-d %B %H:%M:%S", "{camera} {frame} {exposure}", place, day_bar=True)
    strips = Strips(overlay, VIDEO, "main", 1200)
    for number in range(1, 1200, 97):
        drawn = strips.draw(_chosen(NOON_MS + number * 7_000_000), number)
        assert [len(data) for data in drawn] == [at.width * at.height * 4 for at in strips.places]


def test_same_words_are_the_same_object() -> None:
    strips = Strips(Overlay(timestamp="%H:%M", day_bar=True), VIDEO, "main", 3)
    first, second, third = (strips.draw(_chosen(NOON_MS + ms), 1) for ms in (0, 5_000, 3_600_000))
    assert first[0] is second[0]
    assert first[1] is second[1]
    assert first[0] != third[0]
    assert first[1] != third[1]


def test_words_are_never_cut_but_made_smaller() -> None:
    short, long = (Strips(Overlay(text=text), VIDEO, "main", 3) for text in ("{time}", "a long sentence " * 12))
    assert long.places[0].height < short.places[0].height
    assert long.places[0].width <= VIDEO[0]
    ink = _pixels(long, _chosen())[0][:, :, 0].max(axis=0) > 128
    margin = np.flatnonzero(ink)
    assert 0 < margin[0] < 20
    assert long.places[0].x + margin[-1] < VIDEO[0] - 10


def test_words_that_have_no_room_at_any_size_are_an_error() -> None:
    with pytest.raises(UsageError, match="a line of 900 letters has no room in a picture of 640x360"):
        Strips(Overlay(text="123456789 " * 89 + "1234567890"), VIDEO, "main", 3)


def test_strip_is_as_wide_as_the_longest_day_of_the_year_needs() -> None:
    strips = Strips(Overlay(timestamp="%A %d %B", place="top-left"), VIDEO, "main", 3)
    wednesday = _pixels(strips, _chosen(utc_ns("2026-09-23T10:00") // 1_000_000))[0]
    friday = _pixels(strips, _chosen(utc_ns("2026-05-01T10:00") // 1_000_000))[0]
    assert (
        np.flatnonzero(friday[:, :, 0].max(axis=0) > 128)[-1] < np.flatnonzero(wednesday[:, :, 0].max(axis=0) > 128)[-1]
    )
    assert not (wednesday[:, -1, 3] > 40).any()


def test_bar_shows_how_much_of_the_day_is_over() -> None:
    strips = Strips(Overlay(day_bar=True), VIDEO, "main", 3)
    with zone("Europe/Oslo"):
        row = _pixels(strips, _chosen())[0][-1]
    assert np.array_equal(row[:, 0] > 128, np.arange(640) < 320)
    assert row[:, 3].min() > 0


def test_bar_on_the_day_of_23_hours_is_half_full_at_half_of_it() -> None:
    strips = Strips(Overlay(day_bar=True), VIDEO, "main", 3)
    with zone("Europe/Oslo"):
        row = _pixels(strips, _chosen(utc_ns("2026-03-29T10:30") // 1_000_000))[0][-1]
    assert np.array_equal(row[:, 0] > 128, np.arange(640) < 320)


@pytest.mark.parametrize(
    "overlay", [Overlay(text="{nobody}"), Overlay(timestamp="%Q"), Overlay(text="x", font="/no/font")]
)
def test_what_can_not_be_drawn_is_told_before_the_first_picture(overlay: Overlay) -> None:
    with pytest.raises(UsageError, match="overlay"):
        Strips(overlay, VIDEO, "main", 3)


def test_no_font_is_opened_for_the_bar_alone() -> None:
    assert len(Strips(Overlay(day_bar=True, font=str(Path("/no/font"))), VIDEO, "main", 3).places) == 1
