"""All frames oldest first, which directories count, and what it costs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.frame_name import FrameName
from shared.tree import FoundFrame
from storage_worker.archive import Archive, Candidate
from tests.rig.planted_frames import plant, plant_row
from tests.rig.small_disk import tmpfs
from tests.rig.steps import finish

_NOW_NS = 1_750_000_000 * NS_PER_S
_MINUTE_NS = 60 * NS_PER_S


def _archive(output_dir: Path, complaints: list[str] | None = None) -> Archive:
    archive = Archive(output_dir, (complaints if complaints is not None else []).append)
    finish(archive.rebuild(_NOW_NS))
    return archive


def _rest(archive: Archive) -> list[str]:
    paths = []
    while (candidate := archive.oldest()) is not None:
        paths.append(candidate.path)
        finish(archive.pass_over())
    return paths


def _found(slot_ns: int) -> FoundFrame:
    return FoundFrame(FrameName(slot_ns), FrameName(slot_ns).path())


@given(frames=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["a", "b-2", "c_3"])), unique=True, max_size=15))
@settings(max_examples=30)
def test_frames_of_several_cameras_come_by_instant(frames: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        planted = [plant(Path(name), camera, _NOW_NS - hours * 60 * _MINUTE_NS) for hours, camera in frames]
        expected = [
            path
            for _, _, path in sorted(
                (-hours, camera, path) for (hours, camera), path in zip(frames, planted, strict=True)
            )
        ]
        assert _rest(_archive(Path(name))) == expected


def test_directories_that_are_no_cameras_are_passed_over(tmp_path: Path) -> None:
    ours = plant(tmp_path, "no-longer-configured", _NOW_NS)
    for name in (".hidden", "Photos", "a b", "x" * 33):
        plant(tmp_path, name, _NOW_NS - _MINUTE_NS)
    plant(tmp_path / "elsewhere.d", "b", _NOW_NS - _MINUTE_NS)
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere.d" / "b")
    (tmp_path / "photos/2020/05/06").mkdir(parents=True)
    (tmp_path / "photos/2020/05/06/IMG_1.jpg").touch()
    (tmp_path / "lost+found").mkdir()
    archive = _archive(tmp_path)
    assert _rest(archive) == [ours]


def test_days_of_a_foreign_directory_are_never_reported_as_passed(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=2)
    (tmp_path / "photos/2020/05/06").mkdir(parents=True)
    archive, passed = _archive(tmp_path), []
    while archive.oldest() is not None:
        passed += finish(archive.pass_over())
    assert passed
    assert all(day.startswith("a/") for day in passed)


def test_newest_of_each_camera_is_known_also_behind_one_in_the_future(tmp_path: Path) -> None:
    past = plant_row(tmp_path, "a", newest_ns=_NOW_NS - _MINUTE_NS, count=3)
    future = plant_row(tmp_path, "a", newest_ns=_NOW_NS + 10**17, count=2)
    alone = plant(tmp_path, "b", _NOW_NS - 10**17)
    archive, newest = _archive(tmp_path), []
    while (candidate := archive.oldest()) is not None:
        if archive.is_newest(candidate, _NOW_NS):
            newest.append(candidate.path)
        finish(archive.pass_over())
    assert newest == [alone, past[-1], future[-1]]
    assert archive.has_later_than(_NOW_NS)
    assert not archive.has_later_than(_NOW_NS + 10**17)


@pytest.mark.parametrize(
    ("after_now_s", "is_newest"),
    [
        pytest.param(-120, False, id="older"),
        pytest.param(-1, True, id="newer"),
        pytest.param(1, False, id="in-the-future-and-not-the-last"),
        pytest.param(200, True, id="the-last-in-the-future"),
    ],
)
def test_frame_that_somebody_has_put_there_is_the_newest_where_it_is_newer_than_what_is_known(
    tmp_path: Path, after_now_s: int, is_newest: bool
) -> None:
    plant(tmp_path, "a", _NOW_NS - _MINUTE_NS)
    plant(tmp_path, "a", _NOW_NS + _MINUTE_NS)
    archive = _archive(tmp_path)
    copied = _found(_NOW_NS + after_now_s * NS_PER_S)
    assert archive.is_newest(Candidate("a", copied.name, f"a/{copied.path}"), _NOW_NS) is is_newest


def test_newest_by_the_clock_of_now_counts_and_not_by_that_of_the_last_look(tmp_path: Path) -> None:
    known = plant(tmp_path, "a", _NOW_NS + _MINUTE_NS)
    archive = _archive(tmp_path)
    past, between = _found(_NOW_NS - _MINUTE_NS), _found(_NOW_NS + _MINUTE_NS // 2)
    assert archive.is_newest(Candidate("a", past.name, f"a/{past.path}"), _NOW_NS), "all that is known lies ahead"
    assert not archive.is_newest(Candidate("a", between.name, f"a/{between.path}"), _NOW_NS)
    later_ns = _NOW_NS + 2 * _MINUTE_NS
    assert not archive.is_newest(Candidate("a", between.name, f"a/{between.path}"), later_ns), f"{known} is newer"


def test_newest_that_somebody_deleted_is_seen_to_be_gone(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=2)
    archive = _archive(tmp_path)
    assert archive.newest_is_there("a")
    (tmp_path / paths[-1]).unlink()
    assert not archive.newest_is_there("a")


def test_frame_heard_of_becomes_the_newest(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=2)
    archive = _archive(tmp_path)
    archive.heard("a", _found(_NOW_NS + _MINUTE_NS), _NOW_NS + _MINUTE_NS)
    finish(archive.pass_over())
    candidate = archive.oldest()
    assert candidate is not None
    assert candidate.path == paths[-1]
    assert not archive.is_newest(candidate, _NOW_NS + _MINUTE_NS)
    assert not archive.stale


def test_frame_heard_of_that_is_late_makes_it_stale(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    archive = _archive(tmp_path)
    archive.heard("a", _found(_NOW_NS - 10 * _MINUTE_NS), _NOW_NS)
    assert archive.stale, "the day that it lies in may have been listed"


def test_frame_heard_of_while_one_lies_in_the_future_is_in_order(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    plant(tmp_path, "a", _NOW_NS + 10**17)
    archive = _archive(tmp_path)
    finish(archive.pass_over())
    archive.heard("a", _found(_NOW_NS + _MINUTE_NS), _NOW_NS + _MINUTE_NS)
    assert not archive.stale


def test_frame_heard_of_when_the_newest_was_passed_makes_it_stale(tmp_path: Path) -> None:
    plant(tmp_path, "a", _NOW_NS - 10 * _MINUTE_NS)
    plant(tmp_path, "b", _NOW_NS)
    archive = _archive(tmp_path)
    finish(archive.pass_over())
    archive.heard("a", _found(_NOW_NS + _MINUTE_NS), _NOW_NS + _MINUTE_NS)
    assert archive.stale, "the passed one is the oldest that may go"


def test_frame_heard_of_from_a_new_camera_makes_it_stale(tmp_path: Path) -> None:
    archive = _archive(tmp_path)
    assert not archive.stale
    archive.heard("a", _found(_NOW_NS), _NOW_NS)
    assert archive.stale


def test_camera_whose_newest_day_can_not_be_read_is_left_alone(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    broken = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=2, apart_s=5 * 86_400)
    whole = plant(tmp_path, "b", _NOW_NS)
    unreadable((tmp_path / broken[-1]).parent)
    complaints: list[str] = []
    archive = _archive(tmp_path, complaints)
    assert _rest(archive) == [whole]
    assert len(complaints) == 1
    assert "newest" in complaints[0]
    assert archive.left_out() == ["a part of the archive can't be read (a, see the log)"]


def test_frames_behind_a_month_that_can_not_be_read_have_their_turn(
    tmp_path: Path, unreadable: Callable[[Path], None]
) -> None:
    old = [plant(tmp_path, "a", _NOW_NS - days * 1440 * _MINUTE_NS) for days in (800, 500)]
    rest = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    for path in old:
        unreadable((tmp_path / path).parents[1])
    complaints: list[str] = []
    archive = _archive(tmp_path, complaints)
    assert _rest(archive) == rest
    assert [complaint.partition(":")[0] for complaint in complaints] == [
        str((tmp_path / path).parents[1]) for path in old
    ]
    month = old[0].rpartition("/")[0].rpartition("/")[0]
    assert archive.left_out() == [f"a part of the archive can't be read ({month} and 1 more, see the log)"]


def test_archive_that_was_repaired_has_nothing_left_out(
    tmp_path: Path, unreadable: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = plant(tmp_path, "a", _NOW_NS - 10**17)
    plant(tmp_path, "a", _NOW_NS)
    unreadable((tmp_path / old).parent)
    archive = _archive(tmp_path)
    assert len(archive.left_out()) == 1
    monkeypatch.undo()
    finish(archive.rebuild(_NOW_NS))
    assert archive.left_out() == []


def test_skipping_to_an_instant_leaves_the_later_frames_of_every_camera(tmp_path: Path) -> None:
    for camera in ("a", "b"):
        plant_row(tmp_path, camera, newest_ns=_NOW_NS, count=5, apart_s=40_000)
    future = [plant(tmp_path, "b", _NOW_NS + hours * 60 * _MINUTE_NS) for hours in (1, 30, 9000)]
    archive = _archive(tmp_path)
    finish(archive.skip_to(_NOW_NS))
    assert _rest(archive) == future


@pytest.mark.root
def test_camera_on_another_file_system_is_left_alone_and_told_of_once(tmp_path: Path) -> None:
    ours = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    complaints: list[str] = []
    with tmpfs(tmp_path / "b"):
        plant_row(tmp_path, "b", newest_ns=_NOW_NS, count=3)
        archive = _archive(tmp_path, complaints)
        assert _rest(archive) == ours
        archive.heard("b", _found(_NOW_NS + _MINUTE_NS), _NOW_NS + _MINUTE_NS)
        assert not archive.stale, "it is not one that is new here"
        finish(archive.rebuild(_NOW_NS))
        assert archive.left_out() == ["cameras that are on another file system (b)"]
        assert len(complaints) == 1
        assert f"{tmp_path / 'b'} is on another file system" in complaints[0]
    plant(tmp_path, "b", _NOW_NS - 10 * _MINUTE_NS)
    finish(archive.rebuild(_NOW_NS))
    assert len(_rest(archive)) == 4, "it was unmounted"
    assert archive.left_out() == []


def test_output_directory_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    complaints: list[str] = []
    assert _rest(_archive(tmp_path / "gone", complaints)) == []
    assert len(complaints) == 1


def _listings(output_dir: Path, monkeypatch: pytest.MonkeyPatch, passes: int) -> list[str]:
    """The directories that are listed to pass that many frames from the start on."""
    listed, scandir = [], os.scandir

    def counting(path: str | os.PathLike[str]) -> object:
        listed.append(os.fspath(path))
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", counting)
        archive = _archive(output_dir)
        for _ in range(passes):
            finish(archive.pass_over())
    return listed


def test_cost_of_the_oldest_frames_is_the_same_in_an_archive_a_hundred_times_as_large(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 20 frames a day: 5 days, and 500 days that begin in the same month of another year.
    small = plant_row(memory_path / "small", "a", newest_ns=_NOW_NS, count=100, apart_s=4320, size=0)
    large = plant_row(memory_path / "large", "a", newest_ns=_NOW_NS, count=10_000, apart_s=4320, size=0)
    assert (len(small), len(large)) == (100, 10_000)
    of_small = _listings(memory_path / "small", monkeypatch, passes=30)
    of_large = _listings(memory_path / "large", monkeypatch, passes=30)
    assert len(of_large) <= len(of_small) + 4, "a year's and a month's directory more, at both ends"
    assert len(of_large) < 20
