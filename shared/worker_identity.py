"""Who a worker is: the arguments that the supervisor starts it with.

Owns: the command line of `python -m capture_worker ...` and its like, both directions of it.
Does not own: what the worker does with them (`shared.worker`).
Invariant: `parse_identity(identity.arguments())` gives the same identity; no other option exists.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

_NEEDED = frozenset({"--worker", "--incarnation", "--parent-pid", "--runtime-dir"})
_USAGE = """\
A worker of timelapse. The supervisor starts it; nobody else should.
usage: --worker=NAME --incarnation=N --parent-pid=PID --runtime-dir=PATH [--evidence-fd=N]"""


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
    """The identity in a worker's arguments. Ends the process with status 2 and a usage line where they are off.

    Not by argparse: it would stay in every worker's memory for a line that the supervisor alone writes.
    """
    given = dict(_named(argument) for argument in arguments)
    if not _NEEDED <= given.keys() <= _NEEDED | {"--evidence-fd"}:
        _end_with_usage()
    try:
        return Identity(
            worker=given["--worker"],
            incarnation=int(given["--incarnation"]),
            parent_pid=int(given["--parent-pid"]),
            runtime_dir=Path(given["--runtime-dir"]),
            evidence_fd=int(given.get("--evidence-fd", "-1")),
        )
    except ValueError:
        _end_with_usage()


def _named(argument: str) -> tuple[str, str]:
    name, _, value = argument.partition("=")
    return name, value


def _end_with_usage() -> NoReturn:
    sys.stderr.write(f"{_USAGE}\n")
    sys.exit(2)
