"""`timelapse stop WORKER`: stop a worker until it is started again.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_operation

_DESCRIPTION = """\
Ends a worker in an orderly way and keeps it stopped, also when the supervisor
itself is started anew, until 'timelapse start'. Its slots count as missed, with
the cause 'stopped'."""
_EXAMPLE = "timelapse stop capture.garden"


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    add_operation(subparsers, "stop", "stop a worker until it is started again", _DESCRIPTION, _EXAMPLE, run)


def run(arguments: argparse.Namespace) -> int:
    """Ask for it, and with --wait see it done."""
    from timelapse.operation import carry_out

    return carry_out("stop", arguments)
