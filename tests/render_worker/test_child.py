"""A render as its drivers see it: processes that end in every way there is."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from render_worker.child import Child
from render_worker.request import Picking, RenderRequest
from render_worker.telling import Failed, Finished, Progress, Told

REQUEST = RenderRequest("/out", "main", "/v/a.mp4", Picking(0, 1))
SAY = "import sys, os, signal, time; say = lambda line: (sys.stdout.write(line + chr(10)), sys.stdout.flush());"
PROGRESS = '{"kind":"progress","stage":"rendering","done":1,"total":2}'
FINISHED = (
    '{"kind":"finished","output":"/v/a.mp4","pictures":1,"frames":1,"damaged":0,"gaps":0,"seconds":1.0,"bytes":9,'
    '"width":2,"height":2,"duration_s":0.04}'
)
Start = Callable[[str], Child]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a child that is this line of Python."""
    children = []

    def started(program: str) -> Child:
        children.append(Child(REQUEST, [sys.executable, "-c", SAY + program]))
        return children[-1]

    yield started
    for child in children:
        child.close()


def all_of(child: Child, until: int = 1000) -> list[Told]:
    """What it says until it ends, or so many."""
    told: list[Told] = []
    while not child.ended and len(told) < until:
        assert select.select([child.fd], [], [], 20)[0], "it says nothing, and does not end"
        told += child.lines()
    return told


def test_child_is_given_the_request_and_its_words_come_as_they_are_said(start: Start) -> None:
    child = start(f"say({PROGRESS!r}); line = sys.stdin.readline(); say({FINISHED!r} if 'main' in line else line)")
    told = all_of(child)
    assert told[0] == Progress("rendering", 1, 2)
    assert isinstance(told[1], Finished)
    assert (len(told), child.outcome, child.wait()) == (2, told[1], 0)


def test_lines_of_one_that_says_nothing_never_block(start: Start) -> None:
    child = start("sys.stdin.read()")
    began_s = time.monotonic()
    assert child.lines() == []
    assert child.wait(0.0) is None
    assert time.monotonic() - began_s < 1.0
    assert child.outcome is None


def test_orders_reach_it(start: Start) -> None:
    child = start("sys.stdin.readline(); [sys.stderr.write('') for _ in (1, 2) if say(sys.stdin.readline().strip())]")
    child.pause("hot")
    child.resume()
    read = b""
    while read.count(b"\n") < 2:
        assert select.select([child.fd], [], [], 20)[0]
        read += os.read(child.fd, 1000)
    assert read == b'{"pause":"hot"}\n{"pause":""}\n'


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("os.kill(os.getpid(), 9)", "was killed"),
        ("sys.exit(3)", "without a word (status 3)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "without a word (status 139)"),
        ("say('nonsense')", "without a word (status 0)"),
    ],
)
def test_end_without_a_last_word_is_told_as_a_failure(start: Start, program: str, said: str) -> None:
    child = start(program)
    last = all_of(child)[-1]
    assert isinstance(last, Failed)
    assert said in last.message
    assert last.status == 70
    assert child.outcome == last


def test_cancel_ends_even_one_that_is_stopped(start: Start) -> None:
    child = start("say('x'); os.kill(os.getpid(), signal.SIGSTOP); time.sleep(60)")
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    child.cancel()
    assert child.wait(20.0) == 128 + signal.SIGTERM
    child.cancel()
    child.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_end_without_a_last_word_after_a_cancel_is_that_cancel(start: Start, number: signal.Signals) -> None:
    child = start(f"os.kill(os.getpid(), signal.SIGSTOP); os.kill(os.getpid(), {int(number)})")
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    child.cancel()
    assert all_of(child)[-1] == Failed("the render was cancelled", 130)


def test_nobody_is_left_of_one_that_has_ended(start: Start) -> None:
    program = "pid = os.fork(); pid or (os.close(0), os.close(1), time.sleep(600)); say(str(pid)); os._exit(0)"
    child = start(program)
    assert select.select([child.fd], [], [], 20)[0]
    grandchild = int(os.read(child.fd, 100))
    pidfd = os.pidfd_open(grandchild)
    assert child.wait(20.0) == 0
    assert select.select([pidfd], [], [], 20)[0], "the grandchild lives on"
    os.close(pidfd)


def test_close_kills_it_and_may_be_called_twice(start: Start) -> None:
    child = start("signal.signal(signal.SIGTERM, signal.SIG_IGN); say('x'); time.sleep(600)")
    child.close()
    child.close()
    assert child.wait() == 128 + signal.SIGKILL
    assert child.lines() == []
    child.resume()
