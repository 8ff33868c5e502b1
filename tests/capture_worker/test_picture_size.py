"""The size of a camera's pictures: a change is told, once."""

from __future__ import annotations

from capture_worker.picture_size import PictureSize


def test_size_that_stays_is_not_told() -> None:
    size = PictureSize()
    assert [size.changed((1280, 720)) for _ in range(3)] == [None, None, None]


def test_size_that_changes_is_told_once_each_time() -> None:
    size = PictureSize()
    said = [size.changed(each) for each in [(1280, 720), (640, 480), (640, 480), (1280, 720)]]
    assert said == [
        None,
        "the pictures' size changed from 1280x720 to 640x480",
        None,
        "the pictures' size changed from 640x480 to 1280x720",
    ]
