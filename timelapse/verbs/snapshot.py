"""`timelapse snapshot [CAMERA]`: one picture now.

Invariant: what the verb needs is loaded when it runs, not when its options are declared.
"""

from __future__ import annotations

import argparse

from timelapse.usage import Subparsers, add_verb, duration_argument

_DESCRIPTION = """\
Takes one picture now and writes it into a file: to aim and focus a camera, or to
see what it sees. The worker that has the camera takes it, beside its slots; where
no supervisor is running, the camera is opened just for this picture."""
_EPILOG = """\
examples:
  timelapse snapshot                            the only camera, into a file here
  timelapse snapshot gate -o gate.jpg
  timelapse snapshot gate -o - | display        on standard output
  timelapse snapshot --source /dev/video0       a camera that is not configured yet

exit status:
  0   the picture is there
  64  there is no such camera
  68  the camera is not there
  69  the camera gave no picture
  75  its worker is not running, or somebody else has the camera
  78  the configuration has mistakes"""


def add(subparsers: Subparsers) -> None:
    """Declare the verb."""
    verb = add_verb(subparsers, "snapshot", "take one picture now", _DESCRIPTION, _EPILOG, run, reads_config=True)
    verb.add_argument("camera", nargs="?", metavar="CAMERA", help="its name; may be left out where there is only one")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="where to (otherwise CAMERA-TIME.jpg here; - is standard output)"
    )
    verb.add_argument("--source", metavar="SOURCE", help="open this instead of a configured camera")
    verb.add_argument(
        "--timeout", type=duration_argument, default=60.0, metavar="TIME", help="how long to wait (otherwise 60s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Take it. Blocks."""
    from timelapse.snapshot import snapshot

    return snapshot(arguments)
