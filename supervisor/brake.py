"""Saying what was dropped once a minute, however much it was.

Owns: the line in the log. Does not own: counting (`shared.transport.Tally`).
Invariant: at most one line a minute, and none when nothing was dropped since the last.
"""

from __future__ import annotations

import logging

from shared.clock import NS_PER_S
from shared.transport import Tally

log = logging.getLogger(__name__)

_EVERY_NS = 60 * NS_PER_S


class Brake:
    """Reports a tally at most once a minute."""

    def __init__(self, tally: Tally, now_ns: int) -> None:
        self._tally = tally
        self._said: dict[str, int] = {}
        self._due_ns = now_ns

    def say(self, now_ns: int) -> None:
        """Log what was dropped since it was last said, if a minute has gone since."""
        if now_ns < self._due_ns or self._said == self._tally.malformed:
            return
        new = {where: count - self._said.get(where, 0) for where, count in self._tally.malformed.items()}
        counts = ", ".join(f"{count} on {where}" for where, count in new.items() if count)
        log.warning("dropped messages: %s; the last: %s", counts, self._tally.last_reason)
        self._said = dict(self._tally.malformed)
        self._due_ns = now_ns + _EVERY_NS
