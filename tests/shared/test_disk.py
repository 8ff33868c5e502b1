"""How full a file system is: the same as df says."""

from __future__ import annotations

import math
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.disk import DiskUsage, is_mount_point, usage_from, usage_of
from tests.rig import small_disk
from tests.rig.odd_disk import odd_disk

_COUNTS = st.integers(0, 1 << 50)


def _df(path: Path) -> dict[str, str]:
    columns = "pcent,ipcent,avail,itotal"
    command = ["df", "--block-size=1", f"--output={columns}", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(zip(columns.split(","), lines[1].split(), strict=True))


def _agrees_with_df(path: Path) -> None:
    """It rounds percentages up. A busy disk changes between two looks: it has three tries."""
    for _ in range(3):
        usage, seen = usage_of(path), _df(path)
        same_percent = f"{math.ceil(usage.used_percent)}%" == seen["pcent"]
        same_inodes = seen["ipcent"] == ("-" if usage.inodes_percent is None else f"{math.ceil(usage.inodes_percent)}%")
        if same_percent and same_inodes and abs(usage.free_bytes - int(seen["avail"])) < 1 << 20:
            break
    else:
        pytest.fail(f"{usage} but df has {seen}")
    assert str(usage.total_inodes) == seen["itotal"].replace("-", "0")


def test_usage_of_the_root_is_what_df_says() -> None:
    _agrees_with_df(Path("/"))


@pytest.mark.parametrize("filled_kb", [0, 1, 500, 1000])
def test_usage_of_a_tmpfs_is_what_df_says(tmp_path: Path, filled_kb: int) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m", inodes=40) as disk:
        (disk / "data").write_bytes(b"x" * 1024 * filled_kb)
        for number in range(filled_kb // 40):
            (disk / f"empty{number}").touch()
        _agrees_with_df(disk)


def test_usage_of_an_ext4_leaves_the_reserve_of_root_out(tmp_path: Path) -> None:
    with small_disk.ext4(tmp_path / "disk", tmp_path / "image") as disk:
        _agrees_with_df(disk)
        small_disk.fill(disk)
        _agrees_with_df(disk)
        usage = usage_of(disk)
    # Root has written into its reserve: a user finds nothing left, and df says 100 %.
    assert (usage.used_percent, usage.free_bytes) == (100.0, 0)


def test_usage_where_no_inodes_are_reported_has_none(tmp_path: Path) -> None:
    with odd_disk("btrfs", tmp_path) as disk:
        usage = usage_of(disk)
        assert (usage.inodes_percent, usage.total_inodes) == (None, 0)
        assert usage.worst_percent == usage.used_percent
        _agrees_with_df(disk)


def test_worst_percent_is_the_fuller_of_bytes_and_inodes() -> None:
    assert DiskUsage(40.0, 1, 2, 91.0).worst_percent == 91.0
    assert DiskUsage(40.0, 1, 2, 3.0).worst_percent == 40.0
    assert DiskUsage(40.0, 1, 2, None).worst_percent == 40.0


@given(used=_COUNTS, available=_COUNTS, reserved=_COUNTS, files=_COUNTS, free_files=_COUNTS)
def test_usage_is_between_0_and_100_percent(
    used: int, available: int, reserved: int, files: int, free_files: int
) -> None:
    free = available + reserved
    usage = usage_from(_statvfs(used + free, free, available, files, min(files, free_files)))
    assert 0.0 <= usage.used_percent <= 100.0
    assert usage.inodes_percent is None if files == 0 else 0.0 <= usage.worst_percent <= 100.0
    assert usage.free_bytes == available * 4096
    assert usage.usable_bytes == (used + available) * 4096


def test_usage_of_a_file_system_that_does_not_tell_its_size_stops_nothing() -> None:
    """Some in user space: whether there is room shows when something is written."""
    assert usage_from(_statvfs(0, 0, 0, 0, 0)).used_percent == 0.0


def test_usage_of_what_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        usage_of(tmp_path / "missing")


def test_mount_point_is_the_place_itself_and_nothing_below(tmp_path: Path) -> None:
    assert not is_mount_point(tmp_path / "disk")
    with small_disk.tmpfs(tmp_path / "disk") as disk:
        (disk / "below").mkdir()
        assert is_mount_point(disk)
        assert not is_mount_point(disk / "below")
    assert not is_mount_point(disk)


def _statvfs(blocks: int, free: int, available: int, files: int, free_files: int) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, blocks, free, available, files, free_files, free_files, 0, 255))
