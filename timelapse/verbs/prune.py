"""`timelapse prune`: delete now what the rules let go, or list it.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb, duration_argument

_DESCRIPTION = """\
Deletes now what the rules of the configuration let go: storage.keep, keep_days,
max_size, and what the disk has no room for. The storage worker does so by itself
each hour; where none runs, this command does it in its place, under its lock.
What is protected, younger than keep_min, or the newest of its camera stays."""
_EPILOG = """\
examples:
  timelapse prune --dry-run           what would go, why, and how much that frees
  timelapse prune --dry-run --json    the same for programs
  timelapse --config new.yml prune --dry-run     by rules that are not in force yet
  timelapse prune

exit status:
  0   done; with --dry-run: told
  69  the supervisor that --runtime-dir names does not run
  74  the disk answered with an error
  75  not done: the storage worker is not running, or not in time, or cleaning is off
  78  the configuration has mistakes"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(
        subparsers,
        "prune",
        "delete now what the rules let go, or list it",
        _DESCRIPTION,
        _EPILOG,
        run,
        reads_config=True,
    )
    verb.add_argument("--dry-run", action="store_true", help="list what would go, and delete nothing")
    verb.add_argument(
        "--trust-clock",
        action="store_true",
        help="delete by age though the clock is not synchronised: you have looked, and it is right",
    )
    verb.add_argument("--json", action="store_true", help="for programs")
    verb.add_argument(
        "--timeout",
        type=duration_argument,
        default=600.0,
        metavar="DURATION",
        help="give up waiting after this long (10m unless given); the work itself goes on",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it, or tell it. Blocks."""
    from timelapse.pruning import prune

    return prune(arguments)
