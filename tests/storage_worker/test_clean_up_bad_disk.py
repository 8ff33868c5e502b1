"""Frames that the disk refuses to delete: cleaning goes on with the others, and still frees what is needed."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import StorageConfig
from shared.disk import DiskUsage
from storage_worker.cleaner import Cleaner
from tests.rig.manual_clock import ManualClock
from tests.rig.planted_frames import frames_in, plant_row
from tests.rig.small_disk import ext4, make_immutable, remount

_NOW_NS = 1_750_000_000 * NS_PER_S
_DAY_NS = 86_400 * NS_PER_S
_BLOCK = 4096
_STORAGE = StorageConfig(keep_min_s=0)
_NOBODY = 65_534


def _usage(files: int) -> DiskUsage:
    """A disk on which so many frames have to go."""
    usable = 100_000 * _BLOCK
    used_percent = 86.0
    clean_to = used_percent - 100 * files / 100_000
    assert clean_to > 80
    return DiskUsage(used_percent, round(usable * (100 - used_percent) / 100), usable, None)


def _storage(files: int) -> StorageConfig:
    return StorageConfig(keep_min_s=0, clean_to_percent=86.0 - (files - 0.5) / 1000)


def _bad_and_good(disk: Path, bad: int = 2000) -> tuple[list[str], list[str]]:
    """A camera whose oldest frames will be the bad ones, all of them older than another one's."""
    old = plant_row(disk, "bad", newest_ns=_NOW_NS - 100 * _DAY_NS, count=bad, apart_s=60, size=_BLOCK)
    return old, plant_row(disk, "good", newest_ns=_NOW_NS, count=100, apart_s=60, size=_BLOCK)


def _cleaned(disk: Path, files: int, clock: ManualClock | None = None) -> Cleaner:
    cleaner = Cleaner(disk, _storage(files), clock or ManualClock(_NOW_NS))
    cleaner.consider(_usage(files))
    assert cleaner.active
    cleaner.work(1 << 62)
    return cleaner


def _days(disk: Path, camera: str) -> list[Path]:
    return sorted((disk / camera).glob("*/*/*"))


@contextlib.contextmanager
def _as_nobody() -> Iterator[None]:
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.root
def test_cleaning_behind_two_thousand_frames_of_somebody_else_frees_what_is_needed(memory_path: Path) -> None:
    memory_path.chmod(0o755)
    bad, good = _bad_and_good(memory_path)
    for directory, _, _ in os.walk(memory_path / "good"):
        os.chown(directory, _NOBODY, _NOBODY)
    with _as_nobody():
        cleaner = _cleaned(memory_path, 40)
    assert frames_in(memory_path) == {*bad, *good[40:]}
    assert cleaner.detail == ""


@pytest.mark.root
def test_cleaning_behind_directories_that_may_not_even_be_listed_frees_what_is_needed(memory_path: Path) -> None:
    memory_path.chmod(0o755)
    bad, good = _bad_and_good(memory_path)
    for directory, _, _ in os.walk(memory_path / "good"):
        os.chown(directory, _NOBODY, _NOBODY)
    for day in _days(memory_path, "bad")[:-1]:
        day.chmod(0o700)
    with _as_nobody():
        cleaner = _cleaned(memory_path, 40)
    assert frames_in(memory_path) == {*bad, *good[40:]}
    assert cleaner.detail == ""


@pytest.mark.root
@pytest.mark.parametrize("flag", ["i", "a"])
def test_cleaning_behind_days_that_are_immutable_frees_what_is_needed(tmp_path: Path, flag: str) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image", size_mb=32) as disk:
        bad, good = _bad_and_good(disk)
        days = [str(day) for day in _days(disk, "bad")]
        subprocess.run(["chattr", f"+{flag}", *days], check=True)
        cleaner = _cleaned(disk, 40)
        subprocess.run(["chattr", f"-{flag}", *days], check=True)
        assert frames_in(disk) == {*bad, *good[40:]}
        assert cleaner.detail == ""


@pytest.mark.root
def test_cleaning_among_immutable_frames_frees_what_is_needed(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image", size_mb=32) as disk:
        bad, _ = _bad_and_good(disk, 200)
        for path in bad[:100:5]:
            make_immutable(disk / path)
        _cleaned(disk, 40)
        left = frames_in(disk)
        for path in bad[:100:5]:
            make_immutable(disk / path, immutable=False)
        assert set(bad) - left == {path for path in bad[:50] if path not in bad[:100:5]}


@pytest.mark.root
def test_cleaning_behind_a_camera_that_is_mounted_read_only_frees_what_is_needed(tmp_path: Path) -> None:
    with ext4(tmp_path / "disk", tmp_path / "image", size_mb=32) as disk:
        bad, good = _bad_and_good(disk)
        camera = disk / "bad"
        subprocess.run(["mount", "--bind", str(camera), str(camera)], check=True)
        try:
            remount(camera, "bind,ro")
            cleaner = _cleaned(disk, 40)
            assert frames_in(disk) == {*bad, *good[40:]}
            assert cleaner.detail == ""
        finally:
            subprocess.run(["umount", "--lazy", str(camera)], check=True)


@pytest.mark.parametrize("code", [errno.EIO, errno.EUCLEAN, errno.EBUSY])
def test_cleaning_behind_frames_on_bad_sectors_frees_what_is_needed(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    bad, good = _bad_and_good(memory_path)
    names, unlink = {Path(path).name for path in bad}, os.unlink

    def refusing(name: str, *, dir_fd: int) -> None:
        if name in names:
            raise OSError(code, os.strerror(code))
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr("os.unlink", refusing)
    cleaner = _cleaned(memory_path, 40)
    assert frames_in(memory_path) == {*bad, *good[40:]}
    assert cleaner.detail == ""


def test_each_reason_is_said_once_a_minute(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [errno.EIO, errno.EACCES, errno.EPERM]
    plant_row(memory_path, "a", newest_ns=_NOW_NS, count=300, apart_s=3600, size=_BLOCK)
    tried = []

    def refusing(name: str, **_: object) -> None:
        tried.append(name)
        code = codes[len(tried) % len(codes)]
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.unlink", refusing)
    clock = ManualClock(_NOW_NS)
    cleaner = Cleaner(memory_path, _STORAGE, clock)
    with caplog.at_level(logging.WARNING):
        for minute in range(1, 4):
            for _ in range(10):
                cleaner.reconfigure(_STORAGE)
                cleaner.consider(_usage(40))
                cleaner.work(1 << 62)
                clock.advance(6)
            said = [record.message for record in caplog.records]
            assert len(said) == minute * len(codes), said
    assert len(tried) > 1000
    assert {message.rpartition(" (and")[0].rpartition(": ")[2] for message in said[3:]} == {
        os.strerror(code) for code in codes
    }
