"""One recorder's run: started, left to settle, measured for a while, ended; and what it cost.

Owns: the process and its costs. Does not own: what its pictures show (`pictures`).
Invariant: opening, importing and the first pictures are left out of everything; nothing of it is alive afterwards.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.contender import Contender
from bench.machine import ROOT
from bench.process_tree import Memory, cpu_s, memory_mb, most_memory_mb, name_of, own_cpu_s, tree

SETTLE_S = 8.0
_MEMORY_S = 2.0


class Part(NamedTuple):
    """What one process of it cost."""

    name: str
    cpu_ms_a_second: float
    memory: Memory


class Trial(NamedTuple):
    """The time that was measured (UNIX time), the processor time used in it, the most memory, and the processes."""

    begun_s: float
    ended_s: float
    used_s: float
    memory: Memory
    parts: list[Part]


def run(contender: Contender, url: str, directory: Path, seconds: float) -> Trial:
    """Run it in its directory for `SETTLE_S`, then measure it for so long. Blocks."""
    with _started(contender.command(url, directory), directory) as pid:
        time.sleep(SETTLE_S)
        begun_s, before_s = time.time(), cpu_s(tree(pid))
        each_s = {each: own_cpu_s(each) for each in tree(pid)}
        time.sleep(seconds)
        ended_s, used_s = time.time(), cpu_s(tree(pid)) - before_s
        parts = [
            Part(name_of(each), (own_cpu_s(each) - each_s[each]) * 1000 / (ended_s - begun_s), memory_mb(each))
            for each in tree(pid)
            if each in each_s
        ]
        # Afterwards, since looking takes time that would show. A program that is started anew for each picture is
        # there for a moment only: one look would miss it.
        memory = most_memory_mb(pid, _MEMORY_S)
    return Trial(begun_s, ended_s, used_s, memory, parts)


@contextlib.contextmanager
def _started(command: list[str], directory: Path) -> Iterator[int]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process.pid
        finally:
            # To the group: a shell goes on after the program that it waits for has ended.
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
