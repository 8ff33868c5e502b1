"""`timelapse reload`: have the supervisor read the configuration again.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Has the supervisor read its configuration again. Interval, quality, window,
thresholds and retention apply at once, cameras come and go; what needs a restart
is named. A file with mistakes changes nothing: each mistake is told, the last
good configuration stays in force, and the exit status is 78."""
_EPILOG = """\
example:
  timelapse config set cameras.main.interval 5s && timelapse reload"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(subparsers, "reload", "read the configuration again", _DESCRIPTION, _EPILOG, run)
    verb.add_argument("--json", action="store_true", help="what applied and what needs a restart, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Ask for it, and say what came of it."""
    from timelapse.reloading import reload

    return reload(arguments.runtime_dir, as_json=arguments.json)
