"""Whether a frame may be written: by what the file system says, and what storage says, for as long as it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.gate import EXPIRES_NS, DiskGate
from shared.causes import PressureLevel
from shared.disk import usage_of
from shared.errors import DiskError
from shared.events import DiskPressure
from tests.rig import small_disk


def _gate(path: Path, *, stop_above_percent: float = 100.0, require_mount: bool = False) -> DiskGate:
    return DiskGate(path, require_mount=require_mount, stop_above_percent=stop_above_percent)


def _pressure(level: PressureLevel) -> DiskPressure:
    return DiskPressure(level=level, used_percent=1.0, free_bytes=1, inodes_percent=None, path="/out")


def test_gate_refuses_above_its_threshold_and_not_at_it(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        (disk / "data").write_bytes(b"x" * (512 << 10))
        at = usage_of(disk).worst_percent
        assert at == 50.0
        assert _gate(disk, stop_above_percent=50.0).refuses(0) is None
        assert _gate(disk, stop_above_percent=49.9).refuses(0) == "disk_full"


def test_gate_looks_each_time_and_opens_when_there_is_room_again(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", size="1m") as disk:
        gate = _gate(disk, stop_above_percent=90.0)
        assert gate.refuses(0) is None
        small_disk.fill(disk)
        assert gate.refuses(0) == "disk_full"
        (disk / "filler").unlink()
        assert gate.refuses(0) is None


def test_gate_refuses_without_inodes_as_without_bytes(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", inodes=100) as disk:
        gate = _gate(disk, stop_above_percent=90.0)
        small_disk.use_up_inodes(disk / "empty")
        assert gate.refuses(0) == "disk_full"


def test_threshold_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    gate = _gate(tmp_path)
    assert gate.refuses(0) is None
    gate.stop_above_percent = 0.0
    assert gate.refuses(0) == "disk_full"


def test_full_holds_until_it_is_relieved(tmp_path: Path) -> None:
    gate = _gate(tmp_path)
    gate.hear(_pressure("full"), 0)
    assert gate.refuses(1) == "disk_full"
    gate.hear(_pressure("high"), 2)
    assert gate.refuses(3) is None


def test_full_that_is_not_repeated_expires(tmp_path: Path) -> None:
    """A storage worker that died must not hold frames back for ever."""
    gate = _gate(tmp_path)
    gate.hear(_pressure("full"), 0)
    assert gate.refuses(EXPIRES_NS - 1) == "disk_full"
    assert gate.refuses(EXPIRES_NS) is None
    gate.hear(_pressure("full"), EXPIRES_NS)
    gate.hear(_pressure("full"), EXPIRES_NS + 1_000_000_000)
    assert gate.refuses(2 * EXPIRES_NS) == "disk_full"


def test_ok_of_storage_does_not_open_what_the_file_system_closes(tmp_path: Path) -> None:
    gate = _gate(tmp_path, stop_above_percent=0.0)
    gate.hear(_pressure("ok"), 0)
    assert gate.refuses(0) == "disk_full"


def test_disk_that_is_gone_raises(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=f"{tmp_path}/gone: the disk does not answer: No such file"):
        _gate(tmp_path / "gone").refuses(0)


def test_required_mount_that_is_not_there_raises_with_what_to_do(tmp_path: Path) -> None:
    """An unplugged disk leaves its empty mount point on the card, with plenty of room."""
    gate = _gate(tmp_path / "disk", require_mount=True)
    with small_disk.tmpfs(tmp_path / "disk"):
        assert gate.refuses(0) is None
    with pytest.raises(DiskError, match=r"nothing is mounted there.*mount the disk, or set require_mount to false"):
        gate.refuses(0)
