"""Contact sheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render_worker.selection.chosen import Chosen
from render_worker.selection.reading import read_frame
from render_worker.stills import contact_sheet
from render_worker.stills.contact_sheet import evenly, grid_of
from render_worker.stills.taking import Size, Taking
from tests.rig.chosen_frames import Pixels, plain, planted


def _made(frames: list[Chosen], size: Size | None, title: str = "") -> tuple[Pixels, Taking]:
    taking = Taking(read_frame)
    return contact_sheet.make(frames, taking, size, lambda _done, _total: None, title), taking


@given(st.integers(1, 500).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count))))
def test_choice_is_even_and_takes_none_twice(count_and_wanted: tuple[int, int]) -> None:
    count, wanted = count_and_wanted
    picks = evenly(count, wanted)
    steps = np.diff(picks)
    assert len(set(picks)) == wanted
    assert steps.size == 0 or steps.max() - steps.min() <= 1
    assert wanted == 1 or (picks[0], picks[-1]) == (0, count - 1)


@given(
    st.integers(1, 200),
    st.tuples(st.integers(16, 4056), st.integers(16, 4056)),
    st.one_of(st.none(), st.tuples(st.sampled_from([0, 200, 800, 1920]), st.sampled_from([0, 300, 1080]))),
    st.booleans(),
)
def test_any_sheet_has_its_frames_side_by_side_within_it(
    count: int, frame: Size, asked: Size | None, titled: bool
) -> None:
    grid = grid_of(count, frame, asked, titled=titled)
    boxes = [(x, y, x + grid.tile[0], y + grid.tile[1] + grid.line_px) for x, y in grid.corners]
    assert 1 <= len(boxes) <= count
    assert min(grid.tile) >= 1
    assert asked is None or all(have == want for have, want in zip(grid.size, asked, strict=True) if want)
    if min(grid.tile) > 1:
        assert min(min(box) for box in boxes) >= 0
        assert max(box[2] for box in boxes) <= grid.size[0]
        assert max(box[3] for box in boxes) <= grid.size[1]
        assert not any(_overlap(one, other) for one in boxes for other in boxes if one is not other)


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize(("count", "frames"), [(288, 25), (1, 1), (3, 3), (24, 24)])
def test_day_of_wide_frames_has_a_sheet_like_a_screen(count: int, frames: int) -> None:
    grid = grid_of(count, (1920, 1080), None, titled=False)
    assert (len(grid.corners), grid.size[0]) == (frames, 1920)
    assert count < 24 or 1.4 < grid.size[0] / grid.size[1] < 2.4


def test_sheet_shows_frames_from_the_first_to_the_last_with_their_times(tmp_path: Path) -> None:
    frames = planted(tmp_path, [plain((0, 6 * number, 250), (160, 90)) for number in range(40)])
    picture, taking = _made(frames, (1000, 0))
    grid = grid_of(40, (160, 90), (1000, 0), titled=False)
    middles = [picture[y + grid.tile[1] // 2, x + grid.tile[0] // 2] for x, y in grid.corners]
    picks = evenly(40, len(grid.corners))
    assert np.abs(np.array(middles, int) - [(0, 6 * pick, 250) for pick in picks]).max() <= 3
    assert taking.used == len(picks)
    for x, y in grid.corners:
        below = picture[y + grid.tile[1] + 1 : y + grid.tile[1] + grid.line_px, x : x + grid.tile[0]]
        assert below.max() > 200


def test_title_stands_above(tmp_path: Path) -> None:
    frames = planted(tmp_path, [plain((9, 9, 9), (160, 90))] * 30)
    bare, titled = _made(frames, (1000, 0))[0], _made(frames, (1000, 0), "main, 1 June 2026")[0]
    assert titled.shape[0] > bare.shape[0]
    assert titled[: titled.shape[0] - bare.shape[0]].max() > 200


def test_damaged_frame_is_replaced_by_its_neighbour(tmp_path: Path) -> None:
    frames = planted(tmp_path, [plain((200, 200, 200), (160, 90)) for _ in range(90)])
    for frame in frames[:2]:
        Path(frame.path).write_bytes(b"\xff\xd8")
    picture, taking = _made(frames[:1] + frames[2:], (1000, 0))
    grid = grid_of(89, (160, 90), (1000, 0), titled=False)
    assert (taking.used, taking.damaged) == (len(grid.corners), 1)
    assert all(picture[y + 5, x + 5, 0] > 180 for x, y in grid.corners)


def test_frame_of_other_proportions_keeps_them(tmp_path: Path) -> None:
    frames = planted(tmp_path, [plain((200, 200, 200), (160, 90)), plain((200, 200, 200), (90, 160))])
    picture, _ = _made(frames, (600, 300))
    grid = grid_of(2, (160, 90), (600, 300), titled=False)
    x, y = grid.corners[1]
    lit = picture[y + grid.tile[1] // 2, x : x + grid.tile[0], 0] > 150
    assert lit.sum() == pytest.approx(grid.tile[1] * 90 / 160, abs=2)
