"""Real-time scheduling for the threads that keep the grid, where the configuration asks for it.

Owns: asking the kernel, and what to do where it refuses. Does not own: which threads ask.
Invariant: only threads that ask get it, and none of theirs; one that computes without end is ended by the kernel, so
that it can't starve the supervisor, which finds the hang.

On a machine whose cores are all busy a thread of ordinary priority was let run 5 to 140 ms late at worst, one of these
2 to 4 (`bench/lateness.py`). `nice` did not help: with autogroup, sched(7), it counts within a session only, and each
worker has one of its own.
"""

from __future__ import annotations

import logging
import os
import resource

log = logging.getLogger(__name__)

_LEAST_PRIORITY = 1
"""Above every ordinary thread and below everything else that is real-time, such as the kernel's own."""
_LONGEST_RUN_US = 10_000_000
"""Without waiting for anything. Decoding a frame takes a small board a tenth of this; the grab lease ends before it."""


def take_precedence() -> None:
    """For the calling thread, and none that it starts. Where it is not permitted the log says what to do."""
    try:
        _limit_run()
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(_LEAST_PRIORITY))
    except PermissionError:
        log.warning(
            "realtime is not permitted to this user, so pictures may be late on a busy machine; give the service "
            "LimitRTPRIO=1 (systemd), or the user `rtprio 1` in /etc/security/limits.conf"
        )
    except OSError as error:
        log.warning("realtime can't be had here (%s); pictures may be late on a busy machine", error.strerror)


def _limit_run() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    most = _LONGEST_RUN_US if hard == resource.RLIM_INFINITY else min(hard, _LONGEST_RUN_US)
    resource.setrlimit(resource.RLIMIT_RTTIME, (most, hard))
