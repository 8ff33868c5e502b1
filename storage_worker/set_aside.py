"""Frames that could not be deleted, and days of them: an immutable file, a directory of somebody else's, a bad sector.

Owns: leaving each of them alone for an hour. Does not own: the log line.
Invariant: pure. At most a thousand a minute come in (`clean_up`), so that it stays small however bad the disk.
"""

from __future__ import annotations

from shared.clock import NS_PER_S

_HOUR_NS = 3600 * NS_PER_S


class SetAside:
    """Paths, each until a time. The time is an argument: monotonic nanoseconds."""

    def __init__(self) -> None:
        self._until_mono_ns: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._until_mono_ns)

    def __contains__(self, path: str) -> bool:
        return path in self._until_mono_ns

    def add(self, path: str, now_mono_ns: int) -> None:
        """Leave `path` alone for an hour from now."""
        self._until_mono_ns[path] = now_mono_ns + _HOUR_NS

    def forget_old(self, now_mono_ns: int) -> None:
        """Let those whose hour is over be tried again."""
        self._until_mono_ns = {path: until for path, until in self._until_mono_ns.items() if until > now_mono_ns}

    def clear(self) -> None:
        """Let all be tried again: somebody may have repaired what was wrong."""
        self._until_mono_ns.clear()
