"""Keograms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render_worker.selection.chosen import Chosen
from render_worker.selection.reading import read_frame
from render_worker.stills import keogram
from render_worker.stills.paper import PAPER
from render_worker.stills.taking import Size, Taking
from tests.rig.chosen_frames import Pixels, plain, planted


def _made(frames: list[Chosen], size: Size | None) -> tuple[Pixels, Taking]:
    taking = Taking(read_frame)
    return keogram.make(frames, taking, size, lambda _done, _total: None, ""), taking


def _shades(count: int, size: Size = (64, 48)) -> list[Pixels]:
    return [plain((20 + 5 * number, 20 + 5 * number, 20 + 5 * number), size) for number in range(count)]


def test_every_frame_is_one_column_in_order(tmp_path: Path) -> None:
    picture, taking = _made(planted(tmp_path, _shades(40)), (40, 48))
    assert picture.shape == (48, 40, 3)
    assert np.abs(picture[24, :, 0].astype(int) - (20 + 5 * np.arange(40))).max() <= 2
    assert (taking.used, taking.damaged) == (40, 0)


def test_column_is_the_middle_of_the_frame_at_full_height(tmp_path: Path) -> None:
    frame = plain((0, 0, 0), (64, 48))
    frame[:24, 24:40] = (10, 200, 90)
    frame[24:, 24:40] = (200, 60, 10)
    picture, _ = _made(planted(tmp_path, [frame] * 4), (8, 96))
    assert np.abs(picture[5:40].astype(int) - (10, 200, 90)).max() < 20
    assert np.abs(picture[60:90].astype(int) - (200, 60, 10)).max() < 20


def test_time_without_frames_stays_dark(tmp_path: Path) -> None:
    frames = planted(tmp_path, _shades(40))
    picture, _ = _made(frames[:10] + frames[30:], (40, 48))
    assert (picture[:, 11:29] == PAPER).all()
    assert (picture[:, :9] != PAPER).any(axis=2).all()


def test_damaged_frame_is_a_dark_column_and_is_counted(tmp_path: Path) -> None:
    frames = planted(tmp_path, _shades(40))
    Path(frames[7].path).write_bytes(b"\xff\xd8 nothing of a picture")
    picture, taking = _made(frames, (40, 48))
    assert (picture[:, 7] == PAPER).all()
    assert (taking.used, taking.damaged) == (39, 1)


def test_damaged_frame_is_replaced_where_another_one_is_of_the_same_column(tmp_path: Path) -> None:
    frames = planted(tmp_path, _shades(40))
    columns, _ = _made(frames, (10, 48))
    for frame in frames:
        if frame is not frames[0]:
            continue
        Path(frame.path).write_bytes(b"")
    picture, taking = _made(frames, (10, 48))
    assert (picture != PAPER).any(axis=2).all()
    assert taking.used == 10
    assert columns.shape == picture.shape


def test_words_below_leave_the_size_as_it_was_asked_for(tmp_path: Path) -> None:
    frames = planted(tmp_path, _shades(40, (320, 240)), step_ms=1_800_000)
    picture, _ = _made(frames, None)
    assert picture.shape == (240, 320, 3)
    band = picture[-16:].astype(int)
    assert band.max() > 220
    assert (picture[-1] == PAPER).all(axis=1).sum() > 200


def test_tall_frames_make_a_keogram_of_1080_lines(tmp_path: Path) -> None:
    picture, _ = _made(planted(tmp_path, [plain((9, 9, 9), (1920, 1440))] * 2), None)
    assert picture.shape == (1080, 1440, 3)


def test_single_frame_is_stretched(tmp_path: Path) -> None:
    picture, taking = _made(planted(tmp_path, _shades(1)), (40, 48))
    assert np.abs(picture.astype(int) - 20).max() <= 2
    assert taking.used == 1


def test_frame_of_another_size_is_scaled(tmp_path: Path) -> None:
    frames = planted(tmp_path, [*_shades(2), plain((90, 90, 90), (200, 300)), plain((95, 95, 95), (20, 10))])
    picture, _ = _made(frames, (4, 48))
    assert np.abs(picture[:, 2:].astype(int) - 92).max() <= 4
