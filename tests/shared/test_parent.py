"""Dying with the parent."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CHILD = """
import os, signal
from shared.parent import die_with_parent
die_with_parent(os.getppid())
print(os.getpid(), flush=True)
signal.pause()
"""
_PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_CHILD!r}]); sys.stdin.read()"
PATIENCE_S = 20.0


def test_process_ends_with_its_parent_however_that_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child_fd = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    assert select.select([child_fd], [], [], PATIENCE_S)[0]
    os.close(child_fd)


def test_parent_that_has_ended_already_ends_it_at_once() -> None:
    program = "import sys; from shared.parent import die_with_parent; die_with_parent(1 << 22); print('goes on')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (70, "")
