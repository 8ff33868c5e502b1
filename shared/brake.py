"""A brake on the log: what goes wrong again and again is said once a minute.

Owns: counting what was held back. Does not own: the log, nor what counts as the same.
Invariant: the first of a kind is said at once; nothing is said more often than the interval; what was held back is
told with the next one.
"""

from __future__ import annotations

import logging

from shared.about import About
from shared.clock import NS_PER_S

INTERVAL_NS = 60 * NS_PER_S


class Brake:
    """One kind of line. Times are monotonic."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._next_mono_ns: int | None = None
        self._held_back = 0

    def warn(self, now_mono_ns: int, message: str) -> None:
        """As `say`, with a warning."""
        self.say(now_mono_ns, logging.WARNING, message, stacklevel=3)

    def say(
        self, now_mono_ns: int, level: int, message: str, extra: About | None = None, *, stacklevel: int = 2
    ) -> None:
        """Log `message`, or count it where the last one was less than a minute ago."""
        if self._next_mono_ns is not None and now_mono_ns < self._next_mono_ns:
            self._held_back += 1
            return
        more = f" (and {self._held_back} more since the last such line)" if self._held_back else ""
        self._log.log(level, "%s%s", message, more, extra=extra, stacklevel=stacklevel)
        self._held_back = 0
        self._next_mono_ns = now_mono_ns + INTERVAL_NS
