"""A render that is told to stand still, to go on and to end, whatever it is doing."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from render_worker.child import Child
from render_worker.request import Picking, RenderRequest
from render_worker.telling import Failed, Progress, Told
from tests.render_worker.test_child import all_of
from tests.rig.scripted_supervisor import ROOT

REQUEST = RenderRequest("/out", "main", "/v/a.mp4", Picking(0, 1))
BEGIN = """
import os, signal, subprocess, sys, time
from render_worker.course import CancelledError, Course
from render_worker.heeding import Heeder
from render_worker.telling import Failed, Teller
from shared.signals import SignalQueue
teller = Teller(os.dup(1))
course = Course(teller)
heeder = Heeder(0, SignalQueue(), course)
try:
    heeder.first_line()
    heeder.start()
"""
END = """
except CancelledError as error:
    teller.last(Failed(str(error), error.status))
    sys.exit(error.status)
"""
COUNTING = """
    for number in range(1, 1 << 60):
        course.at("rendering", number, 1 << 60)
        time.sleep(0.001)
"""
WAITING_FOR_A_CHILD = """
    class Slow:
        def __init__(self):
            self.process = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
        def pause(self):
            self.process.send_signal(signal.SIGSTOP)
        def resume(self):
            self.process.send_signal(signal.SIGCONT)
        def kill(self):
            self.process.kill()
    slow = Slow()
    course.steer(slow)
    course.at("rendering", 1, 2)
    slow.process.wait()
    course.check()
"""
Start = Callable[[str], Child]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a child that does this once it knows what to render."""
    monkeypatch.chdir(ROOT)
    children = []

    def started(work: str) -> Child:
        children.append(Child(REQUEST, [sys.executable, "-c", BEGIN + work + END]))
        return children[-1]

    yield started
    for child in children:
        child.close()


def until(child: Child, wanted: Callable[[Progress], bool]) -> Progress:
    """The first progress that is wanted."""
    ends_s = time.monotonic() + 20
    while time.monotonic() < ends_s:
        for told in all_of(child, 1):
            if isinstance(told, Progress) and wanted(told):
                return told
    raise AssertionError("it did not say so")


def ended(told: list[Told]) -> Failed:
    """How it ended."""
    assert isinstance(told[-1], Failed)
    return told[-1]


def test_pause_is_told_with_its_reason_and_nothing_goes_on_until_it_is_over(start: Start) -> None:
    child = start(COUNTING)
    until(child, lambda told: told.done > 5)
    child.pause("the machine is hot")
    paused = until(child, lambda told: told.paused == "the machine is hot")
    child.pause("a capture is late")
    later = until(child, lambda told: told.paused == "a capture is late")
    assert later.done <= paused.done + 1
    child.resume()
    until(child, lambda told: told.done > later.done + 1 and not told.paused)
    child.cancel()
    assert ended(all_of(child)).status == 130
    assert child.wait(20.0) == 130


@pytest.mark.parametrize("work", [COUNTING, WAITING_FOR_A_CHILD])
@pytest.mark.parametrize("is_paused", [False, True])
def test_cancel_ends_it_at_once_paused_or_not(start: Start, work: str, is_paused: bool) -> None:
    child = start(work)
    until(child, lambda told: told.done > 0)
    if is_paused:
        child.pause("hot")
        until(child, lambda told: told.paused == "hot")
    child.cancel()
    assert "cancelled" in ended(all_of(child)).message
    assert child.wait(20.0) == 130


def test_driver_that_is_gone_ends_it(start: Start) -> None:
    child = start(COUNTING)
    until(child, lambda told: told.done > 0)
    assert child._process.stdin is not None
    child._process.stdin.close()
    child._orders = child.fd  # nothing is written any more
    assert ended(all_of(child)).status == 130


def test_one_that_does_not_come_to_its_end_is_ended_and_leaves_no_unfinished_file(
    start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    left = tmp_path_factory.mktemp("videos") / ".a.mp4.part"
    left.touch()
    stuck = f"""
    import pathlib, render_worker.heeding
    render_worker.heeding._LAST_S = 0.1
    course.unfinished = pathlib.Path({str(left)!r})
    course.at("rendering", 1, 2)
    time.sleep(600)
"""
    child = start(stuck)
    until(child, lambda told: told.done == 1)
    child.cancel()
    assert child.wait(20.0) == 130
    assert not left.exists()


def test_hang_up_of_a_terminal_ends_it(start: Start) -> None:
    child = start(COUNTING)
    until(child, lambda told: told.done > 0)
    child._signal(signal.SIGHUP)
    assert child.wait(20.0) == 130
