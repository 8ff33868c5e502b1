"""Who holds a fence, by the kernel's own list of locks."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from capture_worker.discovery.holders import locker_of, worker_of

_LOCKS = Path("/proc/locks")


def test_locker_is_the_process_that_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "camera.lock"
    path.touch()
    assert locker_of(path, _LOCKS) is None
    with path.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert locker_of(path, _LOCKS) == os.getpid()
    assert locker_of(path, _LOCKS) is None
    assert locker_of(tmp_path / "none", _LOCKS) is None


def test_one_that_waits_for_a_lock_does_not_have_it(tmp_path: Path) -> None:
    path = tmp_path / "camera.lock"
    path.touch()
    status = path.stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    locks = tmp_path / "locks"
    locks.write_text(f"1: -> FLOCK  ADVISORY  WRITE 77 {place} 0 EOF\n2: POSIX  ADVISORY  WRITE 78 {place} 0 EOF\n")
    assert locker_of(path, locks) is None


def test_worker_is_known_by_its_command_line(tmp_path: Path) -> None:
    (tmp_path / "12").mkdir()
    (tmp_path / "12/cmdline").write_bytes(b"python\0-m\0capture_worker\0--worker=capture.main\0--incarnation=3\0")
    (tmp_path / "13").mkdir()
    (tmp_path / "13/cmdline").write_bytes(b"cheese\0")
    assert [worker_of(pid, tmp_path) for pid in (12, 13, 14)] == ["capture.main", "", ""]
