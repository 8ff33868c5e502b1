"""What a process leaves when it is aborted: the stack of each of its threads, and no core dump.

Owns: that setting. Does not own: who aborts it, nor who reads it (the supervisor of a worker, the journal of a
supervisor).
Invariant: a core dump is never written: it would hold the cameras' passwords, and fill the disk of a machine that
crashes in the night.
"""

from __future__ import annotations

import faulthandler
import resource
import sys


def leave_a_stack(evidence_fd: int) -> None:
    """On SIGABRT and on a crash write every thread's stack to the memory file; never write a core dump.

    To standard error, where `evidence_fd` is negative.
    """
    # 1 rather than 0: the kernel takes exactly 1 as "not even through a pipe to a core dump handler". Where a unit or
    # a container forbids them altogether the limit is 0 for good.
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    faulthandler.enable(file=evidence_fd if evidence_fd >= 0 else sys.stderr.fileno(), all_threads=True)
