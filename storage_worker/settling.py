"""Whether the file system shows by now what a clean-up deleted.

Owns: that one judgement. Does not own: the clean-up.
Invariant: pure. btrfs and xfs give deleted room back seconds later; deciding anew on their old figures would delete the
same amount again. Where the figures follow at once (ext4, vfat, tmpfs) it never holds anything up.
"""

from __future__ import annotations

from msgspec import Struct

from shared.clock import NS_PER_S
from shared.disk import DiskUsage
from storage_worker.pressure import used_bytes

_LONGEST_NS = 35 * NS_PER_S
"""btrfs commits every 30 s. What has not shown after that is held by something else, a snapshot or an open file."""
_MOSTLY = 0.9
"""Deleted blocks are counted exactly, but the directories' and the journal's move as well."""


class Settling(Struct, frozen=True):
    """A clean-up that has ended: the figures it began with, and what it deleted.

    `written_bytes_before` is where the count of written bytes stood when it began.
    """

    used_bytes_before: int
    written_bytes_before: int
    freed_bytes: int
    ended_mono_ns: int

    def is_over(self, usage: DiskUsage, written_bytes: int, now_mono_ns: int) -> bool:
        """Whether these figures can be believed."""
        if not self.freed_bytes or now_mono_ns - self.ended_mono_ns >= _LONGEST_NS:
            return True
        written = written_bytes - self.written_bytes_before
        return used_bytes(usage) <= self.used_bytes_before + written - _MOSTLY * self.freed_bytes
