"""Who a worker is: the arguments that the supervisor starts it with.

Owns: the command line of `python -m capture_worker ...` and its like, both directions of it.
Does not own: what the worker does with them (`shared.worker`).
Invariant: `parse_identity(identity.arguments())` gives the same identity; no other option exists.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from msgspec import Struct


class Identity(Struct, frozen=True):
    """One incarnation of one worker. `evidence_fd` is a memory file for what `faulthandler` writes at the end."""

    worker: str
    incarnation: int
    parent_pid: int
    runtime_dir: Path
    evidence_fd: int = -1

    @property
    def pid(self) -> int:
        """This process; meaningful in the worker itself only."""
        return os.getpid()

    def arguments(self) -> list[str]:
        """What follows `python -m PACKAGE`."""
        return [
            f"--worker={self.worker}",
            f"--incarnation={self.incarnation}",
            f"--parent-pid={self.parent_pid}",
            f"--runtime-dir={self.runtime_dir}",
            f"--evidence-fd={self.evidence_fd}",
        ]


def parse_identity(arguments: list[str]) -> Identity:
    """The identity in a worker's arguments. Ends the process with status 2 and a usage line where they are off."""
    parser = argparse.ArgumentParser(description="A worker of timelapse. The supervisor starts it; nobody else should.")
    parser.add_argument("--worker", required=True)
    parser.add_argument("--incarnation", required=True, type=int)
    parser.add_argument("--parent-pid", required=True, type=int)
    parser.add_argument("--runtime-dir", required=True, type=Path)
    parser.add_argument("--evidence-fd", default=-1, type=int)
    given = parser.parse_args(arguments)
    return Identity(given.worker, given.incarnation, given.parent_pid, given.runtime_dir, given.evidence_fd)
