"""Coming last: this process works only when nobody else on the machine wants to.

Owns: asking the kernel for the lowest standing for the processor, the disk and, where memory runs out, for life.
Does not own: pausing (`render_worker.pausing`). Children inherit all three.
Invariant: what is refused is said at debug, and never is an error: a render is right at any priority.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import platform
from pathlib import Path

log = logging.getLogger(__name__)

_IOPRIO_SET = {"x86_64": 251, "i686": 289, "aarch64": 30, "armv7l": 314, "armv6l": 314, "riscv64": 30}
"""The system call's number by machine; the C library has no function for it."""
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_CLASS_IDLE = 3 << 13
_FIRST_TO_DIE = "1000"
_LEAST = "19"


def come_last() -> None:
    """For this thread and all that it starts from now on: call it before there are others. May be called again."""
    for ask in (_processor, _session, _disk, _memory):
        try:
            ask()
        except OSError as error:
            log.debug("the lowest priority was refused (%s): %s", ask.__name__.strip("_"), error.strerror)


def _processor() -> None:
    # Below nice 19: it gets what is left over, and yields at once.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _session() -> None:
    # Where the kernel shares the processor among sessions first (sched_autogroup), what stands above counts only within
    # ours. Who is no leader of one shares it with others, such as a shell.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(FileNotFoundError):
            Path("/proc/self/autogroup").write_text(_LEAST)


def _disk() -> None:
    words = 8 * ctypes.sizeof(ctypes.c_void_p)
    machine = platform.machine() if words == 64 else "armv7l" if platform.machine() == "aarch64" else platform.machine()
    number = _IOPRIO_SET.get("i686" if words == 32 and machine == "x86_64" else machine)
    if number is None:
        raise OSError(0, f"the call's number on {machine} is not known")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(number), _IOPRIO_WHO_PROCESS, 0, _IOPRIO_CLASS_IDLE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _memory() -> None:
    Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE)
