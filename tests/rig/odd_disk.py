"""Real file systems that lack something: inodes, hard links, renaming without replacing.

Owns: making and mounting them from a file. Does not own: the ordinary ones (`small_disk`).
Invariant: nothing stays mounted; where a tool or the kernel lacks what is needed the test is skipped, and says so.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_MB = 1 << 20
_RECIPES: dict[str, tuple[int, list[str], list[str]]] = {
    # Size in MB, how it is made, how it is mounted.
    "btrfs": (120, ["mkfs.btrfs", "-q"], ["mount", "-t", "btrfs", "-o", "loop"]),
    "vfat": (16, ["mkfs.vfat"], ["mount", "-t", "vfat", "-o", "loop"]),
    # Through FUSE: it links, but does not rename without replacing.
    "ntfs-3g": (16, ["mkntfs", "-F", "-q"], ["ntfs-3g"]),
    # Likewise, and it does not even link.
    "fusefat": (16, ["mkfs.vfat"], ["fusefat", "-o", "rw+"]),
}


@contextlib.contextmanager
def odd_disk(kind: str, directory: Path) -> Iterator[Path]:
    """An empty file system of one of these kinds, below `directory`."""
    size_mb, make, mount = _RECIPES[kind]
    image, path = directory / f"{kind}.image", directory / kind
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(size_mb * _MB)
    _run([*make, str(image)])
    _run([*mount, str(image), str(path)])
    if not path.is_mount():
        pytest.skip(f"{kind} mounts nothing here")
    try:
        yield path
    finally:
        # Not lazily: a FUSE daemon would outlive the test.
        subprocess.run(["umount", str(path)], check=True)


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{command[0]} is not possible here: {error.stderr.strip()}")
