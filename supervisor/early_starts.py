"""How often a worker may be started before its back-off is over, because its camera is back.

Owns: the limit. Does not own: what is asked of it (`supervisor.probes`).
Invariant: pure: `now_ns` is an argument. However a cable flaps, a camera costs ten starts that come to nothing, and
then one each six seconds; and no return waits longer than that.
"""

from __future__ import annotations

from shared.clock import NS_PER_S

MOST_AT_ONCE = 10
ONE_MORE_EACH_NS = 6 * NS_PER_S
"""About the first delay before a restart; a start takes a small board some seconds of one core."""


class EarlyStarts:
    """Those of one worker. `due_ns` is when the next one is free (monotonic)."""

    def __init__(self) -> None:
        self._spent_until_ns = 0

    @property
    def due_ns(self) -> int:
        """In the past where one is free."""
        return self._spent_until_ns - (MOST_AT_ONCE - 1) * ONE_MORE_EACH_NS

    def take(self, now_ns: int) -> bool:
        """Take one, if one is free."""
        if now_ns < self.due_ns:
            return False
        self._spent_until_ns = max(self._spent_until_ns, now_ns) + ONE_MORE_EACH_NS
        return True
