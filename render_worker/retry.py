"""When a render that failed is tried again.

Owns: the tries so far of each result, and the delays. Does not own: where they are kept (`notebook`).
Invariant: pure; `now_s` is wall time, since it has to outlive the process and the boot. No clock that was set can put a
try off by more than the longest delay. What an operator has cancelled is not tried again by itself.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

FIRST_DELAY_S = 300.0
LONGEST_DELAY_S = 6 * 3600.0
_QUICK_TRIES = 4
"""So many delays double; from then on each is the longest: nine tries on the first day, four on each one after it."""


class Tries(Struct, frozen=True):
    """How often one result has failed, and when last. `cancelled`: by an operator, and so for good.

    `interrupted` counts the tries that ended with the worker itself.
    """

    failed: int = 0
    last_s: float = 0.0
    message: str = ""
    cancelled: bool = False
    interrupted: int = 0


def delay_s(failed: int) -> float:
    """How long to wait after so many failures: 5 min, 10, 20, 40, then 6 h each time; 0 after none."""
    if failed == 0:
        return 0.0
    return FIRST_DELAY_S * 2 ** (failed - 1) if failed <= _QUICK_TRIES else LONGEST_DELAY_S


def after_failure(tries: Tries, now_s: float, message: str) -> Tries:
    """It has failed once more."""
    return replace(tries, failed=tries.failed + 1, last_s=now_s, message=message, interrupted=0)


def after_interruption(tries: Tries, now_s: float) -> Tries:
    """The worker ended in the middle, and nobody had asked it to: the first time says nothing of the render."""
    if tries.interrupted == 0:
        return replace(tries, interrupted=1)
    return after_failure(tries, now_s, "the render worker ended in the middle of it, again")


def after_cancelling(tries: Tries, now_s: float) -> Tries:
    """An operator does not want it."""
    return replace(tries, cancelled=True, last_s=now_s, message="cancelled by an operator")


def without_delay(tries: Tries) -> Tries:
    """What made it fail may have been mended: it is tried at once, unless it was cancelled."""
    return replace(tries, last_s=0.0)


def not_before_s(tries: Tries | None, now_s: float) -> float | None:
    """From when on it may be tried, by the wall clock as it is now; None where it is not tried again."""
    if tries is None:
        return 0.0
    if tries.cancelled:
        return None
    # A failure in the future is one of a clock that was put back since: who knows how long ago it was.
    return tries.last_s + delay_s(tries.failed) if tries.last_s <= now_s else 0.0
