"""timelapse status --watch: on a real (pseudo) terminal, into a pipe, and as JSON lines."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from shared.status import Status
from tests.rig.scripted_supervisor import ROOT, ScriptedSupervisor
from tests.rig.status_values import in_backoff, plain, status
from tests.timelapse.conftest import Command

PATIENCE_S = 20.0
HOME = "\x1b[H"


class Terminal:
    """A pseudo-terminal with `timelapse status --watch` in it."""

    def __init__(self, supervisor: ScriptedSupervisor, columns: int = 80, rows: int = 50) -> None:
        self.fd, inner = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "timelapse", "status", "--watch", "--runtime-dir", str(supervisor.runtime_dir)],
            cwd=ROOT,
            env={key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        self.text = ""

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size; without a signal, since it is no session's own."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, words: str) -> str:
        """Read until `words` have been drawn; the last page as far as it is there."""
        until_s = time.monotonic() + PATIENCE_S
        while words not in self.last_page():
            assert time.monotonic() < until_s, self.text[-2000:]
            if select.select([self.fd], [], [], 0.1)[0]:
                self.text += os.read(self.fd, 65_536).decode()
        return self.last_page()

    def publish_until(self, supervisor: ScriptedSupervisor, value: Status, words: str) -> str:
        """A status for the tap, again and again as a supervisor does: the first may come before the subscription."""
        until_s = time.monotonic() + PATIENCE_S
        while words not in self.last_page():
            assert time.monotonic() < until_s, self.text[-2000:]
            supervisor.publish("status", plain(value))
            if select.select([self.fd], [], [], 0.1)[0]:
                self.text += os.read(self.fd, 65_536).decode()
        return self.last_page()

    def last_page(self) -> str:
        """What was drawn last."""
        return self.text[self.text.rfind(HOME) :]

    def close(self) -> None:
        """SIGKILL, and away with it."""
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


@pytest.fixture
def terminal(supervisor: ScriptedSupervisor) -> Iterator[Terminal]:
    opened = Terminal(supervisor)
    yield opened
    opened.close()


def test_watch_draws_in_place_and_follows_the_status(terminal: Terminal, supervisor: ScriptedSupervisor) -> None:
    # The figures of the scripted status are old ones.
    terminal.until("NOT recording: capture.main runs, but has taken no frame for")
    waiting = in_backoff(status(), "capture.main")
    page = terminal.publish_until(supervisor, waiting, "capture.main is in back-off (camera), next try in")
    assert page.startswith(HOME)
    assert terminal.text.count("\x1b[2J") == 1


def test_watch_interrupted_ends_with_0_and_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.until("configured")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in terminal.text
    # No alternate screen, no hidden cursor, no other mode: nothing to be undone.
    assert "\x1b[?" not in terminal.text


def test_watch_terminal_made_narrower_draws_anew_for_its_width(terminal: Terminal) -> None:
    terminal.until("configured")
    terminal.text = ""
    terminal.resize(60, 12)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.until("more lines: the terminal is too low")


def test_watch_supervisor_ended_says_so_and_waits_for_the_next(
    terminal: Terminal, supervisor: ScriptedSupervisor
) -> None:
    terminal.until("configured")
    supervisor.end()
    page = terminal.until("NO NEWS from the supervisor for ")
    assert "What it said last" in page
    # The tap may connect again too late for the first status of the new one, so it is asked for.
    supervisor.start_anew(plain(in_backoff(status(), "capture.main")))
    terminal.until("capture.main is in back-off")


def test_watch_json_gives_one_status_a_line(supervisor: ScriptedSupervisor, command: Command) -> None:
    process = command("status", "--watch", "--json", "--runtime-dir", supervisor.runtime_dir)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == plain(status())
    changed = plain(in_backoff(status(), "storage"))
    # Again and again: the first may come before the subscription.
    while not select.select([process.stdout], [], [], 0.1)[0]:
        supervisor.publish("status", changed)
    assert json.loads(process.stdout.readline()) == changed
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0


def test_watch_whose_reader_has_gone_ends(supervisor: ScriptedSupervisor, command: Command) -> None:
    process = command("status", "--watch", "--runtime-dir", supervisor.runtime_dir)
    assert process.stdout is not None
    assert "recording" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
