"""`timelapse doctor`: what is wrong with this machine, and what to do about it.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from shared.errors import EX_OK, EX_UNAVAILABLE
from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Looks at everything that has bitten people: cameras, disk, clock, power, memory,
software, configuration, service. Tells what it saw, and what to do. Changes
nothing, takes no camera, writes no file. With or without a supervisor; as root
it sees more."""
_EPILOG = """\
examples:
  timelapse doctor                  everything, each check a line
  timelapse doctor --problems       warnings and faults alone
  timelapse doctor --json | jq -r '.checks[] | select(.level == "fault") | .do'

exit status:
  0   no fault; there may be warnings
  69  at least one fault: it does not record, or is about to stop
docs/doctor.md lists every check."""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    summary = "what is wrong with this machine, and what to do"
    verb = add_verb(subparsers, "doctor", summary, _DESCRIPTION, _EPILOG, run, reads_config=True)
    verb.add_argument("--problems", action="store_true", help="leave out what is well")
    verb.add_argument("--json", action="store_true", help="the report as JSON: docs/doctor.md")


def run(arguments: argparse.Namespace) -> int:
    """Look, and print what was found. Blocks: for some seconds, where something hangs for up to 40."""
    import time

    from shared import runtime_dir
    from timelapse.doctor.examination import examine
    from timelapse.doctor.places import Places

    runtime_dir.candidates(arguments.runtime_dir)  # a path that is too long is a mistake of the command line
    report = examine(arguments.config, arguments.runtime_dir, time.time_ns(), Places())
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        from timelapse import terminal
        from timelapse.show.doctor import doctor_page

        width, ink = terminal.columns(), terminal.ink()
        print("\n".join(doctor_page(report, width=width, ink=ink, whole=not arguments.problems)))
    return EX_UNAVAILABLE if report.level == "fault" else EX_OK
