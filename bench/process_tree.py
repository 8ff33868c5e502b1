"""What a process and its descendants cost: processor time, memory and wake-ups, from /proc and the processes' clocks.

Owns: reading it. Does not own: when to read.
Invariant: what a process used is counted once: by itself while it lives, by whoever waited for it afterwards. Those
that end while they are read are left out.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_CPUCLOCK_SCHED = 2


class Memory(NamedTuple):
    """Resident and proportional set size in megabytes (10^6 bytes)."""

    rss_mb: float
    pss_mb: float


def tree(pid: int) -> list[int]:
    """The process and all its descendants, itself first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def name_of(pid: int) -> str:
    """The worker's name, or `supervisor`; the program's name for anything that is not ours."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return "?"
    for argument in arguments:
        if argument.startswith("--worker="):
            return argument.removeprefix("--worker=")
    if "--standby" in arguments:
        # Until it takes over; from then on the worker's name.
        return Path(f"/proc/{pid}/comm").read_text().strip()
    module = " ".join(arguments[1:4]).removeprefix("-P ")
    ours = module.startswith(("-m timelapse", "-m supervisor"))
    return "supervisor" if ours else Path(arguments[0]).name


def own_cpu_s(pid: int) -> float:
    """Processor time of one process so far, all its threads, without its children: its own clock, exact."""
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
    return 0.0


def cpu_s(pids: list[int]) -> float:
    """Processor time of these processes and of all children that they have waited for, user and system, in seconds."""
    total_s = 0.0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            waited_for = _stat(pid)[13:15]
            total_s += own_cpu_s(pid) + sum(int(ticks) for ticks in waited_for) / _TICKS_A_SECOND
    return total_s


def memory_mb(pid: int) -> Memory:
    """Of one process."""
    sizes = {"Rss:": 0, "Pss:": 0}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(" ")
            if name in sizes:
                sizes[name] = int(rest.split()[0])
    return Memory(sizes["Rss:"] * 1024 / 1e6, sizes["Pss:"] * 1024 / 1e6)


def most_memory_mb(pid: int, seconds: float) -> Memory:
    """The most that a process and its descendants held together at one moment of so long. Blocks; takes time itself."""
    until_s = time.monotonic() + seconds
    most = Memory(0.0, 0.0)
    while time.monotonic() < until_s:
        held = [memory_mb(each) for each in tree(pid)]
        now = Memory(sum(each.rss_mb for each in held), sum(each.pss_mb for each in held))
        most = Memory(max(most.rss_mb, now.rss_mb), max(most.pss_mb, now.pss_mb))
        time.sleep(0.001)
    return most


def wake_ups(pid: int) -> int:
    """How often the threads that it has now have waited for something and were woken, since they began."""
    total = 0
    with contextlib.suppress(OSError):
        for status in Path(f"/proc/{pid}/task").glob("*/status"):
            with contextlib.suppress(OSError):
                for line in status.read_text().splitlines():
                    if line.startswith("voluntary_ctxt_switches:"):
                        total += int(line.split()[1])
    return total


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the program's name: 0 the state, 1 the parent, 13 and 14 waited-for time."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
