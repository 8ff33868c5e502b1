"""Reading the configuration in a process of its own: what is told, to whom, and what a read that never ends does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.config.model import Configuration
from shared.config.read import read
from shared.errors import ConfigError
from shared.transport import Poller
from supervisor import reading
from supervisor.reading import LIMIT_S, Outcome, Reading
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock
from tests.rig.small_workers import SmallWorkers

PATIENCE_S = 20.0
_TEXT = "output_dir: /srv/frames\ncameras:\n  main: {source: test, interval: 1s}\n"
_SLOW = "say(os.getpid())\nwait_for_ever()\n"


class Desk:
    """A file, its reads, and a clock that stands still unless the test moves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text(_TEXT)
        self.clock = ManualClock()
        self.poller = Poller()
        self.reading = Reading(str(path), self.poller, self.clock)

    def next(self) -> tuple[int, Outcome]:
        """Block until a read has ended."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            self.poller.wait(NS_PER_S)
            for outcome in self.reading.outcomes():
                return outcome
        raise AssertionError("no read has ended")

    def now(self) -> list[tuple[int, Outcome]]:
        """What there is without waiting."""
        return list(self.reading.outcomes())


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "timelapse.yml")
    yield desk
    desk.reading.end()
    _bury(desk.reading)


@pytest.fixture(name="slow")
def _slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallWorkers]:
    """Reads that never end, as on a disk that does not answer; each says its pid."""
    workers = SmallWorkers(tmp_path, monkeypatch)
    workers.make("slow_reader", _SLOW)
    monkeypatch.setattr(reading, "_PROGRAM", "slow_reader")
    yield workers
    workers.close()


def _bury(ended: Reading) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while ended._process is not None and time.monotonic() < deadline_s:
        ended._poller.wait(NS_PER_S)
        assert list(ended.outcomes()) == []
    assert ended._process is None


def test_good_file_comes_as_it_would_have_been_read_here(desk: Desk) -> None:
    before = open_descriptors()
    assert desk.reading.due_ns() is None
    assert desk.reading.ask() == 1
    number, outcome = desk.next()
    assert (number, outcome) == (1, read(str(desk.path)))
    assert desk.now() == []
    assert desk.reading.due_ns() is None
    assert open_descriptors() == before


def test_mistakes_come_in_the_same_words(desk: Desk) -> None:
    desk.path.write_text(_TEXT.replace("1s", "soon") + "more: 1\n")
    with pytest.raises(ConfigError) as here:
        read(str(desk.path))
    desk.reading.ask()
    _, outcome = desk.next()
    assert isinstance(outcome, ConfigError)
    assert str(outcome) == str(here.value)
    assert len(str(outcome).splitlines()) == 2


@pytest.mark.parametrize("kind", ["nothing", "fifo", "directory"])
def test_what_is_no_file_is_told_and_holds_nobody_up(desk: Desk, kind: str) -> None:
    desk.path.unlink()
    if kind == "fifo":
        os.mkfifo(desk.path)
    elif kind == "directory":
        desk.path.mkdir()
    desk.reading.ask()
    assert isinstance(desk.next()[1], ConfigError)


def test_asked_during_a_read_the_file_is_read_once_more_after_it(desk: Desk) -> None:
    """Three ask while the first read is under way: one more is enough for them, and sees what they have written."""
    assert desk.reading.ask() == 1
    desk.path.write_text(_TEXT.replace("1s", "2s"))
    assert [desk.reading.ask() for _ in range(3)] == [2, 2, 2]
    number, _ = desk.next()
    assert number == 1
    number, outcome = desk.next()
    assert isinstance(outcome, Configuration)
    assert (number, outcome.cameras["main"].interval_ms) == (2, 2000)
    assert desk.now() == []


def test_read_that_does_not_end_is_given_up_in_time_and_killed(desk: Desk, slow: SmallWorkers) -> None:
    desk.reading.ask()
    slow.hear()
    due_ns = desk.reading.due_ns()
    assert due_ns == desk.clock.mono_ns() + LIMIT_S * NS_PER_S
    desk.clock.advance(LIMIT_S - 0.001)
    assert desk.now() == []
    desk.clock.advance(0.001)
    ((number, outcome),) = desk.now()
    assert number == 1
    assert isinstance(outcome, ConfigError)
    assert "has not answered for 8 s" in str(outcome)
    _bury(desk.reading)
    assert desk.reading.due_ns() is None


def test_asked_during_a_read_that_is_given_up_the_file_is_read_again(
    desk: Desk, slow: SmallWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.reading.ask()
    slow.hear()
    assert desk.reading.ask() == 2
    monkeypatch.setattr(reading, "_PROGRAM", "shared.config")
    desk.clock.advance(LIMIT_S)
    assert [number for number, _ in desk.now()] == [1]
    number, outcome = desk.next()
    assert number == 2
    assert isinstance(outcome, Configuration)


def test_behind_a_process_that_does_not_die_each_question_is_answered_in_time(
    desk: Desk, slow: SmallWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in uninterruptible sleep: SIGKILL has no effect, no second process is started, and nobody waits for ever."""
    desk.reading.ask()
    slow.hear()
    process = desk.reading._process
    assert process is not None
    kill = process.slay
    monkeypatch.setattr(process, "slay", lambda: None)
    desk.clock.advance(LIMIT_S)
    assert [number for number, _ in desk.now()] == [1]
    desk.clock.advance(100.0)
    assert desk.reading.ask() == 2
    assert desk.now() == []
    desk.clock.advance(LIMIT_S)
    ((number, outcome),) = desk.now()
    assert number == 2
    assert isinstance(outcome, ConfigError)
    assert desk.reading._process is process
    kill()
    _bury(desk.reading)
    monkeypatch.setattr(reading, "_PROGRAM", "shared.config")
    assert desk.reading.ask() == 3
    assert isinstance(desk.next()[1], Configuration)


def test_process_that_is_killed_or_leaves_nothing_is_a_refusal(desk: Desk, slow: SmallWorkers) -> None:
    desk.reading.ask()
    os.kill(int(slow.hear()), signal.SIGKILL)
    number, outcome = desk.next()
    assert isinstance(outcome, ConfigError)
    assert "left nothing: ended by SIGKILL" in str(outcome)
    slow.make("slow_reader", "os.write(int(ARGUMENTS['fd']), b'nonsense')\n")
    desk.reading.ask()
    assert isinstance(desk.next()[1], ConfigError)
    assert number == 1


def test_process_that_cannot_be_started_is_a_refusal_and_the_next_is_tried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("sys.executable", "/nowhere/python")
        desk.reading.ask()
        assert desk.reading.due_ns() == desk.clock.mono_ns(), "it is told in this very turn"
        assert desk.reading.ask() == 2
    ((number, outcome),) = desk.now()
    assert number == 1
    assert isinstance(outcome, ConfigError)
    assert "can't be started" in str(outcome)
    number, outcome = desk.next()
    assert number == 2
    assert isinstance(outcome, Configuration)


def test_end_kills_the_reader_and_nobody_is_told_any_more(desk: Desk, slow: SmallWorkers) -> None:
    desk.reading.ask()
    desk.reading.ask()
    slow.hear()
    assert desk.reading.end() == 2
    assert desk.reading.due_ns() is None
    _bury(desk.reading)
