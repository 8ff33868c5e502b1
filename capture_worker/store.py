"""Making a frame durable under its name.

Owns: `<camera>/.tmp/`, and the move out of it. Does not own: what is in the JPEG.
Invariant: under a final name there is a whole, synced frame or nothing, and no frame is ever replaced: a name that is
taken gives the next take. One process a camera directory, by its lock.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from shared.durable import make_directories, move_without_replacing, sync_directory, write_synced
from shared.frame_name import FrameName

TEMPORARY = ".tmp"
_MOST_TAKES = 9999


class FrameStore:
    """The directory of one camera. Every method blocks for the disk and raises OSError."""

    def __init__(self, camera_dir: Path) -> None:
        self._camera_dir = camera_dir
        self._temporary = camera_dir / TEMPORARY / "frame.jpg"

    def prepare(self) -> None:
        """Make the directories, and remove what an earlier process left half written."""
        make_directories(self._temporary.parent)
        for left in self._temporary.parent.iterdir():
            # A NAS puts directories of its own everywhere; they are in nobody's way.
            if left.is_symlink() or not left.is_dir():
                left.unlink()

    def write(self, slot_ns: int, jpeg: bytes) -> FrameName:
        """Store a frame; its name. When this returns a power cut can't undo it; when it raises nothing is left."""
        try:
            write_synced(self._temporary, jpeg)
            return self._move(slot_ns)
        except OSError:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            raise

    def _move(self, slot_ns: int) -> FrameName:
        for take in range(1, _MOST_TAKES):
            name = FrameName(slot_ns, take)
            target = self._camera_dir / name.path()
            make_directories(target.parent)
            try:
                move_without_replacing(self._temporary, target)
            except FileExistsError:
                continue
            self._make_durable(target)
            return name
        raise FileExistsError(f"{target}: every name up to take {_MOST_TAKES} is taken")

    def _make_durable(self, target: Path) -> None:
        try:
            sync_directory(target.parent)
        except OSError:
            # It is told as a miss, so that it must not stand there.
            with contextlib.suppress(OSError):
                target.unlink()
            raise
