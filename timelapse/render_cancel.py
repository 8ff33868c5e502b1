"""`timelapse render --cancel`: have the supervisor's render worker give up what it is making.

Owns: asking, and the words. Does not own: giving up, which is the render worker's.
Invariant: a render that was started by hand is not meant: Ctrl-C ends that.
"""

from __future__ import annotations

import argparse
import sys

from shared.errors import EX_OK, EX_TEMPFAIL, UsageError
from timelapse.client import find
from timelapse.operation import asked_and_finished
from timelapse.show.words import plain

_WORKER = "render"
_WITHIN_S = 30.0


def cancel(arguments: argparse.Namespace) -> int:
    """Ask, and wait until it has; the exit status. Blocks."""
    if arguments.range:
        raise UsageError("--cancel takes no RANGE: it ends what the render worker is making, whatever that is")
    client = find(arguments.runtime_dir)
    try:
        finished = asked_and_finished(client, "cancel", _WORKER, _WITHIN_S)
    finally:
        client.close()
    if finished.ok:
        print(plain(finished.detail) or "the render was cancelled")
        return EX_OK
    print(f"timelapse: nothing was cancelled: {plain(finished.detail)}", file=sys.stderr)
    return EX_TEMPFAIL
