"""Being woken when somebody sets the wall clock.

Owns: a descriptor that becomes readable then. Does not own: what follows; `shared.clock.StepWatch` tells by how much.
Invariant: a loop that waits on it, and never longer than `longest_wait_ns`, sees each step within that time at most.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import weakref

from shared.clock import NS_PER_S

log = logging.getLogger(__name__)

_CLOCK_REALTIME = 0
_TFD_TIMER_ABSTIME = 1
_TFD_TIMER_CANCEL_ON_SET = 2
_FAR_AWAY_S = min(9_000_000_000, (1 << (8 * ctypes.sizeof(ctypes.c_long) - 1)) - 1)
"""The year 2255, or 2038 where that is the end of time: the timer never runs out, it is only cancelled."""
_LONGEST_NS = 60 * NS_PER_S
_WITHOUT_NS = NS_PER_S


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


class ClockAlarm:
    """`fd` is for a poller, or None where the kernel refuses; then the loop has to look once a second."""

    def __init__(self) -> None:
        self.fd = _timer()
        self.longest_wait_ns = _WITHOUT_NS if self.fd is None else _LONGEST_NS
        if self.fd is not None:
            weakref.finalize(self, os.close, self.fd).atexit = False

    def clear(self) -> None:
        """Make it ready for the next time. Never blocks; call it before looking at the clock."""
        if self.fd is not None:
            # ECANCELED: the clock was set. EAGAIN: it was not.
            with contextlib.suppress(OSError):
                os.read(self.fd, 8)


def _timer() -> int | None:
    libc = ctypes.CDLL(None, use_errno=True)
    fd: int = libc.timerfd_create(_CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
    never = _Itimerspec(it_value=_Timespec(tv_sec=_FAR_AWAY_S))
    # A descriptor of -1 is refused by the second call alike.
    if libc.timerfd_settime(fd, _TFD_TIMER_ABSTIME | _TFD_TIMER_CANCEL_ON_SET, ctypes.byref(never), None) == 0:
        return fd
    log.info("timerfd: %s: looking at the clock once a second instead", os.strerror(ctypes.get_errno()))
    if fd >= 0:
        os.close(fd)
    return None
