"""From frames and gaps to the pictures of a video."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.request import Gaps
from render_worker.selection.chosen import Chosen, Gap, Picture, Selection
from render_worker.selection.timeline import timeline

ALL: tuple[Gaps, ...] = ("hold", "skip", "fade")
HELD = st.lists(st.integers(0, 300), max_size=40)


def selection_of(held: list[int]) -> Selection:
    """One frame more than there are numbers, each of which is for how many pictures what follows is missing."""
    frames = [Chosen(number * 1000, 0, f"/{number}.jpg") for number in range(len(held) + 1)]
    gaps = [Gap(frames[at], frames[at + 1], count, count) for at, count in enumerate(held) if count]
    return Selection(frames, len(frames), 1000, gaps)


@given(HELD, st.sampled_from(ALL), st.floats(0.1, 120))
def test_timeline_shows_every_frame_in_order_and_gaps_for_as_long_as_is_due(
    held: list[int], gaps: Gaps, fps: float
) -> None:
    pictures = timeline(selection_of(held), gaps, fps)
    most = max(1, int(2 * fps))
    assert len(pictures) == len(held) + 1 + (0 if gaps == "skip" else sum(min(count, most) for count in held))
    at = [picture.frame + picture.weight for picture in pictures]
    assert all(earlier <= later for earlier, later in pairwise(at))
    assert {picture.frame for picture in pictures} == set(range(len(held) + 1))
    for picture in pictures:
        assert (picture.towards is None) == (picture.weight == 0.0)
        assert 0.0 <= picture.weight < 1.0
        assert picture.towards in {None, picture.frame + 1}


def test_timeline_that_holds_repeats_the_frame_before_the_gap() -> None:
    assert timeline(selection_of([0, 2]), "hold", 25) == [*map(Picture, (0, 1, 1, 1, 2))]


def test_timeline_that_fades_goes_over_evenly() -> None:
    fade = [Picture(0, 1, 0.25), Picture(0, 1, 0.5), Picture(0, 1, 0.75)]
    assert timeline(selection_of([3]), "fade", 25) == [Picture(0), *fade, Picture(1)]


@pytest.mark.parametrize("gaps", ALL)
def test_timeline_of_a_single_frame_is_one_picture(gaps: Gaps) -> None:
    assert timeline(selection_of([]), gaps, 25) == [Picture(0)]
