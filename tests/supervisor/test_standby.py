"""The stand-by's place: real small processes that wait, with the clock moved by hand."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.config.model import CameraConfig, Configuration, SupervisorConfig
from shared.config.model import Standby as Mode
from shared.events import OperationFinished, WorkerChanged
from shared.transport import Poller
from supervisor.calm import CALM_S
from supervisor.crew import Crew
from supervisor.leases import CONFIRM_NS
from supervisor.memory import Memory
from supervisor.process import ChildProcess
from supervisor.room import LEAST_TO_BEGIN_BYTES, LEAST_TO_STAY_BYTES, LEAST_TOTAL_BYTES, Room
from supervisor.standby import LOAD_S, LOOK_S, Standby
from supervisor.states import Desired, Record, State
from supervisor.supervised import START_S
from tests.rig.descriptors import open_descriptors
from tests.rig.manual_clock import ManualClock
from tests.rig.small_workers import OBEDIENT, STANDING_BY, SmallWorkers, has_ended, wait_for_end

_PLENTY = Room(8_000_000_000, 6_000_000_000)
_CALM = {"storage": Record(State.RUNNING, Desired.UP), "capture.main": Record(State.RUNNING, Desired.UP)}
_BUSY = _CALM | {"capture.main": Record(State.STARTING, Desired.UP)}
_STOPPED = _CALM | {"capture.main": Record(State.STOPPED, Desired.DOWN)}


class _Place:
    """A stand-by's place, whose turns the test takes itself."""

    def __init__(self, directory: Path, workers: SmallWorkers) -> None:
        self.directory = directory
        self.workers = workers
        self.clock = ManualClock()
        self.poller = Poller()
        self.room = _PLENTY
        self.standby = Standby(directory, self.poller, self.clock, room=lambda: self.room)
        self.taken: list[ChildProcess] = []
        workers.make("capture_worker", STANDING_BY + OBEDIENT)
        self.configure()

    def configure(self, mode: Mode = "auto", *sources: str) -> None:
        cameras = {f"camera{n}": CameraConfig(f"camera{n}", source) for n, source in enumerate(sources or ("test",))}
        self.standby.configure(Configuration("x.yml", "/frames", cameras, supervisor=SupervisorConfig(standby=mode)))

    def turn(self, records: dict[str, Record] = _CALM) -> str:
        """One turn of the loop with what has arrived; the state after it."""
        ready: set[object] = set(self.poller.wait(0))
        self.standby.turn(records, ready)
        return self.standby.state

    def turn_when_ready(self, records: dict[str, Record] = _CALM) -> str:
        """A turn once something has arrived."""
        ready: set[object] = set(self.poller.wait(20_000_000_000))
        assert ready, "nothing came"
        self.standby.turn(records, ready)
        return self.standby.state

    def bury(self, records: dict[str, Record] = _CALM) -> str:
        """Turns until the one that was killed is gone; the state after it."""
        while self.turn_when_ready(records) == "ending":
            pass
        return self.standby.state

    def pass_time(self, seconds: float, records: dict[str, Record] = _CALM) -> str:
        self.clock.advance(seconds)
        return self.turn(records)

    def load(self) -> int:
        """Have one ready; its pid."""
        self.turn()
        self.pass_time(CALM_S)
        assert self.workers.hear() == "loading"
        assert self.turn_when_ready() == "ready"
        return self.pid()

    def pid(self) -> int:
        pid = self.standby.status().pid
        assert pid is not None
        return pid

    def take(self, worker: str = "capture.main", package: str = "capture_worker") -> ChildProcess:
        process = self.standby.spawn(package, worker, 4, self.directory)
        self.taken.append(process)
        return process

    def close(self) -> None:
        self.standby.end()
        if self.standby.state == "ending":
            self.bury()
        for process in self.taken:
            process.slay()
            wait_for_end(process.fd)
            process.reap()
            process.close()


@pytest.fixture(name="place")
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Place]:
    workers = SmallWorkers(tmp_path, monkeypatch)
    place = _Place(tmp_path, workers)
    yield place
    place.close()
    workers.close()


def test_standby_begins_when_it_has_been_calm_for_a_while(place: _Place) -> None:
    assert place.turn(_BUSY) == "due"
    assert place.standby.due_ns() is None, "what ends the unrest wakes the loop"
    assert place.pass_time(100) == "due"
    assert place.standby.due_ns() == place.clock.mono_ns() + int(CALM_S * 1e9)
    assert place.pass_time(CALM_S - 0.1) == "due"
    place.pass_time(0, _BUSY)
    assert place.pass_time(0.2) == "due", "it was not calm all the time"
    assert place.pass_time(CALM_S) == "loading"
    assert place.workers.hear() == "loading"
    assert place.turn_when_ready() == "ready"
    assert place.standby.due_ns() is None, "one that waits wakes nobody"
    status = place.standby.status()
    assert (status.mode, status.state, status.takeovers, status.detail) == ("auto", "ready", 0, "")
    assert status.rss_bytes is not None
    assert status.rss_bytes > 1_000_000


