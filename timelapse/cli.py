"""The entry point: from arguments to a verb, and from its errors to an exit status.

Owns: the list of verbs, and how an error ends the process. Does not own: what a verb does (`timelapse.verbs`).
Invariant: an error of ours is one line on standard error and its own status; only a bug shows a traceback.
"""

from __future__ import annotations

import sys
import traceback

from shared.errors import EX_CONFIG, EX_IOERR, EX_OK, EX_SOFTWARE, TimelapseError
from timelapse import __version__, streams
from timelapse.usage import EXIT_STATUSES, Parser, add_common, refuse_config
from timelapse.verbs import (
    cameras,
    config,
    doctor,
    events,
    frames,
    gaps,
    kill,
    prune,
    reload,
    render,
    restart,
    run,
    snapshot,
    start,
    status,
    stop,
)

VERBS = (
    run,
    status,
    restart,
    stop,
    start,
    kill,
    reload,
    snapshot,
    frames,
    gaps,
    prune,
    render,
    events,
    cameras,
    config,
    doctor,
)
_INTERRUPTED = 130

_DESCRIPTION = """\
Takes a picture at every slot of a fixed grid, for months, unattended.

Without a verb it records in the foreground, as a service does. The other verbs
talk to the supervisor that is running."""
_EPILOG = f"""\
examples:
  timelapse --config config/timelapse.yml     record in the foreground; Ctrl-C ends it
  timelapse status                            is it recording?
  timelapse events frame                      each frame, and each miss with its cause
  timelapse cameras                           which cameras there are
  timelapse doctor                            what is wrong here, and what to do
  timelapse snapshot -o now.jpg               one picture now, beside the slots
  timelapse render yesterday                  a video of it
  timelapse restart capture.main --wait       start one camera's worker anew

'timelapse VERB --help' tells more about each.

{EXIT_STATUSES}"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status. `arguments` are those of the process unless given."""
    streams.prepare()
    try:
        return _carried_out(arguments)
    except TimelapseError as error:
        return _told(error)
    except BrokenPipeError:
        # `timelapse events | head`: the reader has what it wanted, which is no error.
        streams.abandon_output()
        return EX_OK
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        return _output_failed(error) if streams.is_of_output(error) else _bug()
    except Exception:  # noqa: BLE001 - a bug: the trace is for whoever reports it, the status for scripts
        return _bug()


def parser() -> Parser:
    """The whole grammar. Cheap: verbs load what they need when they run."""
    top = Parser(prog="timelapse", description=_DESCRIPTION, epilog=_EPILOG)
    add_common(top, top=True)
    top.add_argument("--version", action="version", version=f"timelapse {__version__}")
    top.set_defaults(run=run.run, refuses_config="")
    subparsers = top.add_subparsers(title="verbs", metavar="VERB")
    for verb in VERBS:
        verb.add(subparsers)
    return top


def _carried_out(arguments: list[str] | None) -> int:
    try:
        chosen = parser().parse_args(arguments)
        refuse_config(chosen)
        status: int = chosen.run(chosen)
    except SystemExit:
        sys.stdout.flush()  # of --help and --version
        raise
    # Here rather than at the exit of the interpreter, where a reader that has gone would be told as a warning.
    sys.stdout.flush()
    return status


def _told(error: TimelapseError) -> int:
    # Mistakes in a configuration come as `file:line:column: ...`, which editors and people find their way by.
    text = str(error) if error.status == EX_CONFIG else f"timelapse: {error}"
    streams.say(text)
    return error.status


def _output_failed(error: OSError) -> int:
    streams.abandon_output()
    streams.say(f"timelapse: the standard output can't be written to: {error.strerror}")
    return EX_IOERR


def _bug() -> int:
    streams.say(traceback.format_exc().rstrip())
    return EX_SOFTWARE
