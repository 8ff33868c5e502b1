"""A machine's disks as the host sees them: made, laid over others, checked and read while no machine runs on them.

Owns: `qemu-img`, and e2fsck and debugfs on a copy. Does not own: what is judged about the frames (`remains`).
Invariant: a disk that a machine has left is never written to from here; what is checked and read is a copy.

They are qcow2, written through QEMU's own cache: what the guest has not flushed may be lost when QEMU is killed, as in
a card without power, and not in the order in which it was written.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

FRAMES_MB = 256
"""Of the disk that is mounted at /var/lib/timelapse, unless a test wants another."""
_ENVIRONMENT = {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


class BrokenDiskError(AssertionError):
    """The file system has damage that its journal does not repair."""


def overlay(backing: Path, at: Path) -> None:
    """A disk with the content of `backing` (raw or qcow2), which is never written to."""
    form = "qcow2" if backing.suffix == ".qcow2" else "raw"
    _run("qemu-img", "create", "-q", "-f", "qcow2", "-F", form, "-b", str(backing.resolve()), str(at))


def new_frames_disk(at: Path, megabytes: int = FRAMES_MB) -> None:
    """An empty disk for frames: ext4, as mkfs makes it, labelled for the guest's fstab."""
    raw = at.with_suffix(".new")
    try:
        _run("mkfs.ext4", "-q", "-F", "-L", "frames", str(raw), f"{megabytes}M")
        _run("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", str(raw), str(at))
    finally:
        raw.unlink(missing_ok=True)


def raw_copy(disk: Path, at: Path) -> None:
    """The disk's content as a plain image."""
    _run("qemu-img", "convert", "-q", "-f", "qcow2", "-O", "raw", str(disk), str(at))


def recover(raw: Path) -> str:
    """Do what the next boot does (e2fsck -p, on a copy of ours), and then look at everything; what it said.

    Raises BrokenDiskError where the boot would have stopped and asked, or where anything is left to complain of.
    """
    preened = _e2fsck("-p", raw)
    if preened.returncode not in {0, 1}:
        raise BrokenDiskError(f"e2fsck -p ended with {preened.returncode}: {preened.stdout}")
    looked = _e2fsck("-fn", raw)
    if looked.returncode != 0:
        raise BrokenDiskError(f"e2fsck -fn ended with {looked.returncode}: {looked.stdout}")
    return preened.stdout


def read_out(raw: Path, into: Path) -> None:
    """All files of the disk, as they are on it, without mounting it. Call `recover` first: it replays the journal."""
    into.mkdir()
    done = _run("debugfs", "-R", f'rdump / "{into}"', str(raw))
    said = [line for line in done.stderr.splitlines() if not line.startswith("debugfs ")]
    if said:
        raise BrokenDiskError(f"debugfs: {said}")


def _e2fsck(how: str, raw: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["e2fsck", how, str(raw)], capture_output=True, text=True, check=False, env=_ENVIRONMENT)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=_ENVIRONMENT)
