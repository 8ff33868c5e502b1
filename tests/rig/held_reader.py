"""A configuration whose disk does not answer: the process that reads it is held up in opening the file.

Owns: that hold. Does not own: the process. Invariant: the process is itself in all else: it dies with its parent.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

_PATIENCE_S = 20.0

_HOOK = """
import os, sys, time

def hold(event, arguments):
    while event == "open" and str(arguments[0]) == {path!r} and os.path.exists({flag!r}):
        os.makedirs({flag!r} + ".reached", exist_ok=True)
        time.sleep(0.01)

if "shared.config" in sys.orig_argv:
    sys.addaudithook(hold)
"""


class HeldReader:
    """For a recorder in `directory`, with `ahead` as its `directory`. Held from `hold` to `let_go`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "ahead"
        self.directory.mkdir()
        self._flag = directory / "held"
        hook = _HOOK.format(path=str(directory / "timelapse.yml"), flag=str(self._flag))
        (self.directory / "sitecustomize.py").write_text(hook)

    def hold(self) -> None:
        """Whoever opens the file from now on waits."""
        self._flag.touch()

    def wait_until_held(self) -> None:
        """Block until one does."""
        deadline_s = time.monotonic() + _PATIENCE_S
        while not self._flag.with_name("held.reached").exists():
            assert time.monotonic() < deadline_s, "nobody reads the file"
            threading.Event().wait(0.01)

    def let_go(self) -> None:
        """And goes on."""
        self._flag.unlink()
