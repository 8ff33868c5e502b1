"""`timelapse kill WORKER`: kill a worker at once; the supervisor starts it anew.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_operation

_DESCRIPTION = """\
Ends a worker by SIGKILL, whatever it is doing: for one that hangs and that you
will not wait for. A frame in flight is lost. The supervisor starts a new one,
unless the worker was to be stopped."""
_EXAMPLE = "timelapse kill capture.main"


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    add_operation(
        subparsers, "kill", "kill a worker at once; the supervisor starts it anew", _DESCRIPTION, _EXAMPLE, run
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask for it, and with --wait see it done."""
    from timelapse.operation import carry_out

    return carry_out("kill", arguments)
