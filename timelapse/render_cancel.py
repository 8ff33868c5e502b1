"""`timelapse render --cancel`: have the supervisor's render worker give up what it is making.

Owns: asking, and the words. Does not own: giving up, which is the render worker's.
Invariant: a render that was started by hand is not meant: Ctrl-C ends that.
"""

from __future__ import annotations

import argparse

import msgspec
from msgspec import Struct

from shared.errors import EX_OK, EX_TEMPFAIL, TimelapseError, UsageError
from timelapse.client import find
from timelapse.operation import asked_and_finished
from timelapse.show.words import plain

_WORKER = "render"
_WITHIN_S = 30.0


class NothingCancelledError(TimelapseError):
    """There was nothing to cancel, or it did not end."""

    status = EX_TEMPFAIL


class Cancelled(Struct, frozen=True, tag="cancelled", tag_field="kind"):
    """For `--json`: it was; `detail` says what became of it."""

    detail: str


def cancel(arguments: argparse.Namespace) -> int:
    """Ask, and wait until it has; the exit status. Blocks. Raises `NothingCancelledError`, `UsageError`."""
    if arguments.range:
        raise UsageError("--cancel takes no RANGE: it ends what the render worker is making, whatever that is")
    client = find(arguments.runtime_dir)
    try:
        finished = asked_and_finished(client, "cancel", _WORKER, _WITHIN_S)
    finally:
        client.close()
    if not finished.ok:
        raise NothingCancelledError(f"nothing was cancelled: {plain(finished.detail)}")
    detail = plain(finished.detail) or "the render was cancelled"
    print(msgspec.json.encode(Cancelled(detail)).decode() if arguments.json else detail)
    return EX_OK
