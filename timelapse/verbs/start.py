"""`timelapse start WORKER`: start a worker that is stopped, failed or in back-off.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_operation

_DESCRIPTION = """\
Starts a worker that was stopped, or that waits in back-off, now."""
_EXAMPLE = "timelapse start capture.garden --wait"


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    add_operation(
        subparsers, "start", "start a worker that is stopped, failed or in back-off", _DESCRIPTION, _EXAMPLE, run
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask for it, and with --wait see it done."""
    from timelapse.operation import carry_out

    return carry_out("start", arguments)
