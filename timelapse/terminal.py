"""The terminal: how wide it is, whether it takes colour, and whether anybody still reads.

Owns: asking about standard output, and drawing a page in place. Does not own: what is drawn.
Invariant: no mode of the terminal is ever changed, so that it is clean however this process ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import sys
from collections.abc import Iterator

from timelapse.show.ink import Ink

_PIPE_COLUMNS = 120
_HOME, _CLEAR, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[2J", "\x1b[K", "\x1b[J"


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def ink() -> Ink:
    """Colour on a terminal, unless NO_COLOR is set or the terminal is a dumb one."""
    return Ink(colour=is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def columns() -> int:
    """The width to write for: the terminal's, or $COLUMNS, or 120 into a pipe."""
    return shutil.get_terminal_size((_PIPE_COLUMNS, 24)).columns


def reader_has_gone() -> bool:
    """Whether standard output is a pipe that nobody reads any more: with nothing to write, one would never know."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(flags & select.POLLERR for _, flags in poll.poll(0))


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Ctrl-C ends the block and is no error. The shell's prompt goes below the `^C` that the terminal has echoed."""
    try:
        yield
    except KeyboardInterrupt:
        if is_terminal():
            print()


class Screen:
    """A page that is replaced in place, without flicker: each one goes out in a single write."""

    def __init__(self) -> None:
        self._begun = False

    def draw(self, lines: list[str]) -> None:
        """Show these lines from the top; what does not fit at the bottom is left out, and said to be."""
        rows = shutil.get_terminal_size().lines
        if len(lines) > rows - 1:
            hidden = len(lines) - (rows - 2)
            lines = [*lines[: max(0, rows - 2)], f"... {hidden} more lines: the terminal is too low"]
        body = "".join(f"{line}{_CLEAR_LINE}\n" for line in lines)
        sys.stdout.write(f"{_HOME}{'' if self._begun else _CLEAR}{body}{_CLEAR_BELOW}")
        sys.stdout.flush()
        self._begun = True
