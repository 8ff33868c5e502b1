"""The size of a video, and where in the frame it comes from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from render_worker.encoding.plan import crop_box, fitted_size, video_size
from render_worker.request import Look, Rotation

FRACTION = some.floats(0, 1)


def test_size_without_a_wish_is_the_frames_made_even() -> None:
    assert video_size((1921, 1081), Look()) == (1920, 1080)


def test_size_with_one_side_keeps_the_proportions() -> None:
    assert video_size((4056, 3040), Look(size=(1280, 0))) == (1280, 960)
    assert video_size((1920, 1080), Look(size=(0, 720), rotation=90)) == (404, 720)


def test_picture_of_other_proportions_is_fitted_and_not_distorted() -> None:
    assert fitted_size((1920, 1080), Look(size=(1080, 1080))) == (1080, 608)


def test_black_line_of_a_pixel_is_not_made() -> None:
    assert fitted_size((1921, 1083), Look(size=(1280, 720))) == (1280, 720)


@given(
    some.tuples(some.integers(1, 9000), some.integers(1, 9000)),
    some.none() | some.tuples(some.integers(0, 5000), some.integers(0, 5000)),
    some.none() | some.tuples(FRACTION, FRACTION, FRACTION, FRACTION),
    some.sampled_from([0, 90, 180, 270]),
)
def test_every_size_is_even_and_every_crop_inside(
    source: tuple[int, int],
    size: tuple[int, int] | None,
    crop: tuple[float, float, float, float] | None,
    rotation: Rotation,
) -> None:
    look = Look(size=size, crop=crop, rotation=rotation)
    box, video, fitted = crop_box(source, look), video_size(source, look), fitted_size(source, look)
    assert not any(pixels % 2 for pixels in (box.width, box.height, box.x, box.y, *video, *fitted))
    assert min(box.width, box.height, *video, *fitted) >= 2
    assert box.x + box.width <= max(2, source[0] + 1)
    assert box.y + box.height <= max(2, source[1] + 1)
    assert fitted[0] <= video[0]
    assert fitted[1] <= video[1]
