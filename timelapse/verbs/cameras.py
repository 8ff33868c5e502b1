"""`timelapse cameras`: which cameras this machine has, and what to write for them.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from shared.errors import EX_OK, EX_UNAVAILABLE, UsageError
from timelapse.usage import Subparsers, add_verb

_DESCRIPTION = """\
Looks for the cameras of this machine: the Pi's own, and those on USB. Tells what
each is called, whether somebody has it, and what to write in the configuration.
Nothing is recorded, and nobody who records is disturbed. A network camera can't
be found in this way: its address has to be known."""
_EPILOG = """\
examples:
  timelapse cameras            what is there, and lines for the configuration
  timelapse cameras --all      every size, and every control with its range
  timelapse cameras --json | jq -r '.cameras[].source'

exit status:
  0   there is at least one camera
  69  none was found, or looking for them did not end"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    summary = "which cameras this machine has, and what to write for them"
    verb = add_verb(subparsers, "cameras", summary, _DESCRIPTION, _EPILOG, run)
    verb.set_defaults(refuses_config="")
    verb.add_argument("--all", action="store_true", help="every format, size and control too")
    verb.add_argument("--json", action="store_true", help="all of it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Look, and print what was found."""
    if arguments.config is not None:
        raise UsageError("--config is not for cameras, which looks at the machine and reads no configuration")
    from timelapse.looking import look

    found = look()
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        from timelapse import terminal
        from timelapse.show.cameras import cameras_page

        print("\n".join(cameras_page(found, width=terminal.columns(), ink=terminal.ink(), whole=arguments.all)))
    return EX_OK if found.cameras else EX_UNAVAILABLE
