"""What is on another file system, as the kernel has it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage_worker.other_disk import shares_room
from tests.rig.small_disk import tmpfs


def test_directory_shares_the_room_of_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert shares_room(tmp_path / "a", tmp_path)


def test_directory_below_a_linked_one_shares_its_room(tmp_path: Path) -> None:
    (tmp_path / "out/a").mkdir(parents=True)
    (tmp_path / "link").symlink_to("out")
    assert shares_room(tmp_path / "link/a", tmp_path / "link")


@pytest.mark.root
def test_mounted_file_system_of_the_same_size_shares_no_room(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "out") as outer, tmpfs(outer / "a") as inner:
        assert not shares_room(inner, outer)


@pytest.mark.root
def test_subvolume_shares_the_room_of_its_pool(tmp_path: Path) -> None:
    with _btrfs(tmp_path / "disk", tmp_path / "image", 200) as disk:
        _run("btrfs", "subvolume", "create", str(disk / "a"))
        assert (disk / "a").stat().st_dev != disk.stat().st_dev
        assert shares_room(disk / "a", disk)


@pytest.mark.root
def test_pool_mounted_in_another_shares_no_room(tmp_path: Path) -> None:
    with _btrfs(tmp_path / "disk", tmp_path / "image", 200) as outer, _btrfs(outer / "a", tmp_path / "2", 210) as inner:
        assert not shares_room(inner, outer)


@contextlib.contextmanager
def _btrfs(path: Path, image: Path, size_mb: int) -> Iterator[Path]:
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(size_mb << 20)
    _run("mkfs.btrfs", "-q", str(image))
    _run("mount", "-o", "loop", str(image), str(path))
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"{command[0]} is not possible here: {error}")
