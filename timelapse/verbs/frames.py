"""`timelapse frames`: which frames there are.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Lists the frames of the archive, each by its path, oldest first; camera after
camera where there are several. Whether a supervisor runs does not matter.

RANGE is one of
  2026  2026-06  2026-06-01  '2026-06-01 12:00'  today  yesterday
  'last 2h'  'last 7 days'  2026-06-01..2026-06-03  06:00..08:00  2026-06..
in local time; without it, all of them."""
_EPILOG = """\
examples:
  timelapse frames today
  timelapse frames last 2h --camera gate -0 | xargs -0 cp -t /tmp/gate
  timelapse frames 2026-06-01..2026-06-03 --count
  timelapse frames --nearest '2026-06-01 12:00'
  timelapse frames 2026-06 --verify
  timelapse frames yesterday --json | jq -r 'select(.bytes < 10000) | .path'

exit status:
  0   there is at least one; with --verify: all of them are whole
  1   with --verify: at least one is damaged
  69  there is none"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(subparsers, "frames", "which frames there are", _DESCRIPTION, _EPILOG, run, reads_config=True)
    verb.add_argument("range", metavar="RANGE", nargs="*", help="only those of a span of time")
    verb.add_argument("-c", "--camera", metavar="NAME", action="append", help="only this camera (may be repeated)")
    how = verb.add_mutually_exclusive_group()
    how.add_argument("--nearest", metavar="TIME", help="the one frame of each camera that is nearest to a time")
    how.add_argument("--count", action="store_true", help="how many there are, and no paths")
    how.add_argument(
        "--verify", action="store_true", help="look at each: which are damaged? Deletes nothing, disturbs no recording"
    )
    how.add_argument("--rebuild", action="store_true", help="compare the whole ledger with the files again")
    verb.add_argument("--json", action="store_true", help="one object a line, with the events' field names")
    verb.add_argument("-0", "--null", action="store_true", help="end each path with a zero byte, for xargs -0")


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    from timelapse.frames import frames

    return frames(arguments)
