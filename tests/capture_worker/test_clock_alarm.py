"""The alarm: a timer of the kernel's that is cancelled by setting the clock, and what is done without one."""

from __future__ import annotations

import ctypes
import os
import select
from pathlib import Path

import pytest

from capture_worker.clock_alarm import ClockAlarm
from shared.clock import NS_PER_S


def test_alarm_is_a_timer_that_ends_when_the_wall_clock_is_set() -> None:
    """The kernel itself says so: setting the clock of the machine that runs the tests is out of the question."""
    alarm = ClockAlarm()
    if alarm.fd is None:
        pytest.skip("this kernel has no such timer")
    told = dict(
        line.split(":", 1) for line in Path(f"/proc/self/fdinfo/{alarm.fd}").read_text().splitlines() if ":" in line
    )
    assert (int(told["clockid"]), int(told["settime flags"], 8)) == (0, 3), "CLOCK_REALTIME; ABSTIME, CANCEL_ON_SET"
    left_s = int(told["it_value"].strip(" ()").split(",")[0])
    assert left_s > 365 * 86_400, "it does not run out by itself"
    assert alarm.longest_wait_ns == 60 * NS_PER_S
    assert select.select([alarm.fd], [], [], 0)[0] == []
    alarm.clear()


def test_timer_lasts_as_long_as_the_alarm() -> None:
    alarm = ClockAlarm()
    if alarm.fd is None:
        pytest.skip("this kernel has no such timer")
    fd = alarm.fd
    os.fstat(fd)
    del alarm
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


class _Refusing:
    """A C library on a kernel that refuses the one or the other call."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def timerfd_create(self, *_: object) -> int:
        """Gives what the test has said."""
        return self._fd

    def timerfd_settime(self, *_: object) -> int:
        """Refuses."""
        return -1


@pytest.mark.parametrize("comes_so_far", [False, True])
def test_kernel_that_refuses_leaves_a_look_each_second(monkeypatch: pytest.MonkeyPatch, comes_so_far: bool) -> None:
    fd = os.eventfd(0) if comes_so_far else -1
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Refusing(fd))
    alarm = ClockAlarm()
    assert (alarm.fd, alarm.longest_wait_ns) == (None, NS_PER_S)
    alarm.clear()
    if comes_so_far:
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(fd)
