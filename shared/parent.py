"""Dying with the process that started this one.

Owns: the kernel's word for it. Does not own: who starts whom.
Invariant: after `die_with_parent` has returned, this process does not outlive its parent, not even by a moment; with a
signal of its own choice it may, to clean up, but not without having been told.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from shared.errors import EX_SOFTWARE

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel kill this process when the parent's main thread ends; end at once if it has already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit(EX_SOFTWARE)
