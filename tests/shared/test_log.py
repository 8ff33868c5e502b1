"""The log never holds anybody up, whatever stands at its other end, and says what it had to drop."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.log import NonBlockingStream

ROOT = Path(__file__).resolve().parents[2]
_LINE = "x" * 99 + "\n"
_MANY = 5_000
"""Lines: half a megabyte, more than any pipe, terminal or socket takes unread."""
_TERMINAL_HOLDER = """
import os, sys
from shared.log import to_stderr
to_stderr("capture.main")
try:
    os.close(os.open("/dev/tty", os.O_RDWR))
    print("has a terminal")
except OSError:
    print("has none")
"""


@pytest.fixture
def at_once() -> Callable[[Callable[[], object]], None]:
    """Does something in a thread, and fails the test when that blocks."""

    def do(work: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), "writing blocked"
        assert done.is_set(), "writing failed"

    return do


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """(the end of whoever looks at it, the end of whoever writes)."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def _write_many(stream: NonBlockingStream) -> None:
    for _ in range(_MANY):
        assert stream.write(_LINE) == len(_LINE)


def _read_all(fd: int) -> str:
    os.set_blocking(fd, False)
    data = b""
    try:
        while piece := os.read(fd, 65_536):
            data += piece
    except BlockingIOError:
        pass
    return data.decode().replace("\r\n", "\n")


def _drops_are_said(stream: NonBlockingStream, before: str, after: str) -> None:
    """Every line arrived, whole and in order, or was counted."""
    arrived = before.count("\n") + after.count("\n")
    said = re.search(r"^\((\d+) lines of log were dropped\)\nnext\n$", after, re.MULTILINE)
    assert said is not None, after[-300:]
    assert stream.dropped == 0
    assert int(said[1]) == _MANY - (arrived - 2)


def test_write_to_a_full_pipe_does_not_block_and_drops_are_said(
    pipe: tuple[int, int], at_once: Callable[[Callable[[], object]], None]
) -> None:
    stream = NonBlockingStream(pipe[1])
    at_once(lambda: _write_many(stream))
    before = _read_all(pipe[0])
    assert set(before.splitlines()) == {_LINE.rstrip()}
    stream.write("next\n")
    _drops_are_said(stream, before, _read_all(pipe[0]))


def test_write_to_a_paused_terminal_does_not_block_and_drops_are_said(
    terminal: tuple[int, int], at_once: Callable[[Callable[[], object]], None]
) -> None:
    termios.tcflow(terminal[1], termios.TCOOFF)
    stream = NonBlockingStream(terminal[1])
    at_once(lambda: _write_many(stream))
    assert stream.dropped > 0
    termios.tcflow(terminal[1], termios.TCOON)
    _read_all(terminal[0])
    stream.write("next\n")
    assert f"\n({_MANY} lines of log were dropped)\nnext\n" in "\n" + _read_all(terminal[0])


def test_write_to_a_full_socket_does_not_block_and_drops_are_said(
    at_once: Callable[[Callable[[], object]], None],
) -> None:
    reader, writer = socket.socketpair()
    with reader, writer:
        stream = NonBlockingStream(writer.fileno())
        at_once(lambda: _write_many(stream))
        before = _read_all(reader.fileno())
        stream.write("next\n")
        _drops_are_said(stream, before, _read_all(reader.fileno()))


def test_line_that_finds_room_for_its_beginning_alone_counts_as_dropped(
    pipe: tuple[int, int], at_once: Callable[[Callable[[], object]], None]
) -> None:
    """A long trace in a pipe that is nearly full: what comes after it stands on a line of its own."""
    stream = NonBlockingStream(pipe[1])
    trace = "t" * 30_000 + "\n"
    at_once(lambda: [stream.write(trace) for _ in range(4)])
    assert stream.dropped > 0
    _read_all(pipe[0])
    dropped = stream.dropped
    stream.write("next\n")
    assert _read_all(pipe[0]) == f"\n({dropped} lines of log were dropped)\nnext\n"


def test_write_to_a_pipe_that_nobody_reads_any_more_does_no_harm() -> None:
    reader, writer = os.pipe()
    stream = NonBlockingStream(writer)
    os.close(reader)
    stream.write(_LINE)
    assert stream.dropped == 1
    os.close(writer)


def test_shells_end_of_a_pipe_stays_blocking(pipe: tuple[int, int]) -> None:
    """O_NONBLOCK belongs to the open file, which the shell and its other children share."""
    NonBlockingStream(pipe[1]).write(_LINE)
    assert os.get_blocking(pipe[1])


def test_write_to_a_file_appends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before\n")
        file.flush()
        NonBlockingStream(file.fileno()).write("after\n")
    assert path.read_text() == "before\nafter\n"


def test_write_of_what_is_not_utf_8_does_not_fail(pipe: tuple[int, int]) -> None:
    NonBlockingStream(pipe[1]).write("\udcff\n")
    assert _read_all(pipe[0]) == "?\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_write_to_a_full_pipe_of_somebody_else_does_not_block(pipe: tuple[int, int]) -> None:
    """It can't be opened anew after `su` or `sudo`: the terminal is that of whoever logged in."""
    os.fchmod(pipe[1], 0o600)
    code = (
        "import os; from shared.log import NonBlockingStream\n"
        "os.setuid(65534)\n"
        "stream = NonBlockingStream(2)\n"
        f"for _ in range({_MANY}): stream.write('x' * 99 + '\\n')\n"
        "print(stream.dropped)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=pipe[1],
        cwd=ROOT,
        timeout=20,
        check=True,
        text=True,
    )
    assert int(done.stdout) == _MANY - _read_all(pipe[0]).count("\n")


def test_worker_does_not_make_a_terminal_its_own(terminal: tuple[int, int]) -> None:
    """It is a session's leader, so that opening one would be enough: then its hanging up would end the worker."""
    done = subprocess.run(
        [sys.executable, "-c", _TERMINAL_HOLDER],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal[1],
        start_new_session=True,
        cwd=ROOT,
        check=True,
        text=True,
    )
    assert done.stdout == "has none\n"


def test_line_names_the_worker_and_the_level(pipe: tuple[int, int]) -> None:
    code = (
        "import logging; from shared.log import to_stderr; to_stderr('capture.main'); logging.warning('too %s', 'hot')"
    )
    subprocess.run([sys.executable, "-c", code], stderr=pipe[1], cwd=ROOT, check=True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} capture.main WARNING: too hot\n", _read_all(pipe[0]))
