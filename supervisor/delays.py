"""How long to wait before a worker is started again.

Owns: the formula. Does not own: counting failures (`supervisor.policy`).
Invariant: pure, and never more than `max_s`: an unattended camera that comes back after a week is picked up.
"""

from __future__ import annotations

from typing import Protocol

_MOST_DOUBLINGS = 62
"""More would only overflow; `max_s` has long been reached."""


class Delays(Protocol):
    """`restart: {base, max}` of the configuration, in seconds."""

    @property
    def base_s(self) -> float:
        """The delay before the second restart."""

    @property
    def max_s(self) -> float:
        """What no delay exceeds."""


def restart_delay_s(failures: int, jitter: float, delays: Delays) -> float:
    """Seconds to wait after the `failures`-th failure in a row: none at first, then `min(base * 2^k + jitter, max)`.

    `jitter` is a random number in [0, 1), so that several cameras on one failed switch don't come back as one.
    """
    if failures <= 1:
        return 0.0
    doublings = min(failures - 2, _MOST_DOUBLINGS)
    return min(delays.base_s * 2.0**doublings + jitter, delays.max_s)
