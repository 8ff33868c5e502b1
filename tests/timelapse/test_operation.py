"""start, stop, restart, kill: accepted, done, failed, not done in time."""

from __future__ import annotations

import pytest

from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse import cli

VERBS = ("start", "stop", "restart", "kill")


def run(desk: ScriptedSupervisor, *arguments: str) -> int:
    return cli.main(["--runtime-dir", str(desk.runtime_dir), *arguments])


@pytest.mark.parametrize("verb", VERBS)
def test_operation_without_wait_returns_when_it_is_accepted(
    verb: str, desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(desk, verb, "capture.main") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"capture.main: {verb} accepted")


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("verb", VERBS)
def test_operation_with_wait_ends_though_it_finished_before_the_answer_and_was_lost(
    verb: str, lost: bool, desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell(outcome={"ok": True, "lost": lost})
    assert run(desk, verb, "capture.main", "--wait", "--timeout", "10s") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("capture.main is running")
    assert line.endswith("(pid 1234)")


def test_operation_that_fails_exits_75_and_says_why(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell(outcome={"ok": False, "detail": "backoff: exit status 69"})
    assert run(desk, "restart", "capture.main", "--wait") == 75
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "timelapse: 'restart capture.main' failed: backoff: exit status 69\n"


def test_operation_not_done_in_time_exits_75_and_says_what_the_worker_does(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(desk, "stop", "capture.main", "--wait", "--timeout", "300ms") == 75
    told = capsys.readouterr().err
    assert "'stop capture.main' is not done after 0.3 s" in told
    assert "capture.main is running (waiting)" in told


def test_operation_on_unknown_worker_exits_64_with_the_supervisors_words(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(desk, "restart", "captur.main", "--wait") == 64
    assert "did you mean capture.main?" in capsys.readouterr().err


def test_operation_without_supervisor_exits_69(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["restart", "storage", "--runtime-dir", str(tmp_path)]) == 69
    assert "no supervisor is running" in capsys.readouterr().err
