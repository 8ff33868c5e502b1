"""How bright each picture is made: who is asked, and what becomes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from render_worker.course import Course
from render_worker.levelling import CommandsFiles, levels_of, per_picture
from render_worker.selection.chosen import Chosen, Picture
from render_worker.telling import Teller
from tests.rig.gray_frames import jpeg_of


@pytest.fixture
def course() -> Iterator[Course]:
    fd = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    yield Course(Teller(fd))
    os.close(fd)


def chosen(number: int, path: Path | str = "/not/there.jpg", brightness: float | None = None) -> Chosen:
    return Chosen(number * 10_000, 0, str(path), brightness_percent=brightness, exposure_us=1000)


def test_frames_whose_brightness_is_noted_finely_are_not_read(course: Course) -> None:
    frames = [chosen(number, brightness=40.0 + 5.0 * (number % 2)) for number in range(40)]
    levels = levels_of(frames, course)
    assert levels.damaged == {}
    assert all(gain > 1 for gain in levels.gains[2::2])
    assert all(gain < 1 for gain in levels.gains[1::2])


def test_frames_whose_brightness_is_not_noted_or_in_whole_percent_are_measured(tmp_path: Path, course: Course) -> None:
    frames = []
    for number in range(20):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(jpeg_of(100 + 20 * (number % 2)))
        frames.append(chosen(number, path, brightness=50 if number % 3 else None))
    levels = levels_of(frames, course)
    assert all(gain > 1 for gain in levels.gains[2::2])
    assert all(gain < 1 for gain in levels.gains[1::2])


def test_damaged_frame_is_told_and_has_the_gain_of_the_one_that_stands_for_it(tmp_path: Path, course: Course) -> None:
    frames = [chosen(number, brightness=40.0 + 2.0 * (number % 2)) for number in range(20)]
    path = tmp_path / "cut.jpg"
    path.write_bytes(jpeg_of(100)[:300])
    for number in (0, 7):
        frames[number] = chosen(number, path)
    levels = levels_of(frames, course)
    assert list(levels.damaged) == [0, 7]
    assert levels.gains[0] == levels.gains[1] != 1.0
    assert levels.gains[7] == levels.gains[6] != 1.0


def test_picture_between_two_frames_has_a_gain_between_theirs() -> None:
    pictures = [Picture(0), Picture(0, 1, 0.25), Picture(1)]
    assert per_picture([1.0, 1.2], pictures) == pytest.approx([1.0, 1.05, 1.2])


def test_commands_can_be_read_by_another_process_while_it_is_open_and_have_no_name() -> None:
    files = CommandsFiles([1.0, 1.1] * 3000, 25.0)
    assert [path.read_text().count("\n") for path in files.paths] == [5000, 1000]
    files.close()
    files.close()
    assert not any(path.exists() for path in files.paths)
