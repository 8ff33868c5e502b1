"""One clean-up on real directories and real small file systems."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from storage_worker.archive import Archive
from storage_worker.clean_up import CleanUp, Surroundings
from storage_worker.keeping.judge import Moment
from storage_worker.pressure import Need
from storage_worker.set_aside import SetAside
from tests.rig.planted_frames import frames_in, plant, plant_row
from tests.rig.small_disk import ext4, make_immutable, remount, tmpfs
from tests.rig.steps import finish

_NOW_NS = 1_750_000_000 * NS_PER_S
_HOUR_NS = 3600 * NS_PER_S
_DAY_S = 86_400
_KEEP_NOTHING = StorageConfig(keep_min_s=0)
_ALL = Need(bytes=1 << 60)


class _Place:
    """What a clean-up works with, in one directory."""

    def __init__(self, output_dir: Path, settled_s: float = 0) -> None:
        self.complaints: list[str] = []
        self.archive = Archive(output_dir, self.complaints.append)
        self.set_aside = SetAside()
        self.surroundings = Surroundings(
            output_dir=output_dir,
            archive=self.archive,
            set_aside=self.set_aside,
            moment=lambda: Moment(_NOW_NS, int(settled_s * NS_PER_S)),
            mono_ns=lambda: 0,
            complain=self.complaints.append,
        )

    def clean(self, need: Need = _ALL, storage: StorageConfig = _KEEP_NOTHING) -> CleanUp:
        clean_up = CleanUp(self.surroundings, storage, need)
        finish(clean_up.steps())
        return clean_up


def _files(count: int) -> Need:
    return Need(inodes=count)


def test_cleaning_until_enough_has_gone_takes_the_oldest_of_all_cameras(tmp_path: Path) -> None:
    first = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5, apart_s=120)
    second = plant_row(tmp_path, "gone", newest_ns=_NOW_NS - 60 * NS_PER_S, count=5, apart_s=120)
    done = _Place(tmp_path).clean(_files(3))
    assert frames_in(tmp_path) == {*first[1:], *second[2:]}
    assert (done.deleted, done.need.met) == (3, True)
    assert [(pruned.count, pruned.rule, pruned.oldest, pruned.newest) for pruned in done.take_pruned()] == [
        (3, "pressure", second[0], second[1])
    ]


def test_cleaning_counts_the_blocks_of_each_file(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=9, size=10_000)
    each = (tmp_path / paths[0]).stat().st_blocks * 512
    done = _Place(tmp_path).clean(Need(bytes=2 * each + 1))
    assert frames_in(tmp_path) == set(paths[3:])
    assert done.freed_bytes == 3 * each


def test_cleaning_all_there_is_keeps_the_newest_of_each_camera(tmp_path: Path) -> None:
    newest = [plant_row(tmp_path, camera, newest_ns=_NOW_NS, count=4)[-1] for camera in ("a", "b")]
    alone = plant(tmp_path, "c", _NOW_NS - 10**17)
    done = _Place(tmp_path).clean()
    assert frames_in(tmp_path) == {*newest, alone}
    assert not done.need.met
    assert "the newest frame of a camera stays (3)" in done.why_not_more()


def test_cleaning_keeps_what_is_younger_than_keep_min_and_says_so(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=10, apart_s=600)
    done = _Place(tmp_path).clean(storage=StorageConfig(keep_min_s=1800))
    assert frames_in(tmp_path) == set(paths[-3:])
    assert done.why_not_more() == "the rest is younger than storage.keep_min (1800 s)"


def test_cleaning_for_keep_days_alone_takes_what_is_older(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=6, apart_s=_DAY_S)
    lonely = plant(tmp_path, "b", _NOW_NS - 10**17)
    done = _Place(tmp_path).clean(Need(), StorageConfig(keep_days=3))
    assert frames_in(tmp_path) == {*paths[-4:], lonely}
    assert [(pruned.count, pruned.rule) for pruned in done.take_pruned()] == [(2, "keep_days")]


def test_cleaning_an_archive_of_the_future_waits_for_keep_min_and_then_goes_on(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS + 10**17, count=5)
    young = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    storage = StorageConfig(keep_min_s=3600)
    assert _Place(tmp_path, settled_s=3599).clean(storage=storage).deleted == 0
    assert _Place(tmp_path, settled_s=3600).clean(storage=storage).deleted == 4
    assert frames_in(tmp_path) == {*young, paths[-1]}


def test_cleaning_past_kept_ones_finds_them_again_later(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    place = _Place(tmp_path)
    place.clean(storage=StorageConfig(keep_min_s=3600))
    assert place.clean().deleted == 4


def test_cleaning_past_kept_ones_into_the_future_finds_them_again_later(tmp_path: Path) -> None:
    young = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    future = plant_row(tmp_path, "a", newest_ns=_NOW_NS + 10**17, count=5)
    place = _Place(tmp_path, settled_s=3600)
    place.clean(_files(1), StorageConfig(keep_min_s=3600))
    place.clean(_files(1))
    assert frames_in(tmp_path) == {*young[1:], *future[1:]}


def test_cleaning_again_goes_on_where_the_last_one_stopped(memory_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = plant_row(memory_path, "a", newest_ns=_NOW_NS, count=300, apart_s=30)
    place = _Place(memory_path)
    place.clean(_files(1))
    listed, scandir = [], os.scandir

    def counting(path: str | os.PathLike[str]) -> object:
        listed.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", counting)
    for _ in range(20):
        place.clean(_files(1))
    monkeypatch.undo()
    assert frames_in(memory_path) == set(paths[21:])
    assert listed == []


def test_cleaning_when_the_walk_runs_dry_finds_what_was_written_since(tmp_path: Path) -> None:
    plant_row(tmp_path, "a", newest_ns=_NOW_NS - _HOUR_NS, count=3)
    place = _Place(tmp_path)
    place.clean(_files(1))
    later = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=3)
    assert place.clean().deleted == 4
    assert frames_in(tmp_path) == {later[-1]}


def test_cleaning_when_somebody_deleted_the_newest_keeps_the_one_that_is_now(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    place = _Place(tmp_path)
    clean_up = CleanUp(place.surroundings, _KEEP_NOTHING, _ALL)
    steps = clean_up.steps()
    while clean_up.deleted < 1:
        next(steps)
    for path in paths[3:]:
        (tmp_path / path).unlink()
    finish(steps)
    assert frames_in(tmp_path) == {paths[2]}


def test_cleaning_where_the_newest_is_never_seen_again_ends_without_deleting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=5)
    monkeypatch.setattr("os.path.lexists", lambda _: False)
    _Place(tmp_path).clean()
    monkeypatch.undo()
    assert frames_in(tmp_path) == set(paths)


def test_cleaning_frames_that_somebody_deletes_meanwhile_frees_nothing_by_them(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=6)
    place = _Place(tmp_path)
    place.clean(_files(1))
    (tmp_path / paths[1]).unlink()
    done = place.clean(_files(1))
    assert frames_in(tmp_path) == set(paths[3:])
    assert done.deleted == 1


def test_cleaning_removes_the_directories_of_days_long_gone(memory_path: Path) -> None:
    newest = plant_row(memory_path, "a", newest_ns=_NOW_NS, count=400, apart_s=_DAY_S)[-1]
    (memory_path / "a/2000/01/01").mkdir(parents=True)
    _Place(memory_path).clean()
    years = {path.name for path in (memory_path / "a").iterdir()}
    assert years == {newest[2:6]}
    assert len(list(memory_path.glob("a/*/*/*"))) <= 5, "only those in which a camera may be writing"


def test_cleaning_leaves_the_directory_that_a_camera_may_be_about_to_write_to(tmp_path: Path) -> None:
    only = plant(tmp_path, "a", _NOW_NS - _DAY_S * NS_PER_S)
    newest = plant(tmp_path, "a", _NOW_NS)
    _Place(tmp_path).clean()
    assert frames_in(tmp_path) == {newest}
    assert (tmp_path / only).parent.is_dir()


def test_cleaning_leaves_everything_that_is_not_ours(tmp_path: Path) -> None:
    frame = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=40, apart_s=_DAY_S)[0]
    day = (tmp_path / frame).parent
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    linked = plant(outside, "x", _NOW_NS - 10**17)
    foreign = [day / "notes.txt", day / "IMG_0001.jpg", tmp_path / "readme.jpg", tmp_path / "a/2025/stray.jpg"]
    for path in foreign:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    link = day / Path(frame).name.replace(".000", ".001")
    link.symlink_to(outside / linked)
    directory = day / Path(frame).name.replace(".000", ".002")
    directory.mkdir()
    (tmp_path / "a/1999").symlink_to(outside / "x" / linked.split("/")[1])
    (tmp_path / "b").symlink_to(outside / "x")
    _Place(tmp_path).clean()
    assert not (tmp_path / frame).exists()
    assert all(path.exists() for path in [*foreign, link, directory, outside / linked])
    assert link.is_symlink()


@given(
    frames=st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["a", "b", "c"]), st.integers(0, 3)),
        unique_by=lambda frame: frame[:2],
        max_size=14,
    ),
    keep_min_h=st.integers(0, 40),
    keep_days=st.sampled_from([0.0, 1.0, 2.0]),
    count=st.integers(0, 14),
)
@settings(max_examples=40)
def test_cleaning_any_archive_leaves_what_a_plain_specification_leaves(
    frames: list[tuple[int, str, int]], keep_min_h: int, keep_days: float, count: int
) -> None:
    storage = StorageConfig(keep_min_s=keep_min_h * 3600.0, keep_days=keep_days)
    with tempfile.TemporaryDirectory() as name:
        row = [
            (hours, camera, plant(Path(name), camera, _NOW_NS - hours * _HOUR_NS, size=size))
            for hours, camera, size in sorted(frames, key=lambda frame: (-frame[0], frame[1]))
        ]
        done = _Place(Path(name)).clean(_files(count), storage)
        left = frames_in(Path(name))
    newest = {camera: path for _, camera, path in row}
    may_go = [(hours, path) for hours, camera, path in row if newest[camera] != path and hours >= keep_min_h]
    expired = sum(bool(keep_days) and hours > keep_days * 24 for hours, _ in may_go)
    gone = {path for _, path in may_go[: max(count, expired)]}
    assert left == {path for _, _, path in row} - gone
    assert done.need.met == (len(gone) >= count)


def _immutable_oldest(disk: Path) -> list[str]:
    paths = plant_row(disk, "a", newest_ns=_NOW_NS, count=10)
    for path in paths[:2]:
        make_immutable(disk / path)
    return paths


@pytest.mark.root
def test_cleaning_around_immutable_frames_takes_the_next_oldest(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk:
        paths = _immutable_oldest(disk)
        place = _Place(disk)
        done = place.clean(_files(3))
        assert frames_in(disk) == {*paths[:2], *paths[5:]}
        assert (done.failed, done.need.met) == (2, True)
        assert paths[0] in place.set_aside
        assert f"{paths[0]} can't be deleted" in place.complaints[0]


@pytest.mark.root
def test_cleaning_while_frames_are_set_aside_does_not_try_them(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk:
        paths = _immutable_oldest(disk)
        place = _Place(disk)
        place.clean(_files(3))
        for path in paths[:2]:
            make_immutable(disk / path, immutable=False)
        place.archive.stale = True
        done = place.clean()
        assert frames_in(disk) == {*paths[:2], paths[-1]}
        assert "frames that can't be deleted (2, see the log)" in done.why_not_more()
        place.set_aside.forget_old(_HOUR_NS)
        place.clean()
        assert frames_in(disk) == {paths[-1]}


@pytest.mark.root
def test_cleaning_a_read_only_disk_tries_once_and_ends(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image") as disk:
        paths = plant_row(disk, "a", newest_ns=_NOW_NS, count=10)
        remount(disk, "ro")
        place = _Place(disk)
        assert place.clean().failed == 1
        assert len(place.complaints) == 1
        remount(disk, "rw")
        assert place.clean().deleted == 9
        assert frames_in(disk) == {paths[-1]}


def test_cleaning_where_nothing_can_be_deleted_ends_after_a_thousand_and_goes_on_behind_them(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_row(memory_path, "a", newest_ns=_NOW_NS, count=1500, apart_s=8640)
    place, unlink = _Place(memory_path), os.unlink
    monkeypatch.setattr("os.unlink", _refusing)
    assert place.clean().failed == 1000
    place.archive.stale = True
    assert place.clean().failed == 1499
    monkeypatch.setattr("os.unlink", unlink)
    assert len(place.set_aside) == 1499


def test_cleaning_where_every_second_frame_can_be_deleted_does_not_end_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=21)
    kept, unlink = {Path(path).name for path in paths[::2]}, os.unlink

    def refusing_some(name: str, *, dir_fd: int) -> None:
        if name in kept:
            raise PermissionError(13, "Permission denied")
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr("os.unlink", refusing_some)
    monkeypatch.setattr("storage_worker.clean_up._MOST_FAILURES_IN_A_ROW", 2)
    _Place(tmp_path).clean()
    monkeypatch.undo()
    assert frames_in(tmp_path) == set(paths[::2])


def _refusing(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_given_up_half_way_leaves_every_frame_whole_or_gone(tmp_path: Path) -> None:
    paths = plant_row(tmp_path, "a", newest_ns=_NOW_NS, count=30, apart_s=7000)
    for steps_taken in range(0, 60, 7):
        place = _Place(tmp_path)
        steps = CleanUp(place.surroundings, _KEEP_NOTHING, _files(1)).steps()
        _take(steps.__next__, steps_taken)
        steps.close()
        left = sorted(frames_in(tmp_path))
        assert left == paths[-len(left) :]


def _take(step: Callable[[], None], count: int) -> None:
    for _ in range(count):
        try:
            step()
        except StopIteration:
            return
