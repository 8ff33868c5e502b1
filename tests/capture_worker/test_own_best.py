"""What is left of a camera's own best: in like light, and of late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture_worker.own_best import Left, OwnBest, step_of_light
from shared.clock import NS_PER_S

DAY_NS = 86_400 * NS_PER_S


def known(contrast: float = 60.0, sharpness: float = 25.0, step: int = 11) -> OwnBest:
    best = OwnBest()
    for _ in range(4):
        best.take(3, step, contrast, sharpness)
    return best


def test_best_of_few_pictures_says_nothing() -> None:
    best = OwnBest()
    assert [best.take(slot_ns, 11, 60, 25) is None for slot_ns in range(5)] == [True, True, True, False, False]


def test_best_of_pictures_that_stay_as_they_are_is_all_there() -> None:
    assert known().take(3, 11, 60, 25) == Left(contrast=1.0, sharpness=1.0)


def test_best_tells_what_is_left_of_each() -> None:
    left = known().take(3, 11, 15, 10)
    assert left == Left(contrast=0.25, sharpness=0.4)


def test_best_in_other_light_is_another_one() -> None:
    best = known(step=11)
    assert best.take(9, 10, 15, 10) is None
    assert best.take(9, 11, 15, 10) is not None


def test_step_of_light_goes_by_brightness_where_the_exposure_is_not_told() -> None:
    steps = [step_of_light(brightness, None) for brightness in (0.0, 0.3, 10, 11, 20, 40, 100)]
    assert steps == sorted(steps)
    assert steps[0] == steps[1]
    assert step_of_light(20, None) - step_of_light(10, None) == 2


def test_step_of_light_is_that_of_the_scene_where_the_exposure_is_told() -> None:
    noon, cloud, night = step_of_light(40, 1000), step_of_light(20, 8000), step_of_light(40, 60_000_000)
    assert (noon - cloud, noon - night) == (4, 16)
    assert step_of_light(20, 1000) == step_of_light(40, 2000)


def test_best_is_moved_by_a_part_only_by_one_picture() -> None:
    best = known(contrast=20)
    best.take(9, 11, 80, 25)
    left = best.take(10, 11, 19, 25)
    assert left is not None
    assert left.contrast == pytest.approx(0.5)


def test_best_is_half_forgotten_in_a_week_and_not_by_a_clock_that_is_put_back() -> None:
    best = known()
    left = best.take(7 * DAY_NS, 11, 15, 10)
    assert left is not None
    assert left.contrast == pytest.approx(0.5, rel=0.01)
    again = best.take(-400 * DAY_NS, 11, 15, 10)
    assert again is not None
    assert again.contrast == pytest.approx(left.contrast, rel=0.01)


def test_best_sharpness_that_could_not_be_told_is_none() -> None:
    assert known().take(3, 11, 15, None) == Left(contrast=0.25, sharpness=None)


_PERCENT = st.floats(0, 100)


@given(st.lists(st.tuples(st.integers(0, 10**18), st.integers(9, 11), _PERCENT, st.none() | _PERCENT), max_size=30))
def test_best_of_any_pictures_never_fails_and_tells_no_less_than_nothing(
    pictures: list[tuple[int, int, float, float | None]],
) -> None:
    best = OwnBest()
    for picture in pictures:
        left = best.take(*picture)
        assert left is None or (left.contrast >= 0 and (left.sharpness or 0) >= 0)
