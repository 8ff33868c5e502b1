"""Which cameras of this machine are there: device nodes that may be opened.

Owns: what to look for, and looking. Does not own: when, nor what follows (`supervisor.devices`).
Invariant: it looks below /dev alone, which is memory: `stat` and `access` there never block. Nothing is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_DEV = "/dev/"
_ANY = "video*"


class Node(NamedTuple):
    """A device node. One that was made anew is another: the kernel gives it a new inode, with the same number too."""

    file_system: int
    inode: int
    number: int


def device_to_look_for(source: str) -> str:
    """What a camera's `source` says of it: a path, `/dev/video*` for any camera, or "" where it is not of this kind."""
    if source == "auto":
        return _DEV + _ANY
    return source if source.startswith(_DEV) else ""


def nodes_of(device: str) -> frozenset[Node]:
    """The nodes of a path, links followed: one or none; of `DIRECTORY/video*` all that there are.

    A node counts as soon as it may be read and written, which is some time after the kernel has made it.
    """
    path = Path(os.path.normpath(device))
    if not path.is_relative_to(_DEV):
        return frozenset()
    paths: Iterable[Path] = _videos_in(path.parent) if path.name == _ANY else [path]
    return frozenset(node for each in paths if (node := _node(each)) is not None)


def _videos_in(directory: Path) -> list[Path]:
    try:
        return [path for path in directory.iterdir() if path.name[:5] == "video" and path.name[5:].isdigit()]
    except OSError:
        return []


def _node(path: Path) -> Node | None:
    try:
        seen = path.stat()
        if not stat.S_ISCHR(seen.st_mode) or not os.access(path, os.R_OK | os.W_OK):
            return None
    except (OSError, ValueError):
        return None
    return Node(seen.st_dev, seen.st_ino, seen.st_rdev)
