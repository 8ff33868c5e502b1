"""`timelapse restart WORKER`: start a worker anew.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_operation

_DESCRIPTION = """\
Ends a worker in an orderly way and starts a new one: a camera's new source or
resolution takes effect, and a back-off ends. A frame in flight is finished. The
restart counts as no failure."""
_EXAMPLE = "timelapse restart capture.main --wait"


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    add_operation(subparsers, "restart", "start a worker anew", _DESCRIPTION, _EXAMPLE, run)


def run(arguments: argparse.Namespace) -> int:
    """Ask for it, and with --wait see it done."""
    from timelapse.operation import carry_out

    return carry_out("restart", arguments)
