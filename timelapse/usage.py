"""The command line's grammar: options that verbs share, and what happens to a mistyped one.

Owns: the parser's class, the common options, durations as arguments. Does not own: the verbs.
Invariant: a wrong command line raises `UsageError` (exit 64), with what was probably meant; no option goes unheeded.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from shared.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_CHOICE = re.compile(r"invalid choice: '([^']*)'.*\(choose from (.*)\)", re.DOTALL)

EXIT_STATUSES = """\
exit status:
  0   all is well
  64  the command line does not make sense
  69  no supervisor is running, or it does not answer
  70  a bug
  74  the disk, or the standard output, answered with an error
  75  temporary: not recording at the moment, not done in time, or already taken
  78  the configuration has mistakes"""

_OPERATION_EPILOG = """\
example:
  {example}

exit status:
  0   accepted; with --wait: done
  64  there is no such worker
  69  no supervisor is running
  75  with --wait: it failed, or was not done in time"""

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse has no public name for it


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises, suggests, and takes no abbreviations, which a later option would break."""

    def __init__(self, **given: object) -> None:
        super().__init__(
            **{  # type: ignore[arg-type]  # argparse's own arguments, passed on
                "allow_abbrev": False,
                "formatter_class": argparse.RawDescriptionHelpFormatter,
                **given,
            }
        )

    def parse_known_args(  # type: ignore[override]  # no overloads: nobody here has a namespace of his own
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse does, but what is left over is a mistake here, where it is known whose options were meant."""
        parsed, left_over = super().parse_known_args(args, namespace)
        if left_over:
            self.error(f"unrecognized arguments: {' '.join(left_over)}{self._nearest_option(left_over[0])}")
        return parsed, []

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """As argparse does, but a full disk under `--help` is no secret."""
        if message:
            (file or sys.stderr).write(message)

    def _nearest_option(self, mistyped: str) -> str:
        from shared.config.suggest import VERY_NEAR, closest

        offered = [action for action in self._actions if action.help != argparse.SUPPRESS]
        known = [option for action in offered for option in action.option_strings if option.startswith("--")]
        # The two dashes alone make any two options look alike.
        near = closest(mistyped.partition("=")[0], known, VERY_NEAR) if mistyped.startswith("--") else None
        return f" (did you mean {near}?)" if near else ""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` in our own words."""
        mistyped = _CHOICE.search(message)
        if mistyped:
            message = _unknown(mistyped[1], re.findall(r"[\w-]+", mistyped[2]))
        raise UsageError(f"{message}. See '{self.prog} --help'")


def add_common(parser: argparse.ArgumentParser, *, top: bool = False, reads_config: bool = True) -> None:
    """The options that stand before the verb as well as after it: the one that was given last counts.

    A verb that reads no configuration knows `--config` too, so that it can be told what is wrong with it.
    """
    # Invariant: a verb's parser has no defaults here, or they would undo what stood before the verb.
    default = None if top else argparse.SUPPRESS
    group = parser if top else parser.add_argument_group("where things are")
    group.add_argument(
        "--config",
        metavar="PATH",
        default=default,
        help="the configuration file (otherwise /etc/timelapse/timelapse.yml, then ./config/timelapse.yml)"
        if reads_config
        else argparse.SUPPRESS,
    )
    group.add_argument(
        "--runtime-dir",
        metavar="DIR",
        default=default,
        help="where the sockets are (otherwise $RUNTIME_DIRECTORY, $XDG_RUNTIME_DIR/timelapse, /run/timelapse)",
    )


def refuse_config(chosen: argparse.Namespace) -> None:
    """Raise `UsageError` where `--config` was given to a verb that has no use for it."""
    if chosen.config is not None and chosen.refuses_config:
        raise UsageError(
            f"--config is for run, status, snapshot, doctor and config; '{chosen.refuses_config}' talks to the "
            "supervisor that runs, which has its file already ('timelapse status' names it). Another one is chosen by "
            "--runtime-dir"
        )


def duration_argument(text: str) -> float:
    """Seconds of a duration on the command line, in the notation of the configuration."""
    # Loaded late: most verbs have no duration.
    from shared.config.units import parse_duration_s

    try:
        return parse_duration_s(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def count_argument(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


Run = Callable[[argparse.Namespace], int]


def add_verb(
    subparsers: Subparsers,
    name: str,
    summary: str,
    description: str,
    epilog: str,
    run: Run | None,
    *,
    reads_config: bool = False,
) -> argparse.ArgumentParser:
    """A verb with its one line of help, its page, and the common options, `--config` where it reads that file."""
    verb = subparsers.add_parser(name, help=summary, description=description, epilog=epilog)
    add_common(verb, reads_config=reads_config)
    verb.set_defaults(refuses_config="" if reads_config else name)
    if run is not None:
        verb.set_defaults(run=run)
    return verb


def add_operation(
    subparsers: Subparsers, name: str, summary: str, description: str, example: str, run: Run
) -> argparse.ArgumentParser:
    """One of the verbs that have the supervisor do something to a worker."""
    verb = add_verb(subparsers, name, summary, description, _OPERATION_EPILOG.format(example=example), run)
    verb.add_argument("worker", metavar="WORKER", help="capture.NAME for the camera NAME, storage, or render")
    verb.add_argument("--wait", action="store_true", help="return when it is done, not when it is accepted")
    verb.add_argument(
        "--timeout",
        metavar="DURATION",
        type=duration_argument,
        default=60.0,
        help="with --wait: give up waiting after this long (60s unless given); the work itself goes on",
    )
    return verb


def _unknown(word: str, known: list[str]) -> str:
    from shared.config.suggest import did_you_mean

    return f"'{word}' is none of its verbs{did_you_mean(word, known)}; there are: {', '.join(known)}"
