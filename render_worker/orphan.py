"""The process of a render whose worker died: it ends by itself, and is ended before its result is begun anew.

Owns: telling it from any other process, and its end. Does not own: why the worker died.
Invariant: only what was started as a render by the very worker that is named is ever killed; a number that has become
somebody else's is left alone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path

from render_worker.notebook import Begun

_MODULE = b"render_worker.job"


def end_orphan(begun: Begun, patience_s: float, proc: Path = Path("/proc")) -> bool:
    """End it with its children; whether nothing of it is left. Blocks for at most `patience_s`."""
    try:
        pidfd = os.pidfd_open(begun.pid)
    except OSError:
        return True
    try:
        # Looked at through a descriptor that holds it: whose number this is can't change any more.
        if not _is_its(begun, proc):
            return True
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.killpg(begun.pid, signal.SIGKILL)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        return bool(poll.poll(round(patience_s * 1000)))
    finally:
        os.close(pidfd)


def _is_its(begun: Begun, proc: Path) -> bool:
    try:
        words = (proc / str(begun.pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return _MODULE in words and str(begun.worker_pid).encode() in words
