"""The output disk: real small ones that are full, read-only, of an odd kind, or do not answer."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from shared.config.model import CameraConfig, StorageConfig
from shared.disk import DiskUsage
from shared.mounts import Mount
from tests.rig import odd_disk, small_disk
from tests.rig.doctor_values import SERVICE, configuration, known, levels, only
from tests.rig.status_values import camera, status
from timelapse.doctor import disk, mount
from timelapse.doctor.aside import Aside, GivenUp
from timelapse.doctor.mounting import Kind, kind_of
from timelapse.doctor.places import Places
from timelapse.doctor.who import caller

_EXT4 = Kind(mount=Mount("/", "ext4", "/dev/sda2", ("rw",)), disk="sda")


def _examined(path: Path) -> dict[str, str]:
    """As the examination does it, by the caller for himself."""
    seen = Aside(lambda: disk.look(str(path), ["main"], caller()), disk.Seen, 10.0).result()
    assert isinstance(seen, disk.Seen)
    held = mount.look(seen.path, Places())
    return levels(disk.judge(seen, held.kind, known(recorder=caller())))


def _usage(used_percent: float, inodes_percent: float | None = 1.0) -> DiskUsage:
    return DiskUsage(used_percent, 1_000_000_000, 10_000_000_000, inodes_percent)


def _seen(**changed: Any) -> disk.Seen:
    given: dict[str, Any] = {
        "path": "/srv/frames",
        "exists": True,
        "nearest": "/srv/frames",
        "usage": _usage(50.0),
        "is_writable": True,
    }
    return disk.Seen(**{**given, **changed})


def test_disk_with_room_is_well(tmp_path: Path) -> None:
    assert "fault" not in _examined(tmp_path).values()


@pytest.mark.root
def test_disk_that_is_full_is_a_fault(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", "1m") as path:
        small_disk.fill(path)
        found = _examined(path)
    assert (found["disk.space"], found["disk.inodes"]) == ("fault", "ok")
    assert found["disk.file_system"] == "warning", "a tmpfs is memory"


@pytest.mark.root
def test_disk_without_inodes_is_a_fault(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", "1m", 20) as path:
        small_disk.use_up_inodes(path / "main")
        found = _examined(path)
    assert (found["disk.space"], found["disk.inodes"]) == ("ok", "fault")


@pytest.mark.root
def test_disk_that_is_read_only_is_a_fault(tmp_path: Path) -> None:
    with small_disk.tmpfs(tmp_path / "disk", "1m") as path:
        small_disk.remount(path, "ro")
        found = _examined(path / "frames")
    assert (found["disk.read_only"], found["disk.writable"]) == ("fault", "fault")


def test_disk_with_errors_of_its_file_system_is_a_fault_though_it_says_that_it_is_writable(tmp_path: Path) -> None:
    numbers, noted = tmp_path / "sys/dev/block", tmp_path / "sys/fs/ext4/sda2"
    for directory in (numbers, noted, tmp_path / "sys/block/sda/sda2"):
        directory.mkdir(parents=True)
    (numbers / "8:2").symlink_to("../../block/sda/sda2")
    mounted = Mount("/srv/frames", "ext4", "/dev/sda2", ("rw",), "8:2")
    for errors, level in (("1\n", "fault"), ("0\n", "ok")):
        (noted / "errors_count").write_text(errors)
        found = disk.judge(_seen(), kind_of(mounted, Places(tmp_path)), known())
        assert only(found, "disk.read_only").level == level


@pytest.mark.root
def test_disk_without_a_journal_is_a_warning(tmp_path: Path) -> None:
    with odd_disk.odd_disk("vfat", tmp_path) as path:
        found = _examined(path)
    assert (found["disk.file_system"], found["disk.inodes"], found["disk.writable"]) == ("warning", "ok", "ok")


@pytest.mark.root
def test_disk_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with odd_disk.odd_disk("ntfs-3g", tmp_path) as path:
        daemon = _daemon_of(path)
        os.kill(daemon, signal.SIGSTOP)
        look = Aside(lambda: disk.look(str(path / "frames"), [], caller()), disk.Seen, 0.3)
        try:
            began_s = time.monotonic()
            seen = look.result()
            took_s = time.monotonic() - began_s
        finally:
            os.kill(daemon, signal.SIGCONT)
        # It has been killed, and is on the disk until it has ended: nothing is unmounted before.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(look._pid, 0)
    assert took_s < 10
    assert isinstance(seen, GivenUp)
    assert seen.is_stuck


@pytest.mark.skipif(os.geteuid() != 0, reason="asks in another's place")
def test_directory_that_root_has_made_is_a_fault() -> None:
    # Not in tmp_path, which is closed to others.
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary)
        path.chmod(0o755)
        made_by_root = path / "out" / "main" / "2026"
        made_by_root.mkdir(parents=True)
        for directory in (path / "out", path / "out" / "main"):
            os.chown(directory, SERVICE.uid, SERVICE.gid)
        look = Aside(lambda: disk.look(str(path / "out"), ["main", "garden"], SERVICE), disk.Seen, 10.0)
        seen = look.result()
    assert isinstance(seen, disk.Seen)
    assert (seen.is_writable, seen.closed) == (True, (str(made_by_root),))
    found = only(disk.judge(seen, _EXT4, known()), "disk.owner")
    assert found.do == f"sudo chown -R timelapse: {path / 'out'}"


@pytest.mark.parametrize(
    ("used", "storage", "level"),
    [
        (50.0, StorageConfig(), "ok"),
        (87.0, StorageConfig(), "ok"),
        (87.0, StorageConfig(clean=False), "warning"),
        (90.0, StorageConfig(), "ok"),
        (90.1, StorageConfig(), "fault"),
    ],
)
def test_space_is_judged_by_the_thresholds(used: float, storage: StorageConfig, level: str) -> None:
    settings = configuration(storage=storage)
    found = levels(disk.judge(_seen(usage=_usage(used)), _EXT4, known(configuration=settings)))
    assert found["disk.space"] == level
    found = levels(disk.judge(_seen(usage=_usage(1.0, used)), _EXT4, known(configuration=settings)))
    assert found["disk.inodes"] == level


def test_card_is_a_warning_where_much_is_written() -> None:
    card = Kind(mount=Mount("/", "ext4", "/dev/mmcblk0p2", ("rw",)), disk="mmcblk0", is_card=True)
    assert levels(disk.judge(_seen(), card, known()))["disk.card"] == "ok"
    fast = status(cameras={"main": camera("main", interval_s=1.0)})
    found = only(disk.judge(_seen(), card, known(status=fast)), "disk.card")
    assert found.level == "warning"
    assert "26.0 GB a day" in found.saw


def test_directory_that_may_not_be_made_says_how() -> None:
    seen = _seen(exists=False, nearest="/srv", is_writable=False)
    found = only(disk.judge(seen, _EXT4, known(CameraConfig(name="main"))), "disk.writable")
    assert found.level == "fault"
    assert found.do.startswith("sudo install -d -m 0750 -o timelapse ")


def test_disk_with_an_error_is_a_fault_alone() -> None:
    assert levels(disk.judge(_seen(usage=None, problem="Input/output error"), _EXT4, known())) == {
        "disk.answers": "fault"
    }


def test_system_that_is_nearly_full_is_a_warning() -> None:
    assert levels(disk.judge_system({"/": 50.0, "/run": 96.0})) == {"disk.system": "warning"}
    assert levels(disk.judge_system(disk.look_at_system(Places()))).keys() == {"disk.system"}


def _daemon_of(path: Path) -> int:
    for process in Path("/proc").iterdir():
        # Others come and go meanwhile.
        with contextlib.suppress(OSError):
            if process.name.isdigit() and str(path).encode() in (process / "cmdline").read_bytes().split(b"\0"):
                return int(process.name)
    raise AssertionError("no such daemon")
