"""The pictures of a video come one for each, whatever is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from render_worker.describing import left_out
from render_worker.feeding import Feed
from render_worker.preparing import first_of
from render_worker.selection.chosen import Chosen, NothingToRender, Picture
from tests.rig.gray_frames import SIZE, jpeg_of, level_of


def frames(directory: Path, damaged: tuple[int, ...], count: int = 6) -> list[Chosen]:
    """Frames of which some are empty."""
    chosen = []
    for number in range(count):
        path = directory / f"{number}.jpg"
        path.write_bytes(b"" if number in damaged else jpeg_of(level_of(number)))
        chosen.append(Chosen(number * 10_000, 0, str(path)))
    return chosen


def test_what_is_damaged_is_stood_for_by_the_one_before_and_at_the_beginning_by_the_next(tmp_path: Path) -> None:
    chosen = frames(tmp_path, (0, 1, 4))
    feed = Feed(chosen, [Picture(index) for index in range(6)], first_of(chosen))
    assert [shown.index for shown in feed] == [2, 2, 2, 3, 3, 5]
    assert feed.damaged == dict.fromkeys((0, 1, 4), "it is empty")


def test_frame_that_is_known_to_be_damaged_is_not_read(tmp_path: Path) -> None:
    chosen = frames(tmp_path, ())
    feed = Feed(chosen, [Picture(index) for index in range(6)], first_of(chosen, {0: "torn", 3: "torn"}))
    assert [shown.index for shown in feed] == [1, 1, 2, 2, 4, 5]
    assert feed.damaged == {0: "torn", 3: "torn"}


def test_frame_that_is_held_is_the_same_object_and_read_once(tmp_path: Path) -> None:
    chosen = frames(tmp_path, ())
    feed = Feed(chosen, [Picture(0), Picture(1), Picture(1), Picture(1), Picture(2)], first_of(chosen))
    shown = list(feed)
    assert shown[1].jpeg is shown[2].jpeg is shown[3].jpeg
    assert shown[0].jpeg == jpeg_of(level_of(0))


def test_frame_of_another_size_is_damaged_where_only_one_size_will_do(tmp_path: Path) -> None:
    chosen = frames(tmp_path, ())
    Path(chosen[2].path).write_bytes(jpeg_of(level_of(2), (160, 90)))
    pictures = [Picture(index) for index in range(6)]
    assert [shown.index for shown in Feed(chosen, pictures, first_of(chosen))] == [0, 1, 2, 3, 4, 5]
    feed = Feed(chosen, pictures, first_of(chosen), only=SIZE)
    assert [shown.index for shown in feed] == [0, 1, 1, 3, 4, 5]
    assert feed.damaged == {2: "it is of another size (160x90), which a copy can't have"}


def test_frames_that_were_deleted_meanwhile_are_counted_apart(tmp_path: Path) -> None:
    chosen = frames(tmp_path, (1,))
    feed = Feed(chosen, [Picture(index) for index in range(6)], first_of(chosen))
    for index in (3, 4):
        Path(chosen[index].path).unlink()
    assert [shown.index for shown in feed] == [0, 0, 2, 2, 2, 5]
    assert (sorted(feed.damaged), feed.gone) == ([1, 3, 4], 2)
    assert left_out(chosen, feed.damaged) == [f"left out: {chosen[1].path}: it is empty"]


def test_fade_shows_the_nearer_frame_s_facts_and_without_one_of_both_the_other_alone(tmp_path: Path) -> None:
    pictures = [Picture(0), Picture(0, 1, 0.25), Picture(0, 1, 0.75), Picture(1)]
    whole = frames(tmp_path, (), 2)
    shown = list(Feed(whole, pictures, first_of(whole)))
    assert [each.index for each in shown] == [0, 0, 1, 1]
    assert len({each.jpeg for each in shown}) == 4
    torn = frames(tmp_path, (1,), 2)
    assert {each.jpeg for each in Feed(torn, pictures, first_of(torn))} == {jpeg_of(level_of(0))}


def test_nothing_that_can_be_used_is_told_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(NothingToRender, match=r"none of the 2 frames .* first one, .*0\.jpg: it is empty"):
        first_of(frames(tmp_path, (0, 1), 2))
