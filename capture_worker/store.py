"""Making a frame durable under its name, with the raw file beside it where there is one.

Owns: `<camera>/.tmp/`, and the move out of it. Does not own: what is in the JPEG or the raw file.
Invariant: under a final name there is a whole, synced frame or nothing, and no frame is ever replaced: a name that is
taken, be it by a raw file alone, gives the next take. A frame's raw file is there before the frame is, and where a
process ended between the two, the next one puts the frame beside it. One process a camera directory, by its lock.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from shared.durable import make_directories, move_without_replacing, sync_directory, write_synced
from shared.frame_name import FrameName, parse, path_of, raw_beside

TEMPORARY = ".tmp"
_MOST_TAKES = 9999


class FrameStore:
    """The directory of one camera. Every method blocks for the disk and raises OSError."""

    def __init__(self, camera_dir: Path) -> None:
        self._camera_dir = camera_dir
        self._temporary = camera_dir / TEMPORARY / "frame.jpg"
        self._temporary_raw = camera_dir / TEMPORARY / "frame.dng"

    def prepare(self) -> None:
        """Make the directories, finish what an earlier process had nearly done, remove what it left half written."""
        make_directories(self._temporary.parent)
        for left in self._temporary.parent.iterdir():
            if parse(left.name) is not None and left.is_file() and not left.is_symlink():
                self._finish_move(left)
        self._clear()

    def write(self, slot_ns: int, jpeg: bytes, raw: bytes | None = None) -> FrameName:
        """Store a frame; its name. When this returns a power cut can't undo it; when it raises nothing is left."""
        try:
            if raw is not None:
                write_synced(self._temporary_raw, raw)
            write_synced(self._temporary, jpeg)
            return self._move(slot_ns, with_raw=raw is not None)
        except OSError:
            with contextlib.suppress(OSError):
                self._clear()
            raise

    def _move(self, slot_ns: int, *, with_raw: bool) -> FrameName:
        for take in range(1, _MOST_TAKES):
            name = FrameName(slot_ns, take)
            target = self._camera_dir / name.path()
            make_directories(target.parent)
            # Looking suffices, as nobody else puts files there; the move of the frame itself relies on no look.
            if os.path.lexists(raw_of(target)) or (with_raw and os.path.lexists(target)):
                continue
            try:
                self._place(target, with_raw=with_raw)
            except FileExistsError:
                if with_raw:
                    raise
                continue
            return name
        raise FileExistsError(f"{target}: every name up to take {_MOST_TAKES} is taken")

    def _place(self, target: Path, *, with_raw: bool) -> None:
        """Move the frame to its name, durably; before it the raw file. What raises leaves neither there."""
        waiting = self._temporary
        if with_raw:
            # The name tells the next process where the raw file is that this one put there.
            waiting = waiting.rename(waiting.with_name(target.name))
            move_without_replacing(self._temporary_raw, raw_of(target))
        try:
            move_without_replacing(waiting, target)
            self._make_durable(target)
        except OSError:
            if with_raw:
                with contextlib.suppress(OSError):
                    raw_of(target).unlink()
            raise

    def _finish_move(self, left: Path) -> None:
        """A frame whose raw file has its name already: it is whole and synced, and lacks nothing but its own."""
        target = self._camera_dir / path_of(left.name)
        if not raw_of(target).is_file() or os.path.lexists(target):
            return
        try:
            move_without_replacing(left, target)
        except OSError:
            with contextlib.suppress(OSError):
                raw_of(target).unlink()  # without its frame it would be nobody's
        else:
            sync_directory(target.parent)

    def _clear(self) -> None:
        for left in self._temporary.parent.iterdir():
            # A NAS puts directories of its own everywhere; they are in nobody's way.
            if left.is_symlink() or not left.is_dir():
                left.unlink()

    def _make_durable(self, target: Path) -> None:
        try:
            sync_directory(target.parent)
        except OSError:
            # It is told as a miss, so that it must not stand there.
            with contextlib.suppress(OSError):
                target.unlink()
            raise


def raw_of(frame: Path) -> Path:
    """The path of the raw file beside a frame."""
    return frame.with_name(raw_beside(frame.name))
