"""`timelapse run`: the supervisor in the foreground; what `timelapse` alone does, too.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Records in the foreground until Ctrl-C or SIGTERM: starts a worker for each
camera and one for the disk, and keeps them running. 'timelapse' without a verb
does the same."""
_EPILOG = """\
example:
  timelapse run --config config/timelapse.yml --runtime-dir /tmp/timelapse

SIGHUP (or 'timelapse reload') reads the configuration again."""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    add_verb(
        subparsers, "run", "record in the foreground (as without a verb)", _DESCRIPTION, _EPILOG, run, reads_config=True
    )


def run(arguments: argparse.Namespace) -> int:
    """Supervise until told to stop. Blocks."""
    from supervisor.main import run as supervise

    return supervise(arguments.config, arguments.runtime_dir)
