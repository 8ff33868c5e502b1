"""What this program keeps beside the frames: the ledger and some small files. It is ours, and nobody else's growth.

Owns: how much room that takes. Does not own: the files.
Invariant: raises nothing: what can't be looked at counts as nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from shared.ledger.database import files_of
from shared.ledger.schema import FILE_NAME as LEDGER_NAME
from shared.status import FILE_NAME as STATUS_NAME

_BLOCK_BYTES = 512


def own_bytes(output_dir: Path) -> int:
    """The room that they occupy. Blocks for the disk, for some microseconds."""
    return sum(_occupied(path) for path in (*files_of(output_dir / LEDGER_NAME), output_dir / STATUS_NAME))


def _occupied(path: Path) -> int:
    try:
        return os.lstat(path).st_blocks * _BLOCK_BYTES
    except OSError:
        return 0