def test_standby_takes_over_as_the_process_that_would_have_been_spawned(place: _Place) -> None:
    leaves_a_word = 'os.write(int(ARGUMENTS["evidence-fd"]), str(sorted(ARGUMENTS)).encode())\n'
    place.workers.make("capture_worker", STANDING_BY + leaves_a_word + OBEDIENT)
    pid = place.load()
    process = place.take()
    assert (process.pid, process.stood_by) == (pid, True)
    assert place.workers.hear() == "up capture.main"
    assert not has_ended(process.fd)
    assert process.last_words() == str(["evidence-fd", "incarnation", "parent-pid", "runtime-dir", "worker"])
    assert place.standby.status().takeovers == 1
    assert place.turn(_BUSY) == "due", "the next one, when it is calm again"
    process.signal(signal.SIGTERM)
    wait_for_end(process.fd)
    assert place.turn() == "due", "its end is its supervisor's business now"


def test_second_worker_at_once_and_other_packages_get_a_fresh_process(place: _Place) -> None:
    place.workers.make("storage_worker", OBEDIENT)
    pid = place.load()
    assert place.take("storage", "storage_worker").pid != pid
    assert place.workers.hear() == "up storage"
    assert place.take("capture.main").pid == pid
    assert place.workers.hear() == "up capture.main"
    second = place.take("capture.garden")
    assert second.stood_by is False
    assert place.workers.hear() == "up capture.garden"


def test_one_that_still_loads_is_left_alone_and_a_fresh_one_started(place: _Place) -> None:
    place.workers.make("capture_worker", 'if "--standby" in sys.argv:\n    wait_for_ever()\n' + OBEDIENT)
    place.turn()
    assert place.pass_time(CALM_S) == "loading"
    assert place.take().stood_by is False
    assert place.standby.state == "loading"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_one_that_is_dead_or_stopped_does_not_take_over(place: _Place, number: signal.Signals) -> None:
    """Seen at the moment it is wanted: nobody has had a turn since."""
    pid = place.load()
    os.kill(pid, number)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    process = place.take()
    assert process.pid != pid
    assert place.workers.hear() == "up capture.main"
    place.bury()
    assert place.standby.status().pid is None, "it is reaped"


def test_one_that_dies_is_replaced_after_growing_delays(place: _Place, caplog: pytest.LogCaptureFixture) -> None:
    delays_s = []
    for _ in range(3):
        os.kill(place.load(), signal.SIGKILL)
        assert place.turn_when_ready() == "due"
        due_ns = place.standby.due_ns()
        assert due_ns is not None
        delays_s.append((due_ns - place.clock.mono_ns()) / 1e9)
        place.clock.advance(delays_s[-1] - CALM_S)
    assert 5 <= delays_s[0] < 6
    assert 10 <= delays_s[1] < 11
    assert 20 <= delays_s[2] < 21
    assert "the stand-by has failed: ended by SIGKILL" in caplog.text
    assert place.standby.status().detail == "ended by SIGKILL"
    pid = place.load()
    assert place.standby.status().detail == "", "it is ready, and what was is over"
    place.pass_time(61)
    os.kill(pid, signal.SIGKILL)
    assert place.turn_when_ready() == "due"
    due_ns = place.standby.due_ns()
    assert due_ns is not None
    assert due_ns - place.clock.mono_ns() < 6e9, "one that had lasted has not failed"


def test_one_that_leaves_a_word_is_quoted(place: _Place) -> None:
    place.workers.make("capture_worker", 'os.write(int(ARGUMENTS["evidence-fd"]), b"no numpy")\nsys.exit(70)')
    place.turn()
    assert place.pass_time(CALM_S) == "loading"
    while place.standby.state == "loading":
        place.turn_when_ready()
    assert place.standby.status().detail == "exit status 70: no numpy"


def test_one_that_was_told_and_does_not_answer_is_handled_as_any_worker_that_starts(place: _Place) -> None:
    told: list[tuple[str, str]] = []

    def tell(topic: str, data: WorkerChanged | OperationFinished) -> None:
        if isinstance(data, WorkerChanged):
            told.append((topic, data.detail))

    crew = Crew(place.directory, Memory(place.directory), place.clock, tell=tell, spawn=place.standby.spawn)
    place.workers.make("storage_worker", OBEDIENT)
    pid = place.load()
    crew.configure(Configuration("x.yml", "/frames", {"main": CameraConfig("main", "test")}))
    worker = crew.workers["capture.main"]
    assert worker.process is not None
    assert worker.process.pid == pid
    assert ("worker.starting", "the stand-by takes over") in told
    assert {place.workers.hear(), place.workers.hear()} == {"up storage", "up capture.main"}
    crew.leases.forget("storage")
    for seconds in (START_S, CONFIRM_NS / 1e9):
        place.clock.advance(seconds)
        crew.end_hangs(place.clock.mono_ns())
    assert worker.record.state is State.KILLING
    wait_for_end(worker.process.fd)
    crew.reap()
    assert worker.last_detail.startswith("hung on start")
    crew.run_timers(place.clock.mono_ns())
    assert worker.process.stood_by is False, "nobody had a turn in which another stand-by could have begun"
    assert place.workers.hear() == "up capture.main"
    crew.slay_all()
    for each in crew.workers.values():
        if each.process is not None:
            wait_for_end(each.process.fd)
            crew.reap()


