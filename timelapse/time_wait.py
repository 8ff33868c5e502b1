"""`python -m timelapse.time_wait --at-most 90s`: wait until the kernel's clock is synchronised, then let systemd go on.

Owns: that wait, and what is said of how it ended. Does not own: the clock, nor which daemon keeps it: the kernel is
asked, whom each of them tells (chrony where it has `rtcsync`, as Debian's has).
Invariant: it ends with 0 within the limit, whatever the clock does: a machine without a network records too, and its
frames are marked. The limit is on the monotonic clock, which no step moves.

The kernel tells nobody when it comes to take its clock for synchronised; so it is asked twice a second. That is 180
questions of 2 us each, less than the start of this process takes. An alarm at a step of the clock would save half a
second at most, and only where there is a step.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from shared.clock import NS_PER_S, Clock, StepWatch, SystemClock, is_synchronised

_LOOK_S = 0.5
_USAGE = "usage: python -m timelapse.time_wait [--at-most 90s]"
_AT_MOST = "90s"
_EX_OK, _EX_USAGE = 0, 64
_WARNING = "<4>"
"""What the journal takes from a line's beginning: sd-daemon(3)."""


class Ended(NamedTuple):
    """How the wait has ended, in words; `well` where nobody needs to look after it."""

    well: bool
    said: str


def main(arguments: list[str]) -> int:
    """Wait, and say on standard error how it ended; the exit status. Blocks."""
    try:
        limit_s = _limit_s(arguments)
    except ValueError as error:
        print(f"{error}\n{_USAGE}", file=sys.stderr)
        return _EX_USAGE
    ended = wait(limit_s, SystemClock())
    priority = "" if ended.well or "JOURNAL_STREAM" not in os.environ else _WARNING
    print(f"{priority}{ended.said}", file=sys.stderr)
    return _EX_OK


def wait(
    limit_s: float,
    clock: Clock,
    ask: Callable[[], bool | None] = is_synchronised,
    sleep: Callable[[float], None] = time.sleep,
) -> Ended:
    """Wait until the kernel takes its clock for synchronised, or does not tell, or the limit is over; how it ended."""
    watch = StepWatch(clock)
    began_ns, stepped_ns = clock.mono_ns(), 0
    while True:
        found = ask()
        stepped_ns += watch.step_ns()
        passed_s = (clock.mono_ns() - began_ns) / NS_PER_S
        if found:
            return Ended(True, f"the clock is synchronised after {passed_s:.1f} s{_step(stepped_ns)}")
        if found is None:
            why = "the kernel does not tell whether the clock is synchronised (adjtimex is refused)"
            return Ended(False, f"{why}: not waiting for it")
        if passed_s >= limit_s:
            return Ended(
                False,
                f"the clock is not synchronised after {limit_s:g} s: recording begins all the same, and its frames are "
                "marked until it is; look at timedatectl, or chronyc tracking",
            )
        sleep(min(_LOOK_S, limit_s - passed_s))


def _step(stepped_ns: int) -> str:
    if not stepped_ns:
        return ""
    return f", and was put {'forward' if stepped_ns > 0 else 'back'} by {abs(stepped_ns) / NS_PER_S:.1f} s"


def _limit_s(arguments: list[str]) -> float:
    """Raises ValueError for anything but `--at-most DURATION`, or nothing."""
    # Loaded late, as what follows is needed once: the wait itself is all that stays in memory.
    from shared.config.units import parse_duration_s

    match arguments:
        case []:
            return parse_duration_s(_AT_MOST)
        case ["--at-most", text]:
            return parse_duration_s(text)
        case [text] if text.startswith("--at-most="):
            return parse_duration_s(text.partition("=")[2])
    raise ValueError(f"not understood: {' '.join(arguments)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
