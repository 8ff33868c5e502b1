"""One camera's frames, oldest first by instant, and the newest of them."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.tree import give_up
from storage_worker.camera_frames import CameraFrames, newest_frame
from tests.rig.planted_frames import plant, plant_row
from tests.rig.steps import finish
from tests.rig.zone import utc_ns

_NOON_NS = 1_750_000_000 * NS_PER_S
_HOUR_NS = 3600 * NS_PER_S
_EVER_NS = 1 << 62


def _walked(camera_dir: Path, after_ns: int | None = None) -> list[str]:
    walk, paths = CameraFrames(camera_dir, give_up, after_ns), []
    finish(walk.settle())
    while walk.oldest is not None:
        paths.append(walk.oldest.path)
        walk.pass_over()
        finish(walk.settle())
    return paths


_PLANTED = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([-720, -480, 0, 60, 345, 840]), st.integers(1, 2)),
    unique_by=lambda frame: (frame[0], frame[2]),
    max_size=12,
)


@given(frames=_PLANTED)
@settings(max_examples=40)
def test_walk_over_frames_of_any_zones_is_by_instant(frames: list[tuple[int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        output_dir = Path(name)
        by_instant = [
            plant(output_dir, "a", _NOON_NS + hours * _HOUR_NS, take=take, offset_min=offset).partition("/")[2]
            for hours, offset, take in sorted(frames, key=lambda frame: (frame[0], frame[2]))
        ]
        assert _walked(output_dir / "a") == by_instant
        newest = finish(newest_frame(output_dir / "a", _EVER_NS))
        assert (newest and newest.path) == (by_instant[-1] if by_instant else None)


def test_newest_at_or_before_an_instant_leaves_the_future_out(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=3, apart_s=86_400)
    plant(tmp_path, "a", _NOON_NS + 900 * 24 * _HOUR_NS)
    newest = finish(newest_frame(tmp_path / "a", _NOON_NS))
    assert newest is not None
    assert f"a/{newest.path}" == paths[-1]


def test_walk_past_the_last_frame_of_a_day_names_that_day(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=2, apart_s=5 * 86_400)
    (tmp_path / "a/2000/01/01").mkdir(parents=True)
    walk = CameraFrames(tmp_path / "a", give_up)
    finish(walk.settle())
    assert walk.take_passed_days() == ["2000/01/01"]
    walk.pass_over()
    assert walk.take_passed_days() == [paths[0][2:12]]


@pytest.mark.parametrize("depth", [3, 2, 1, 0])
def test_walk_over_a_directory_that_can_not_be_read_goes_on_behind_it(
    tmp_path: Path, unreadable: Callable[[Path], None], depth: int
) -> None:
    """A day, a month, a year."""
    bad = plant(tmp_path, "a", _NOON_NS - 800 * 24 * _HOUR_NS)
    paths = plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=2, apart_s=5 * 86_400)
    directory = tmp_path / "/".join(bad.split("/")[: depth + 1])
    unreadable(directory)
    told: list[tuple[Path, int | None]] = []
    walk = CameraFrames(tmp_path / "a", lambda path, error: told.append((path, error.errno)))
    finish(walk.settle())
    assert told == [(directory, errno.EIO)]
    assert (walk.oldest and f"a/{walk.oldest.path}") == (paths[0] if depth else None)


def test_newest_before_a_directory_that_can_not_be_read_is_told(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    """On the first of a month the month before is looked at too: the zone may have changed."""
    first_ns = utc_ns("2026-06-01T12:00")
    before = plant(tmp_path, "a", first_ns - 24 * _HOUR_NS, offset_min=0)
    path = plant(tmp_path, "a", first_ns, offset_min=0)
    for bad in ((tmp_path / before).parent, (tmp_path / before).parents[1]):
        unreadable(bad)
        newest = finish(newest_frame(tmp_path / "a", _EVER_NS))
        assert newest is not None
        assert f"a/{newest.path}" == path


def test_newest_in_a_directory_that_can_not_be_read_can_not_be_told(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=3, apart_s=86_400)
    unreadable(tmp_path / "a/2025/06")
    with pytest.raises(OSError, match="Input/output"):
        finish(newest_frame(tmp_path / "a", _EVER_NS))


def test_newest_at_or_before_an_instant_lists_no_later_days(tmp_path: Path, listings: list[str]) -> None:
    path = plant(tmp_path, "a", _NOON_NS)
    plant_row(tmp_path, "a", newest_ns=_NOON_NS + 500 * 24 * _HOUR_NS, count=490, apart_s=86_400)
    newest = finish(newest_frame(tmp_path / "a", _NOON_NS))
    assert newest is not None
    assert f"a/{newest.path}" == path
    assert len(listings) <= 6


@given(frames=_PLANTED, after=st.integers(-1, 121))
@settings(max_examples=40)
def test_walk_after_an_instant_has_the_later_frames_of_any_zones(
    frames: list[tuple[int, int, int]], after: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        by_instant = [
            (hours, plant(Path(name), "a", _NOON_NS + hours * _HOUR_NS, take=take, offset_min=offset))
            for hours, offset, take in sorted(frames, key=lambda frame: (frame[0], frame[2]))
        ]
        later = [path.partition("/")[2] for hours, path in by_instant if hours > after]
        assert _walked(Path(name) / "a", _NOON_NS + after * _HOUR_NS) == later


def test_walk_after_an_instant_lists_no_earlier_days(tmp_path: Path, listings: list[str]) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=400, apart_s=86_400)
    assert _walked(tmp_path / "a", _NOON_NS - 1) == [paths[-1].partition("/")[2]]
    assert len(listings) <= 6


def test_walk_over_names_without_an_instant_drops_them(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _NOON_NS)
    (tmp_path / path).with_name("20250615T256199.000+0000.jpg").touch()
    assert _walked(tmp_path / "a") == [path.partition("/")[2]]


def test_raw_file_left_alone_has_its_turn_in_the_walk_and_is_never_the_newest(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOON_NS, count=4)
    inner = [path.partition("/")[2] for path in paths]
    for path in (paths[1], paths[3]):
        (tmp_path / path).rename((tmp_path / path).with_suffix(".dng"))
    (tmp_path / paths[0]).with_suffix(".dng").touch()
    assert _walked(tmp_path / "a") == [
        inner[0],
        inner[1].replace(".jpg", ".dng"),
        inner[2],
        inner[3].replace(".jpg", ".dng"),
    ]
    newest = finish(newest_frame(tmp_path / "a", _EVER_NS))
    assert newest is not None
    assert newest.path == inner[2]
