"""`timelapse gaps`: what is missing, why, and for how long.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb, duration_argument

_DESCRIPTION = """\
Tells which slots have no frame, why, and how long each gap is; and draws each day
hour by hour. A slot that was recorded and whose frame was deleted since is no gap;
nor is a time in which the camera's window is closed. Whether a supervisor runs
does not matter.

RANGE is as for 'timelapse frames'; without it, the last 7 days."""
_EPILOG = """\
examples:
  timelapse gaps                         the last 7 days
  timelapse gaps 2026-06 --camera gate
  timelapse gaps yesterday --longer-than 1m
  timelapse gaps yesterday --json | jq -r 'select(.cause == "hang")'
  timelapse gaps 2026 --png 2026.png
  timelapse gaps yesterday >/dev/null || echo "something is missing"

exit status:
  0   nothing is missing
  1   there are gaps
  69  there is no camera to tell of"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(subparsers, "gaps", "what is missing, and why", _DESCRIPTION, _EPILOG, run, reads_config=True)
    verb.add_argument("range", metavar="RANGE", nargs="*", help="the span of time to look at")
    verb.add_argument("-c", "--camera", metavar="NAME", action="append", help="only this camera (may be repeated)")
    verb.add_argument(
        "--longer-than", metavar="DURATION", type=duration_argument, default=0.0, help="only gaps that last longer"
    )
    verb.add_argument("--all", action="store_true", help="list every gap, however many")
    verb.add_argument(
        "--png", metavar="FILE", help="draw it too, a column a day and a row an hour (- is standard output)"
    )
    verb.add_argument("--json", action="store_true", help="one gap a line, with the events' field names")


def run(arguments: argparse.Namespace) -> int:
    """Tell them."""
    from timelapse.gaps import gaps

    return gaps(arguments)