def test_one_that_never_comes_to_an_end_of_loading_is_killed(place: _Place) -> None:
    place.workers.make("capture_worker", 'say("loading")\nwait_for_ever()')
    place.turn()
    place.pass_time(CALM_S)
    assert place.workers.hear() == "loading"
    assert place.standby.due_ns() == place.clock.mono_ns() + int(LOAD_S * 1e9)
    assert place.pass_time(LOAD_S) == "ending"
    assert place.bury() == "due"
    assert place.standby.status().detail == "it has not loaded everything within 120 s"


def test_one_that_is_stopped_while_it_waits_is_noticed_by_and_by(place: _Place) -> None:
    pid = place.load()
    place.pass_time(LOOK_S)
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
    assert place.pass_time(LOOK_S) == "ready", "a debugger may have stopped it for a moment"
    assert place.pass_time(LOOK_S) == "ending"
    assert place.bury() == "due"
    assert place.standby.status().detail == "it does not wait any more"


def test_mode_never_ends_it_and_auto_brings_it_back(place: _Place) -> None:
    place.load()
    place.configure("never")
    assert place.turn() == "ending"
    assert place.bury() == "off"
    assert place.standby.status().detail == "standby: never"
    assert place.pass_time(1000) == "off"
    assert place.standby.due_ns() is None
    place.configure("auto")
    place.load()


def test_other_cameras_replace_it_and_other_intervals_do_not(place: _Place) -> None:
    pid = place.load()
    place.configure("auto", "test")
    assert place.turn() == "ready"
    place.configure("auto", "test", "http://192.168.1.20/")
    assert place.standby.state == "ending"
    assert place.bury() == "loading", "it has been calm all the time"
    assert place.workers.hear() == "loading"
    assert place.turn_when_ready() == "ready"
    assert place.pid() != pid


def test_no_camera_that_would_be_started_again_needs_none(place: _Place) -> None:
    place.load()
    assert place.turn(_STOPPED) == "ending"
    assert place.bury(_STOPPED) == "off"
    assert place.standby.status().detail == "no camera's worker would be started again"


def test_small_memory_has_none_unless_it_is_configured(place: _Place) -> None:
    place.room = Room(460_000_000, 400_000_000)
    assert place.turn() == "off"
    assert place.pass_time(1000) == "off"
    assert place.standby.status().detail == "460 MB of memory in all, less than 800"
    place.configure("always")
    place.load()
    assert place.pass_time(LOOK_S) == "ready"


def test_it_makes_room_when_memory_runs_short_and_waits_before_the_next(place: _Place) -> None:
    place.load()
    place.room = Room(LEAST_TOTAL_BYTES, LEAST_TO_BEGIN_BYTES - 1)
    assert place.pass_time(LOOK_S) == "ready", "it takes more to begin than to stay"
    place.room = Room(LEAST_TOTAL_BYTES, LEAST_TO_STAY_BYTES - 1)
    assert place.pass_time(LOOK_S) == "ending"
    assert place.bury() == "off"
    place.room = _PLENTY
    assert place.pass_time(LOOK_S) == "due"
    assert place.pass_time(290) == "due"
    assert place.pass_time(10) == "loading"


def test_end_kills_it_and_waits_no_longer_than_it_must(place: _Place) -> None:
    place.load()
    place.standby.end()
    assert place.standby.state == "ending"
    assert not place.standby.is_gone()
    assert place.standby.due_ns() is not None
    place.clock.advance(0.06)
    assert place.standby.is_gone(), "a process that can't die holds nobody up"
    assert place.standby.due_ns() is None
    assert place.bury() == "off"
    assert place.pass_time(1000) == "off"


def test_one_that_can_not_be_started_is_tried_again_later(
    place: _Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = open_descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/such/interpreter")
        place.turn()
        assert place.pass_time(CALM_S) == "due"
    assert open_descriptors() == before
    assert "can't be started: No such file or directory" in caplog.text
    place.clock.advance(6 - CALM_S)
    place.load()


def test_takeovers_and_drops_leave_no_descriptor(place: _Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    before = open_descriptors()
    for _ in range(3):
        place.load()
        place.take()
        assert place.workers.hear() == "up capture.main"
        process = place.taken.pop()
        process.slay()
        wait_for_end(process.fd)
        assert process.reap() is not None
        process.close()
        os.kill(place.load(), signal.SIGKILL)
        place.turn_when_ready()
        place.clock.advance(400)
    assert open_descriptors() == before
