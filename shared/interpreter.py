"""How a program of ours is started: with this interpreter, and from where this one was loaded.

Owns: the words of the command. Does not own: starting it.
Invariant: a file in the directory that `timelapse run` is called in is never loaded as a part of us or of a library,
unless we are called in the project's own directory, without having been installed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

_HOME = Path(__file__).parents[1]


def command(module: str, arguments: Sequence[str]) -> list[str]:
    """`python -m module`, with these arguments."""
    # Without -P the current directory comes first on the path, and a `numpy.py` there would be loaded for the library.
    safe = [] if _called_at_home() else ["-P"]
    return [sys.executable, *safe, "-m", module, *arguments]


def _called_at_home() -> bool:
    try:
        return _HOME.samefile(".")
    except OSError:  # a current directory that was removed
        return False
