"""`timelapse status`: is it recording?

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse
import sys

from shared.errors import EX_OK, EX_TEMPFAIL, NotRunningError
from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Tells at a glance whether every camera records, and if not, why. The first line
is the verdict; below it each camera, the workers, the disk, the configuration.
--config says where to look when no supervisor runs: when one was last seen."""
_EPILOG = """\
examples:
  timelapse status                       the page
  timelapse status --watch               kept live; Ctrl-C ends it
  timelapse status --json | jq .cameras.main.last_frame_path
  timelapse status >/dev/null || echo "something is wrong"

exit status:
  0   every camera records (or waits for its window), and every worker runs
  69  no supervisor is running, or it does not answer
  75  it runs, but a camera does not record, or a worker is not running
With --watch it is 0 at Ctrl-C."""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    summary = "is it recording? a page that tells at a glance"
    verb = add_verb(subparsers, "status", summary, _DESCRIPTION, _EPILOG, run, reads_config=True)
    verb.add_argument("--watch", action="store_true", help="keep the page live until Ctrl-C")
    verb.add_argument("--json", action="store_true", help="the status as it goes over the bus; with --watch one a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the status; the exit status tells the verdict."""
    from timelapse.client import find

    try:
        client = find(arguments.runtime_dir)
    except NotRunningError as error:
        return _not_running(error, arguments.config)
    try:
        if arguments.watch:
            from timelapse.watch import watch

            return watch(client, as_json=arguments.json)
        from timelapse.reporting import report

        return EX_OK if report(client, as_json=arguments.json) else EX_TEMPFAIL
    finally:
        client.close()


def _not_running(error: NotRunningError, config_path: str | None) -> int:
    # Said first: what comes after it looks at the output disk, which may hang.
    print(f"timelapse: {error}", file=sys.stderr, flush=True)
    from datetime import UTC, datetime

    from timelapse.last_seen import last_seen

    if seen := last_seen(config_path, datetime.now(UTC)):
        print(seen, file=sys.stderr)
    return error.status
