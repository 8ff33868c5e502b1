"""What a process looks like from outside: one that hangs, before it is killed, and one that waits.

Owns: reading /proc. Does not own: the stacks, which the process writes itself when it can.
Invariant: reads only files of /proc that never wait for the process (not `cmdline`, `maps` or `environ`, whose lock a
stuck process may hold).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STATES = {"R": "running", "S": "sleeping", "D": "uninterruptible sleep", "T": "stopped", "Z": "zombie", "t": "traced"}
_MOST_THREADS = 32


class Glance(NamedTuple):
    """A process at one moment: its state as the kernel's letter, and its resident memory. Empty where it is gone."""

    state: str
    rss_bytes: int


def glance_at(pid: int) -> Glance:
    """How a process is now. Some 20 us; never waits for it."""
    try:
        after = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return Glance("", 0)
    return Glance(after[0], int(after[21]) * _PAGE_BYTES)


def of_process(pid: int) -> str:
    """One line for each thread: its name, state, and where in the kernel it waits. Empty where it is gone."""
    tasks: list[Path] = []
    with contextlib.suppress(OSError):
        tasks = sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name))[:_MOST_THREADS]
    return "\n".join(line for task in tasks if (line := _of_thread(task)))


def _of_thread(task: Path) -> str:
    try:
        # The name stands in parentheses and may hold anything; the state is the first word after the last one.
        before, _, after = (task / "stat").read_text(errors="replace").rpartition(")")
    except OSError:
        return ""
    letter = after.split()[0]
    place = _read_word(task / "wchan")
    return f"thread {task.name} ({before.partition('(')[2]}): {_STATES.get(letter, letter)}, waits in {place}"


def _read_word(path: Path) -> str:
    try:
        word = path.read_text(errors="replace").strip()
    except OSError:
        return "?"
    return word if word not in {"", "0"} else "user space"
