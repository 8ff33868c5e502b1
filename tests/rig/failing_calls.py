"""A process whose disk answers with EIO, call by call: for what a failing card does, without a failing card.

Owns: compiling and arming `failing_calls.c`. Does not own: real bad disks (`dm-error`, `dm-flakey`): the kernels that
these tests run on mostly have no device mapper, so that this is the C library's word and not the kernel's.
Invariant: only the process that gets `env` is concerned, and only while a fault is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_suffix(".c")


class FailingCalls:
    """`directory` gets the library and the file that names what fails."""

    def __init__(self, directory: Path) -> None:
        compiler = shutil.which("cc") or pytest.skip("there is no C compiler")
        library = directory / "failing_calls.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"], check=True)
        self._control = directory / "failing_calls"
        self.env = {**os.environ, "LD_PRELOAD": str(library), "FAILING_CALLS": str(self._control)}

    def fail(self, *calls: str, on: str) -> None:
        """From now on these (`read write fsync unlink`) fail on files whose path holds `on`, which begins with `/`."""
        part = self._control.with_suffix(".part")
        part.write_text(" ".join([*calls, on]))
        part.replace(self._control)

    def heal(self) -> None:
        """All is well again."""
        self._control.unlink()
