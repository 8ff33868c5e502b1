"""Standard output and error, whatever the caller has made of them: closed, full, or of few characters.

Owns: having both, and what is done when one of them fails. Does not own: whether they are terminals.
Invariant: descriptors 0 to 2 are open, so that no socket is ever written to as if it were the standard output.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
import traceback
from typing import TextIO

from shared.journal_stream import for_stderr

_OF_OUTPUT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
_STANDARD = range(3)


def prepare() -> None:
    """Have a standard output and error that can be written to. Called first; a second time does nothing."""
    for fd in _STANDARD:
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no umlauts must not end a command that has to show one.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")


def is_of_output(error: OSError) -> bool:
    """Whether an error is that of writing to standard output: what concerns a file names it.

    Only `timelapse` itself writes there: what a supervisor's descriptors do wrong is a bug, with its trace.
    """
    *_, (innermost, _) = traceback.walk_tb(error.__traceback__)
    ours = innermost.f_globals.get("__name__", "").startswith("timelapse.")
    return ours and error.filename is None and error.errno in _OF_OUTPUT


def say(text: str) -> None:
    """An error on standard error, for the journal with its priority; where that is full too, nobody can be told."""
    try:
        print(for_stderr(text), file=sys.stderr, flush=True)
    except OSError:
        _abandon(sys.stderr)


def show(text: str) -> None:
    """How far something is, on standard error, where there is room for it: never blocks.

    A reader that is behind misses some of it; one that has gone is no error, and nothing more is written for it.
    """
    try:
        if _has_room(sys.stderr):
            sys.stderr.write(text)
            sys.stderr.flush()
    except OSError:
        _abandon(sys.stderr)


def abandon_output() -> None:
    """Nothing more is written: what is still buffered would fail again at the interpreter's end."""
    _abandon(sys.stdout)


def _has_room(stream: TextIO) -> bool:
    poll = select.poll()
    try:
        poll.register(stream.fileno(), select.POLLOUT)
    except io.UnsupportedOperation:
        return True  # what stands for it has no descriptor
    return bool(poll.poll(0))


def _abandon(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
