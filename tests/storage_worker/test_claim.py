"""One storage worker an output directory, and always the same directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import BusyError, DiskError
from storage_worker.claim import LOCK_NAME, OutputDirectory
from tests.rig.small_disk import fill, tmpfs, use_up_inodes

_TRY = """
import sys
from pathlib import Path
from shared.errors import TimelapseError
from storage_worker.claim import OutputDirectory
try:
    OutputDirectory(Path(sys.argv[1]), require_mount=False)
except TimelapseError as error:
    sys.exit(error.status)
"""


def _another_process_gets(path: Path) -> int:
    return subprocess.run(
        [sys.executable, "-c", _TRY, str(path)], check=False, cwd=Path(__file__).parents[2]
    ).returncode


def test_claiming_a_directory_that_is_missing_makes_it(tmp_path: Path) -> None:
    OutputDirectory(tmp_path / "a/b", require_mount=False).check(require_mount=False)
    assert (tmp_path / "a/b" / LOCK_NAME).read_text().strip() == str(os.getpid())


def test_claiming_twice_is_refused_with_the_holder(tmp_path: Path) -> None:
    OutputDirectory(tmp_path, require_mount=False)
    assert _another_process_gets(tmp_path) == BusyError.status
    with pytest.raises(BusyError, match=str(os.getpid())):
        OutputDirectory(tmp_path, require_mount=False)


@pytest.mark.root
def test_claiming_a_disk_without_an_inode_to_spare_still_locks_out_others(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", inodes=50) as disk:
        use_up_inodes(disk / "many")
        claim = OutputDirectory(disk, require_mount=True)
        assert not (disk / LOCK_NAME).exists()
        assert _another_process_gets(disk) == BusyError.status
        (disk / "many" / "empty-0").unlink()
        assert _another_process_gets(disk) == BusyError.status
        claim.check(require_mount=True)


@pytest.mark.root
def test_claiming_a_disk_without_a_byte_to_spare_works(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", size="1m") as disk:
        fill(disk)
        OutputDirectory(disk, require_mount=False)
        assert _another_process_gets(disk) == BusyError.status


def test_claiming_where_nothing_is_mounted_though_it_must_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"no file system is mounted.*Mount the disk, or set require_mount"):
        OutputDirectory(tmp_path / "disk", require_mount=True)
    assert not (tmp_path / "disk").exists()


def test_claiming_what_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="can't be used"):
        OutputDirectory(tmp_path / "file", require_mount=False)


@pytest.mark.root
def test_checking_after_another_file_system_was_mounted_there_fails(tmp_path: Path) -> None:
    claim = OutputDirectory(tmp_path / "disk", require_mount=False)
    with tmpfs(tmp_path / "disk"), pytest.raises(DiskError, match="something else was mounted"):
        claim.check(require_mount=False)
    claim.check(require_mount=False)


@pytest.mark.root
def test_checking_after_the_disk_was_unmounted_fails(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as disk:
        claim = OutputDirectory(disk, require_mount=True)
        claim.check(require_mount=True)
    with pytest.raises(DiskError, match="no file system is mounted"):
        claim.check(require_mount=True)
    with pytest.raises(DiskError, match="something else"):
        claim.check(require_mount=False)


def test_checking_after_the_directory_was_removed_fails(tmp_path: Path) -> None:
    claim = OutputDirectory(tmp_path / "out", require_mount=False)
    (tmp_path / "out" / LOCK_NAME).unlink()
    (tmp_path / "out").rmdir()
    with pytest.raises(DiskError, match="gone"):
        claim.check(require_mount=False)
