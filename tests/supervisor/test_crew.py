"""The crew: real small workers under the policy, with the clock moved by hand."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.clock import NS_PER_S
from shared.errors import UsageError
from shared.events import WorkerChanged
from supervisor.crew import Crew
from supervisor.leases import CONFIRM_NS
from supervisor.memory import Memory
from supervisor.states import Happening, State
from tests.rig.ship import Ship, configuration_of, ship_in
from tests.rig.small_workers import OBEDIENT, wait_for_end

DEAF = "ignore(signal.SIGTERM)\nsay(f\"deaf {ARGUMENTS['worker']}\")\nwait_for_ever()\n"


@pytest.fixture(name="ship")
def _ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ship]:
    with ship_in(tmp_path, monkeypatch) as ship:
        yield ship


def test_configuration_starts_storage_and_each_camera(ship: Ship) -> None:
    ship.sail("main", "garden")
    assert list(ship.crew.workers) == ["storage", "capture.main", "capture.garden"]
    assert {worker.record.state for worker in ship.crew.workers.values()} == {State.STARTING}
    assert ship.topics("capture.main") == ["worker.starting"]
    assert sorted(ship.crew.alive("capture")) == ["capture.garden", "capture.main"]


def test_stop_is_remembered_by_the_next_supervisor_until_a_start(ship: Ship, tmp_path: Path) -> None:
    ship.sail("main")
    operation = ship.crew.order("stop", "capture.main")
    assert Memory(tmp_path).stopped() == {"capture.main"}
    assert ship.finished() == {}
    ship.bury("capture.main")
    assert ship.finished() == {operation: True}
    assert ship.one("capture.main").status().last_cause == "stopped"

    again = Crew(tmp_path, Memory(tmp_path), ship.clock, tell=lambda _topic, _data: None)
    again.configure(configuration_of("main"))
    ship.workers.hear()
    assert again.alive() == ["storage"], "capture.main stays stopped"
    again.slay_all()
    wait_for_end(again.workers["storage"].process.fd)  # type: ignore[union-attr]  # it was alive a line ago
    again.reap()

    ship.crew.order("start", "capture.main")
    assert Memory(tmp_path).stopped() == set()


def test_kill_and_restart_begin_another_one_at_once_and_count_as_no_failure(ship: Ship, tmp_path: Path) -> None:
    ship.sail("main")
    for number, verb in enumerate(("kill", "restart"), start=2):
        operation = ship.crew.order(verb, "capture.main")
        ship.bury("capture.main")
        assert ship.one("capture.main").record.due_ns == ship.clock.mono_ns()
        ship.pass_time(0)
        ship.workers.hear()
        ship.crew.happen("capture.main", Happening.READY)
        assert ship.finished()[operation]
        status = ship.one("capture.main").status()
        assert (status.incarnation, status.restarts.failures, status.restarts.by_cause) == (
            number,
            0,
            {"operator": number - 1},
        )
    assert Memory(tmp_path).stopped() == set()


def test_order_for_nobody_is_refused_with_who_was_meant(ship: Ship) -> None:
    ship.sail("main")
    with pytest.raises(UsageError, match=r"did you mean capture\.main\?"):
        ship.crew.order("stop", "main")
    assert ship.one("capture.main").record.desired == "up"


def test_crash_waits_longer_each_time_and_tells_the_delay(ship: Ship) -> None:
    ship.workers.make("storage_worker", "say('up')\nsys.exit(69)")
    ship.sail()
    delays_s = []
    for _ in range(3):
        ship.bury("storage")
        backoff = ship.told[-1][1]
        assert isinstance(backoff, WorkerChanged)
        assert (backoff.state, backoff.cause) == ("backoff", "camera")
        delays_s.append(backoff.delay_s or 0.0)
        ship.pass_time(delays_s[-1] + 0.001)  # it is told in whole milliseconds
        ship.workers.hear()
    assert delays_s[0] == 0
    assert 5 <= delays_s[1] < 6
    assert 10 <= delays_s[2] < 11
    assert ship.one("storage").restarts == {"camera": 3}


def test_worker_that_refuses_its_configuration_waits_for_a_reload(ship: Ship) -> None:
    ship.workers.make("capture_worker", "say('up')\nsys.exit(78)")
    ship.sail("main")
    ship.bury("capture.main")
    assert ship.one("capture.main").record.state is State.FAILED
    ship.pass_time(1e6)
    assert ship.one("capture.main").record.state is State.FAILED
    ship.workers.make("capture_worker", OBEDIENT)
    ship.crew.configure(configuration_of("main"))
    ship.workers.hear()
    assert ship.one("capture.main").alive


def test_reload_while_a_worker_refuses_the_old_configuration_is_not_lost(ship: Ship) -> None:
    ship.workers.make("capture_worker", "say('up')\nsys.exit(78)")
    ship.sail("main")
    wait_for_end(ship.one("capture.main").process.fd)  # type: ignore[union-attr]  # `sail` has heard it
    ship.crew.configure(configuration_of("main"))
    ship.bury("capture.main")
    assert ship.one("capture.main").record.state is State.BACKOFF


def test_program_that_can_not_be_started_is_tried_again(ship: Ship, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/no/such/interpreter")
        ship.crew.configure(configuration_of())
    worker = ship.one("storage")
    assert (worker.record.state, worker.last_cause) == (State.BACKOFF, "spawn")
    ship.pass_time(0)
    assert ship.workers.hear() == "up storage"


def test_camera_that_leaves_the_configuration_is_stopped_and_forgotten(ship: Ship, tmp_path: Path) -> None:
    ship.sail("main", "garden")
    ship.crew.configure(configuration_of("main"))
    assert ship.one("capture.garden").record.state is State.STOPPING
    with pytest.raises(UsageError):
        ship.crew.order("start", "capture.garden")
    ship.crew.order("stop", "storage")
    assert Memory(tmp_path).stopped() == {"storage"}, "no operator has stopped the other one"
    ship.bury("capture.garden")
    assert list(ship.crew.workers) == ["storage", "capture.main"]


def test_camera_that_is_put_back_before_its_process_has_ended_starts_again(ship: Ship) -> None:
    ship.sail("main")
    ship.crew.configure(configuration_of())
    ship.crew.configure(configuration_of("main"))
    ship.bury("capture.main")
    ship.pass_time(0)
    assert ship.workers.hear() == "up capture.main"
    assert ship.one("capture.main").incarnation == 2


def test_camera_that_an_operator_has_stopped_is_put_back_as_stopped(ship: Ship) -> None:
    ship.sail("main")
    ship.crew.order("stop", "capture.main")
    ship.crew.configure(configuration_of())
    ship.crew.configure(configuration_of("main"))
    ship.bury("capture.main")
    ship.pass_time(1e6)
    assert ship.one("capture.main").record.state is State.STOPPED


def test_word_counts_only_from_the_incarnation_that_was_configured_last(ship: Ship) -> None:
    ship.sail("main")
    worker = ship.one("capture.main")
    first = ship.say("capture.main")
    assert ship.crew.speaker(first) is worker
    assert ship.crew.speaker(ship.say("capture.main", pid=os.getpid())) is None
    assert ship.crew.speaker(ship.say("capture.main", incarnation=2)) is None
    assert ship.crew.speaker(ship.say("capture.main", worker="capture.roof")) is None
    worker.configured_incarnation, worker.configured_pid = first.incarnation, first.pid
    ship.crew.order("kill", "capture.main")
    ship.bury("capture.main")
    ship.pass_time(0)
    ship.workers.hear()
    second = ship.say("capture.main")
    assert ship.crew.speaker(first) is worker, "its last events, until its successor has been configured"
    assert ship.crew.speaker(second) is worker
    worker.configured_incarnation, worker.configured_pid = second.incarnation, second.pid
    assert ship.crew.speaker(first) is None


def test_lease_counts_only_from_the_living_process(ship: Ship) -> None:
    ship.workers.make("capture_worker", DEAF)
    ship.sail("main")
    held = ship.crew.leases.of("capture.main")
    assert held["main"].operation == "start"
    for changed in ({"incarnation": 2}, {"pid": 1}, {"worker": "capture.roof"}):
        ship.declare("capture.main", 5.0, **changed)
    assert ship.crew.leases.of("capture.main") == held
    ship.declare("capture.main", 5.0)
    assert ship.crew.leases.of("capture.main")["main"].operation == "grab"
    ship.crew.order("stop", "capture.main")
    ship.declare("capture.main", 6.0)
    assert ship.crew.leases.of("capture.main"), "it may hang while it stops"
    ship.pass_time(3)
    assert ship.one("capture.main").record.state is State.KILLING
    ship.declare("capture.main", 7.0)
    assert ship.crew.leases.of("capture.main") == {}


def test_hang_is_ended_by_sigabrt_with_evidence_from_outside_and_from_within(ship: Ship) -> None:
    source = 'faulthandler.enable(int(ARGUMENTS["evidence-fd"]))\nignore(signal.SIGTERM)\n'
    ship.workers.make("capture_worker", source + OBEDIENT)
    ship.sail("main")
    ship.declare("capture.main", 5.0)
    ship.declare("capture.main", 4.0, thread="writer", operation="write")
    assert ship.crew.next_due_ns() == ship.clock.mono_ns() + 4 * NS_PER_S
    ship.clock.advance(4.25)
    ship.crew.end_hangs(ship.clock.mono_ns())
    assert ship.crew.next_due_ns() == ship.clock.mono_ns() + CONFIRM_NS
    ship.clock.advance(0.005)
    ship.crew.end_hangs(ship.clock.mono_ns())
    hung = ship.told[-1][1]
    assert isinstance(hung, WorkerChanged)
    assert (hung.operation, hung.cause, hung.overdue_ms) == ("write", "hang", 255.0)
    assert f"thread {ship.pid('capture.main')} " in hung.evidence
    ship.bury("capture.main")
    exited = next(data for topic, data in ship.told if topic == "worker.exited")
    assert isinstance(exited, WorkerChanged)
    assert (exited.cause, exited.operation, exited.detail) == ("hang", "write", "hung on write; ended by SIGABRT")
    assert "Fatal Python error: Aborted" in exited.evidence
    assert ship.topics("capture.main") == ["worker.starting", "worker.hung", "worker.exited", "worker.backoff"]
    assert ship.crew.leases.of("capture.main") == {}


def test_shutdown_stops_captures_first_and_slays_what_does_not_end(ship: Ship, tmp_path: Path) -> None:
    ship.workers.make("capture_worker", DEAF)
    ship.sail("main", "garden")
    ship.crew.order("stop", "capture.garden")
    ship.crew.wind_down("capture", stop_s=0.25, slay_s=0.05)
    assert ship.one("storage").record.state is State.STARTING
    ship.pass_time(0.25)
    assert {ship.one(f"capture.{name}").record.state for name in ("main", "garden")} == {State.KILLING}
    ship.bury("capture.main")
    ship.bury("capture.garden")
    assert ship.crew.alive("capture") == []
    ship.crew.wind_down("", stop_s=0.1, slay_s=0.05)
    ship.bury("storage")
    assert ship.crew.alive() == []
    ship.pass_time(1e6)
    assert {worker.record.state for worker in ship.crew.workers.values()} == {State.STOPPED}
    assert Memory(tmp_path).stopped() == {"capture.garden"}, "a shutdown is no operator's stop"


def test_shutdown_hurried_slays_everything_at_once(ship: Ship) -> None:
    ship.workers.make("capture_worker", DEAF)
    ship.sail("main")
    ship.crew.slay_all()
    for name in ("storage", "capture.main"):
        ship.bury(name)
        assert ship.one(name).last_detail == f"ended by {signal.SIGKILL.name}" or name == "storage"
        assert ship.one(name).record.state is State.STOPPED


def test_worker_began_when_it_began_though_the_clock_was_put_back_since(ship: Ship) -> None:
    """Else what it misses until the clock comes there again would be called older than it is."""
    ship.sail()
    worker, began_ns = ship.one("storage"), ship.clock.wall
    ship.pass_time(60)
    step_ns = 50 * 365 * 86_400 * NS_PER_S
    ship.clock.set_wall(ship.clock.wall - step_ns)
    assert worker.since_wall_ns == began_ns - step_ns
    ship.clock.set_wall(ship.clock.wall + step_ns)
    assert worker.since_wall_ns == began_ns
