"""A machine that is kept busy: processes that want a core each, and one that wants the disk.

Owns: starting and ending them. Does not own: what is measured meanwhile.
Invariant: when the `with` block ends, none of them is alive.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CPU_HOG = "while True: pass"
DISK_HOG = """
import os, sys
path = os.path.join(sys.argv[1], "hog")
while True:
    with open(path, "wb") as file:
        for _ in range(64):
            file.write(os.urandom(1 << 20))
        os.fsync(file.fileno())
"""


@contextmanager
def load(directory: str, hogs_a_core: int = 1) -> Iterator[None]:
    """Keep every core busy, and the disk that `directory` is on."""
    commands = [[sys.executable, "-c", CPU_HOG] for _ in range(hogs_a_core * (os.cpu_count() or 1))]
    commands.append([sys.executable, "-c", DISK_HOG, directory])
    hogs = [subprocess.Popen(command) for command in commands]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
