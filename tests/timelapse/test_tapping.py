"""timelapse events, as a process with pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

import pytest

from tests.rig.scripted_supervisor import ScriptedSupervisor
from tests.rig.status_values import in_backoff, plain, status, with_worker
from tests.timelapse.conftest import Command

PATIENCE_S = 20


def stopping(reason: str) -> dict[str, Any]:
    return {"reason": reason}


def reasons(text: str) -> list[str]:
    return [json.loads(line)["data"]["reason"] for line in text.splitlines()]


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def follow(supervisor: ScriptedSupervisor, command: Command, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """A process that follows, and the first event that it has shown."""
    supervisor.publish("supervisor.stopping", stopping("first"))
    process = command("events", "--json", "--since", "all", "--runtime-dir", supervisor.runtime_dir, *arguments)
    return process, read_line(process)


def test_events_no_follow_shows_what_is_kept_for_people(supervisor: ScriptedSupervisor, command: Command) -> None:
    supervisor.publish("supervisor.stopping", stopping("SIGTERM"))
    process = command("events", "--no-follow", "--runtime-dir", supervisor.runtime_dir)
    out, err = process.communicate(timeout=PATIENCE_S)
    day, line = out.splitlines()
    assert day.startswith("-- 20")
    assert line.split()[1:] == ["supervisor.stopping", "SIGTERM"]
    assert (err, process.returncode) == ("", 0)


def test_events_json_is_the_event_as_it_is_and_count_ends_it(supervisor: ScriptedSupervisor, command: Command) -> None:
    process, first = follow(supervisor, command, "--count", "2")
    supervisor.publish("supervisor.stopping", stopping("second"))
    rest, _ = process.communicate(timeout=PATIENCE_S)
    event = json.loads(first)
    assert list(event) == ["v", "topic", "source", "boot", "seq", "tseq", "wall_ns", "mono_ns", "data"]
    assert reasons(first + rest) == ["first", "second"]
    assert process.returncode == 0


def test_events_interrupted_ends_with_0(supervisor: ScriptedSupervisor, command: Command) -> None:
    process, _ = follow(supervisor, command)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")


def test_events_whose_reader_has_gone_end_though_nothing_happens(
    supervisor: ScriptedSupervisor, command: Command
) -> None:
    process, _ = follow(supervisor, command)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0


def test_events_written_to_a_reader_that_has_gone_end_without_a_trace(
    supervisor: ScriptedSupervisor, command: Command
) -> None:
    supervisor.publish("supervisor.stopping", stopping("x" * 500), times=3000)
    process = command("events", "--no-follow", "--runtime-dir", supervisor.runtime_dir)
    read_line(process)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert process.stderr.read() == ""


@pytest.mark.parametrize("prefixes", [(), ("supervisor.stopping",)])
def test_events_stalled_reader_misses_nothing_afterwards(
    supervisor: ScriptedSupervisor, command: Command, prefixes: tuple[str, ...]
) -> None:
    process, first = follow(supervisor, command, *prefixes, "--count", "9001")
    process.send_signal(signal.SIGSTOP)
    # More than the queues on both ends and the socket between them hold: the tap drops the rest.
    for number in range(90):
        supervisor.publish("supervisor.stopping", stopping(f"{number} {'x' * 400}"), times=100)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=PATIENCE_S)
    events = [json.loads(line) for line in (first + out).splitlines()]
    assert [event["seq"] for event in events] == list(range(1, 9002))
    assert err == ""


def test_events_supervisor_started_anew_is_said_and_followed(supervisor: ScriptedSupervisor, command: Command) -> None:
    process, _ = follow(supervisor, command, "--count", "2")
    supervisor.start_anew()
    supervisor.publish("supervisor.stopping", stopping("again"))
    out, err = process.communicate(timeout=PATIENCE_S)
    assert reasons(out) == ["again"]
    assert "the supervisor was started anew" in err


def test_events_that_are_kept_no_longer_are_counted_on_standard_error(
    supervisor: ScriptedSupervisor, command: Command
) -> None:
    supervisor.publish("supervisor.stopping", stopping("x"), times=10_003)
    process = command("events", "--no-follow", "--since", "1", "--json", "--runtime-dir", supervisor.runtime_dir)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert len(out.splitlines()) == 10_000
    assert err == "timelapse: 2 events lost: 2 to 3 are kept no longer\n"


def test_events_since_a_duration_leaves_out_older_ones(supervisor: ScriptedSupervisor, command: Command) -> None:
    supervisor.publish("supervisor.stopping", stopping("old"))
    time.sleep(0.3)  # the age itself is what is looked at
    supervisor.publish("supervisor.stopping", stopping("new"))
    process = command("events", "--no-follow", "--since", "1h", "--json", "--runtime-dir", supervisor.runtime_dir)
    assert reasons(process.communicate(timeout=PATIENCE_S)[0]) == ["old", "new"]
    process = command("events", "--no-follow", "--since", "0.2s", "--json", "--runtime-dir", supervisor.runtime_dir)
    assert "old" not in process.communicate(timeout=PATIENCE_S)[0]


def test_events_for_people_show_a_status_only_where_it_says_something_new(
    supervisor: ScriptedSupervisor, command: Command
) -> None:
    waiting = in_backoff(status(), "capture.main")
    later = with_worker(waiting, "capture.main", next_start_s=3.0)
    for value in (status(), status(), waiting, later, status()):
        supervisor.publish("status", plain(value))
    process = command("events", "--no-follow", "--runtime-dir", supervisor.runtime_dir)
    assert len(process.communicate(timeout=PATIENCE_S)[0].splitlines()) == 1 + 3
    for arguments in (["status"], ["--json"]):
        process = command("events", "--no-follow", "--runtime-dir", supervisor.runtime_dir, *arguments)
        lines = process.communicate(timeout=PATIENCE_S)[0].splitlines()
        assert len([line for line in lines if not line.startswith("--")]) == 5
