"""The descriptors that this process has open, to find those that leak.

Invariant: the one that reads the list is not in it.
"""

from __future__ import annotations

import gc
from pathlib import Path

_LIST = Path("/proc/self/fd")


def open_descriptors() -> list[int]:
    """Their numbers, in order. What an earlier test has let go of is closed first, and not some time later."""
    gc.collect()
    listed = [(int(entry.name), entry) for entry in _LIST.iterdir()]
    return sorted(number for number, entry in listed if entry.exists() or entry.is_symlink())
