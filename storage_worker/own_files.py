"""What this program keeps beside the frames: the ledger, some small files, and the videos and stills that it makes.

Owns: how much room that takes. Does not own: the files; `videos` is the render worker's.
Invariant: raises nothing: what can't be looked at counts as nothing. It is ours, and nobody else's growth.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from shared import tree
from shared.ledger.database import files_of
from shared.ledger.schema import FILE_NAME as LEDGER_NAME
from shared.status import FILE_NAME as STATUS_NAME

RESULTS = "videos"
"""In a camera's directory, beside the years."""
_BLOCK_BYTES = 512
_MOST_CAMERAS = 256


def own_bytes(output_dir: Path) -> int:
    """The room that they occupy. Blocks for the disk, for some ten microseconds where no result came or went."""
    small = (*files_of(output_dir / LEDGER_NAME), output_dir / STATUS_NAME)
    return sum(_occupied(path) for path in small) + _results_bytes(output_dir)


def _results_bytes(output_dir: Path) -> int:
    try:
        directories = [output_dir / camera / RESULTS for camera in tree.cameras(output_dir)]
    except OSError:
        return 0
    return sum(_all_bytes(str(path), _changed_ns(path)) for path in directories)


@functools.lru_cache(_MOST_CAMERAS)
def _all_bytes(directory: str, changed_ns: int) -> int:
    """Of what was in it when it was changed last: asked after each frame, and different once or twice a day.

    What is being written has another size by then; that is counted when it gets its name.
    """
    if not changed_ns:
        return 0
    try:
        with os.scandir(directory) as entries:
            return sum(_occupied(Path(entry.path)) for entry in entries)
    except OSError:
        return 0


def _changed_ns(directory: Path) -> int:
    try:
        return os.lstat(directory).st_mtime_ns
    except OSError:
        return 0


def _occupied(path: Path) -> int:
    try:
        return os.lstat(path).st_blocks * _BLOCK_BYTES
    except OSError:
        return 0
