"""A program that records a camera, as one command: the type, and our own.

Owns: what a bench knows of each. Does not own: the others (`contenders`, `snapshot_contenders`), measuring them.
Invariant: each writes JPEG files of its own into one directory, and nothing but what stands in its command is asked
of it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_TIMELAPSE = """
output_dir: {directory}/frames
cameras:
  main: {{source: "{url}", interval: 1s}}
"""


class Contender(NamedTuple):
    """`command(url, directory)` makes what it needs in the directory and gives the command line.

    `needs` is the program that must be installed. `keeps_bytes` says that the camera's own JPEG is stored.
    """

    name: str
    needs: str
    command: Callable[[str, Path], list[str]]
    keeps_bytes: bool

    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return shutil.which(self.needs) is not None


def _timelapse(url: str, directory: Path) -> list[str]:
    (directory / "timelapse.yml").write_text(_TIMELAPSE.format(url=url, directory=directory))
    config, runtime = directory / "timelapse.yml", directory / "run"
    return [sys.executable, "-m", "timelapse", "--config", str(config), "--runtime-dir", str(runtime)]


OURS = Contender("timelapse", "python3", _timelapse, keeps_bytes=True)
