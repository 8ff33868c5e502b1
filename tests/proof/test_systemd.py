"""What systemd is told, by a real supervisor to a real socket: when it is ready, reloads, stops, and that it lives."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_MS, NS_PER_S, NS_PER_US
from shared.messages import Request
from tests.rig.held_reader import HeldReader
from tests.rig.recorder import Recorder
from tests.rig.systemd_end import Said, SystemdEnd, children_of, environment_of, with_watchdog_pid

CONFIG = """
cameras:
  main: {source: test, resolution: 320x240, interval: 200ms}
supervisor: {standby: always}
"""
WATCHDOG_S = 1.0
FED_S = WATCHDOG_S / 2
LATE_S = 0.4
"""What a loaded machine may add; what must not be late in the field has WATCHDOG_S."""
_VARIABLES = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}


@pytest.fixture(name="manager")
def _manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SystemdEnd]:
    with SystemdEnd(tmp_path) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_S * 1e6)))
        yield manager


def test_ready_comes_when_the_bus_answers_and_the_workers_were_started_and_none_of_them_can_speak_for_the_service(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    with Recorder(tmp_path, CONFIG, within=with_watchdog_pid()) as recorder:
        ready = manager.wait_for("")
        assert recorder.process is not None
        pid = recorder.process.pid
        assert ready.words == "READY=1"
        assert len(children_of(pid)) == 2, "capture and storage"
        assert recorder.ask(Request(id="1", verb="ping")).ok
        manager.wait_for("STATUS=Not recording; main is starting")
        recorder.wait_for_frame()
        manager.wait_for("STATUS=Recording: main; last frame ")
        manager.wait_for("WATCHDOG=1")
        while len(children_of(pid)) < 3:
            recorder.log.wait_for(lambda event: event.topic == "bus.tick", after=recorder.log.mark())
        assert environment_of(pid).keys() >= _VARIABLES, "they have come this far, through the exec"
        for child in children_of(pid):
            assert not _VARIABLES & environment_of(child).keys()
        recorder.stop()
    assert [said.words for said in manager.said].count("READY=1") == 1


def test_reload_is_told_from_its_beginning_to_its_end_whoever_asked_and_whatever_came_of_it(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        manager.wait_for("STATUS=Recording")
        for config, is_good in (("cameras: 7", False), (CONFIG.replace("200ms", "100ms"), True)):
            recorder.configure(config)
            after, asked_ns = len(manager.said), time.monotonic_ns()
            if is_good:
                assert recorder.process is not None
                recorder.process.send_signal(signal.SIGHUP)
            else:
                assert not recorder.ask(Request(id=os.urandom(8).hex(), verb="reload")).ok
            reloading = manager.wait_for("RELOADING=1", after=after)
            manager.wait_for("READY=1", after=after)
            assert asked_ns <= _monotonic_ns(reloading) <= reloading.mono_ns
            words = [said.words.partition("\n")[0] for said in manager.said[after:]]
            assert [word for word in words if word in {"RELOADING=1", "READY=1"}] == ["RELOADING=1", "READY=1"]
            line = manager.wait_for("STATUS=", after=len(manager.said)).words
            assert line.endswith("rejected") is not is_good
        recorder.stop()


def test_reload_that_is_held_up_by_its_disk_lets_the_watchdog_live_and_ends_once_for_all_who_asked(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    reader = HeldReader(tmp_path)
    with Recorder(tmp_path, CONFIG, ahead=[reader.directory]) as recorder:
        recorder.wait_for_frame()
        manager.wait_for("STATUS=Recording")
        assert recorder.process is not None
        reader.hold()
        after = len(manager.said)
        recorder.process.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1", after=after)
        recorder.process.send_signal(signal.SIGHUP)
        heard = manager.listen_for(2 * WATCHDOG_S)
        assert sum(said.words.startswith("RELOADING=1") for said in manager.said[after:]) == 2
        assert "READY=1" not in [said.words for said in manager.said[after:]]
        _check_fed(heard)
        reader.let_go()
        recorder.log.wait_for(lambda _: len(recorder.log.of("config.reloaded")) == 2)
        manager.wait_for("READY=1", after=after)
        recorder.stop()
        manager.arrived()
    assert [said.words for said in manager.said[after:]].count("READY=1") == 1


def test_watchdog_is_fed_by_a_loop_that_has_nothing_to_do_and_never_by_one_that_is_stuck(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    with Recorder(tmp_path, CONFIG.replace("200ms", "1h"), within=with_watchdog_pid()) as recorder:
        manager.wait_for("WATCHDOG=1")
        _check_fed(manager.listen_for(2 * WATCHDOG_S))
        assert recorder.process is not None
        recorder.process.send_signal(signal.SIGSTOP)
        manager.arrived()
        assert manager.listen_for(WATCHDOG_S) == []
        recorder.process.send_signal(signal.SIGCONT)
        manager.wait_for("WATCHDOG=1", after=len(manager.said))
        recorder.stop()


def test_status_is_told_at_most_once_a_second_and_the_watchdog_of_another_process_is_not_fed(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    with Recorder(tmp_path, CONFIG, within=with_watchdog_pid("1")) as recorder:
        manager.wait_for("READY=1")
        manager.wait_for("STATUS=Recording: main; last frame ")
        told = manager.listen_for(2.2)
        recorder.stop()
    assert 1 <= len([said for said in told if said.words.startswith("STATUS=")]) <= 3
    assert "WATCHDOG=1" not in [said.words for said in manager.said]


def test_stop_is_told_before_the_workers_end_and_is_the_last_word(tmp_path: Path, manager: SystemdEnd) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        recorder.stop()
        ended = recorder.log.wait_for(lambda event: event.topic == "worker.exited")
        manager.arrived()
    stopping = manager.wait_for("STOPPING=1")
    assert stopping.words == "STOPPING=1\nSTATUS=Stopping"
    assert ended.topic == "worker.exited"
    after = [said.words for said in manager.said[manager.said.index(stopping) + 1 :]]
    assert set(after) <= {"WATCHDOG=1"}


def test_systemd_that_does_not_read_and_then_is_not_there_changes_nothing(
    tmp_path: Path, manager: SystemdEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    with Recorder(tmp_path, CONFIG) as recorder:
        recorder.wait_for_frame()
        ticks = [recorder.log.wait_for(_is_tick, after=recorder.log.mark()) for _ in range(2)]
        manager.close()
        ticks.append(recorder.log.wait_for(_is_tick, after=recorder.log.mark()))
        recorder.wait_for_frame()
        assert recorder.stop() < 2.0
    for earlier, later in itertools.pairwise(ticks):
        assert abs(later.mono_ns - earlier.mono_ns - NS_PER_S) < 500 * NS_PER_MS
    assert recorder.log_path.read_text().count("systemd can't be told") == 1


def test_supervisor_that_the_watchdog_aborts_says_where_it_stood_and_leaves_no_core(
    tmp_path: Path, manager: SystemdEnd
) -> None:
    with Recorder(tmp_path, CONFIG) as recorder:
        manager.wait_for("READY=1")
        recorder.wait_for_frame()
        assert recorder.process is not None
        recorder.process.send_signal(signal.SIGABRT)
        assert recorder.process.wait(20) == -signal.SIGABRT
        said = recorder.log_path.read_text()
    assert "Fatal Python error: Aborted" in said
    assert "loop.py" in said
    assert list(tmp_path.glob("core*")) == []


def _is_tick(event: object) -> bool:
    return getattr(event, "topic", "") == "bus.tick"


def _monotonic_ns(reloading: Said) -> int:
    first, _, second = reloading.words.partition("\n")
    assert first == "RELOADING=1"
    return (int(second.removeprefix("MONOTONIC_USEC=")) + 1) * NS_PER_US


def _check_fed(heard: list[Said]) -> None:
    """At most every half of its time, and never so late that systemd would act."""
    fed_ns = [said.mono_ns for said in heard if said.words == "WATCHDOG=1"]
    between_s = [(later - earlier) / NS_PER_S for earlier, later in itertools.pairwise(fed_ns)]
    assert len(between_s) >= 2
    assert min(between_s) > FED_S - LATE_S / 2
    assert max(between_s) < FED_S + LATE_S
