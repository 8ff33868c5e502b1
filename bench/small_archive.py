"""A place for frames that is soon full, so that cleaning goes on all the time.

Owns: making it, and the configuration that belongs to it. Does not own: what is written there.
Invariant: nothing stays mounted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rig import small_disk


class SmallArchive(NamedTuple):
    """Where, the `storage` of a configuration for it, and what it is in words."""

    output_dir: Path
    storage: str
    words: str


@contextlib.contextmanager
def small_archive(directory: Path, size_mb: int, *, mounted: bool = True) -> Iterator[SmallArchive]:
    """An ext4 of that size below `directory`; where that can't be mounted, a limit on the archive."""
    with contextlib.ExitStack() as stack:
        if mounted and os.geteuid() == 0:
            # The rig skips a test where mounting is not possible; a bench does the other thing.
            with contextlib.suppress(pytest.skip.Exception):
                disk = stack.enter_context(small_disk.ext4(directory / "disk", directory / "disk.img", size_mb))
                yield SmallArchive(disk, "{keep_min: 0}", f"an ext4 of {size_mb} MiB, cleaned above 85 %")
                return
        storage = f"{{keep_min: 0, max_size: {size_mb * 8 // 10}MB}}"
        yield SmallArchive(directory / "out", storage, f"storage: {storage}")
