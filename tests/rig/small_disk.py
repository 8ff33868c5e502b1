"""Small real file systems, for what only happens on a full, read-only or broken one.

Owns: mounting and unmounting them. Does not own: what is put on them.
Invariant: nothing stays mounted; where mounting is not permitted the test is skipped, and says so.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def tmpfs(path: Path, size: str = "20m", inodes: int = 4000) -> Iterator[Path]:
    """An empty file system at `path`, which is made. Bytes and inodes come back the moment a file is deleted."""
    path.mkdir(parents=True, exist_ok=True)
    _run(["mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes}", "timelapse-test", str(path)])
    try:
        yield path
    finally:
        _unmount(path)


@contextlib.contextmanager
def ext4(path: Path, image: Path, size_mb: int = 24) -> Iterator[Path]:
    """An ext4 in the file `image`, mounted at `path`: with blocks reserved for root, and directories that cost."""
    path.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(size_mb << 20)
    _run(["mkfs.ext4", "-q", "-F", "-m", "5", str(image)])
    _run(["mount", "-o", "loop", str(image), str(path)])
    try:
        yield path
    finally:
        _unmount(path)


@contextlib.contextmanager
def bound(path: Path, place: Path) -> Iterator[Path]:
    """The directory `path` at `place` as well, by a mount of its own: what may go while the file system stays well."""
    place.mkdir(parents=True, exist_ok=True)
    _run(["mount", "--bind", str(path), str(place)])
    try:
        yield place
    finally:
        _unmount(place)


def remount(path: Path, option: str) -> None:
    """Change a mounted file system, to `ro` for instance."""
    _run(["mount", "-o", f"remount,{option}", str(path)])


@contextlib.contextmanager
def frozen(path: Path) -> Iterator[None]:
    """Have a file system hang: whoever writes to it waits in the kernel, SIGKILL or not, until this ends."""
    _run(["fsfreeze", "--freeze", str(path)])
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(path)], check=True)


def make_immutable(path: Path, *, immutable: bool = True) -> None:
    """Have the kernel refuse to delete a file, even to root. Skips the test where the file system can't."""
    _run(["chattr", "+i" if immutable else "-i", str(path)])


def fill(directory: Path) -> None:
    """Write until there is not a byte left."""
    with (directory / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 65_536) == 65_536:
            pass


def use_up_inodes(directory: Path) -> None:
    """Make empty files until there is not an inode left."""
    directory.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):
        for number in range(1_000_000):
            (directory / f"empty-{number}").touch()


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{command[0]} is not possible here: {error.stderr.strip()}")


def _unmount(path: Path) -> None:
    subprocess.run(["umount", "--lazy", str(path)], check=True)
