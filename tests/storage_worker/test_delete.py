"""The one file that deletes: what goes, and above all what does not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from storage_worker.delete import Deleted, Refused, delete_frame, is_frame_path, remove_empty_day
from tests.rig.planted_frames import plant
from tests.rig.small_disk import ext4, make_immutable, remount, tmpfs

_SLOT_NS = 1_750_000_000 * NS_PER_S


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_deleting_a_frame_tells_what_it_occupied(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS, size=10_000)
    occupied = (tmp_path / path).stat().st_blocks * 512
    assert delete_frame(tmp_path, path) == Deleted(freed_bytes=occupied, freed_inodes=1)
    assert occupied >= 10_000
    assert not (tmp_path / path).exists()


def test_deleting_twice_is_done_and_frees_nothing(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS)
    delete_frame(tmp_path, path)
    assert delete_frame(tmp_path, path) == Deleted(found=False)
    assert remove_empty_day(tmp_path, "a", path[2:12])
    assert delete_frame(tmp_path, path) == Deleted(found=False)


def test_deleting_a_frame_with_a_second_link_frees_nothing(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS, size=10_000)
    os.link(tmp_path / path, tmp_path / "backup.jpg")
    assert delete_frame(tmp_path, path) == Deleted(freed_bytes=0, freed_inodes=0)
    assert (tmp_path / "backup.jpg").stat().st_size == 10_000


@pytest.mark.parametrize(
    "path",
    [
        "a/2025/06/15/IMG_0001.jpg",
        "a/2025/06/16/20250615T120000.000+0000.jpg",
        "a/2025/06/20250615T120000.000+0000.jpg",
        "a/b/2025/06/15/20250615T120000.000+0000.jpg",
        ".tmp/2025/06/15/20250615T120000.000+0000.jpg",
        "../2025/06/15/20250615T120000.000+0000.jpg",
        "/2025/06/15/20250615T120000.000+0000.jpg",
        "a/2025/06/15/20250615T250000.000+0000.jpg",
        "a/2025/06/15/20250615T120000.000+0000-1.jpg",
        "",
    ],
)
def test_deleting_what_is_not_a_frame_s_path_is_refused(tmp_path: Path, path: str) -> None:
    assert not is_frame_path(path)
    target = tmp_path / "out" / path.lstrip("/")
    if path:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    assert delete_frame(tmp_path / "out", path) == Refused("not a frame's path")
    assert target.exists() or not path


def test_deleting_a_symbolic_link_is_refused_and_its_target_stays(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS)
    (tmp_path / path).rename(tmp_path / "precious")
    (tmp_path / path).symlink_to(tmp_path / "precious")
    assert delete_frame(tmp_path, path) == Refused("not a regular file")
    assert (tmp_path / path).is_symlink()
    assert (tmp_path / "precious").exists()


def test_deleting_a_directory_named_like_a_frame_is_refused(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS)
    (tmp_path / path).unlink()
    (tmp_path / path).mkdir()
    assert delete_frame(tmp_path, path) == Refused("not a regular file")
    assert (tmp_path / path).is_dir()


def test_deleting_a_frame_takes_its_raw_file_with_it_and_counts_both(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS, size=10_000, raw_size=50_000)
    other = plant(tmp_path, "a", _SLOT_NS, take=2, raw_size=1)
    raw = (tmp_path / path).with_suffix(".dng")
    occupied = sum(file.stat().st_blocks * 512 for file in (tmp_path / path, raw))
    assert delete_frame(tmp_path, path) == Deleted(freed_bytes=occupied, freed_inodes=2)
    assert occupied >= 60_000
    assert not (tmp_path / path).exists()
    assert not raw.exists()
    assert (tmp_path / other).with_suffix(".dng").exists(), "the raw file of another take is not its own"
    assert delete_frame(tmp_path, path) == Deleted(found=False)


def test_deleting_a_raw_file_alone_frees_what_it_occupied(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS, raw_size=50_000)
    raw = path.replace(".jpg", ".dng")
    (tmp_path / path).unlink()
    occupied = (tmp_path / raw).stat().st_blocks * 512
    assert delete_frame(tmp_path, raw) == Deleted(freed_bytes=occupied, freed_inodes=1)
    assert not (tmp_path / raw).exists()


@pytest.mark.parametrize("name", ["IMG_0001.dng", "20250615T250000.000+0000.dng", "20250616T120000.000+0000.dng"])
def test_deleting_a_raw_file_of_others_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a/2025/06/15" / name
    path.parent.mkdir(parents=True)
    path.touch()
    assert delete_frame(tmp_path, f"a/2025/06/15/{name}") == Refused("not a frame's path")
    assert path.exists()


def test_deleting_a_frame_leaves_a_link_in_the_place_of_its_raw_file(tmp_path: Path) -> None:
    path = plant(tmp_path, "a", _SLOT_NS)
    (tmp_path / "precious").touch()
    raw = (tmp_path / path).with_suffix(".dng")
    raw.symlink_to(tmp_path / "precious")
    assert delete_frame(tmp_path, path).__class__ is Deleted
    assert raw.is_symlink()
    assert delete_frame(tmp_path, path.replace(".jpg", ".dng")) == Refused("not a regular file")
    assert (tmp_path / "precious").exists()


@pytest.mark.root
def test_frame_that_is_protected_keeps_its_raw_file_and_a_protected_raw_file_has_its_turn_alone(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk:
        path = plant(disk, "a", _SLOT_NS, raw_size=1)
        raw = (disk / path).with_suffix(".dng")
        make_immutable(disk / path)
        assert delete_frame(disk, path) == Refused(os.strerror(errno.EPERM), errno.EPERM)
        assert raw.exists()
        make_immutable(disk / path, immutable=False)
        make_immutable(raw)
        outcome = delete_frame(disk, path)
        assert isinstance(outcome, Deleted)
        assert outcome.freed_inodes == 1
        assert delete_frame(disk, path.replace(".jpg", ".dng")) == Refused(os.strerror(errno.EPERM), errno.EPERM)
        make_immutable(raw, immutable=False)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_deleting_through_a_symbolic_link_in_the_path_is_refused(tmp_path: Path, depth: int) -> None:
    output_dir = tmp_path / "out"
    path = plant(output_dir, "a", _SLOT_NS)
    linked = output_dir.joinpath(*path.split("/")[:depth])
    linked.rename(tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    before = _open_descriptors()
    outcome = delete_frame(output_dir, path)
    assert isinstance(outcome, Refused)
    assert outcome.code == errno.ELOOP
    assert (output_dir / path).exists()
    assert _open_descriptors() == before


def test_deleting_below_an_output_directory_that_is_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    path = plant(tmp_path / "out", "a", _SLOT_NS)
    assert isinstance(delete_frame(tmp_path / "out", path), Deleted)


@pytest.mark.root
def test_deleting_an_immutable_frame_is_a_result(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk:
        path = plant(disk, "a", _SLOT_NS)
        make_immutable(disk / path)
        assert delete_frame(disk, path) == Refused(os.strerror(errno.EPERM), errno.EPERM)
        make_immutable(disk / path, immutable=False)
        assert isinstance(delete_frame(disk, path), Deleted)


@pytest.mark.root
def test_deleting_on_a_disk_that_became_read_only_is_a_result(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image") as disk:
        path = plant(disk, "a", _SLOT_NS)
        remount(disk, "ro")
        assert delete_frame(disk, path) == Refused(os.strerror(errno.EROFS), errno.EROFS)


def test_empty_day_goes_with_its_month_and_year_but_not_the_camera(tmp_path: Path) -> None:
    (tmp_path / "a/2025/06/15").mkdir(parents=True)
    assert remove_empty_day(tmp_path, "a", "2025/06/15")
    assert list((tmp_path / "a").iterdir()) == []


def test_empty_day_in_a_month_with_others_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "a/2025/06/15").mkdir(parents=True)
    (tmp_path / "a/2025/06/16").mkdir(parents=True)
    assert remove_empty_day(tmp_path, "a", "2025/06/15")
    assert [path.name for path in (tmp_path / "a/2025/06").iterdir()] == ["16"]


def test_day_with_a_foreign_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a/2025/06/15").mkdir(parents=True)
    (tmp_path / "a/2025/06/15/notes.txt").touch()
    assert not remove_empty_day(tmp_path, "a", "2025/06/15")
    assert (tmp_path / "a/2025/06/15/notes.txt").exists()


def test_day_behind_a_symbolic_link_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere/06/15").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/2025").symlink_to(tmp_path / "elsewhere")
    assert not remove_empty_day(tmp_path, "a", "2025/06/15")
    assert (tmp_path / "elsewhere/06/15").is_dir()
