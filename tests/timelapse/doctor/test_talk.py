"""The supervisor's doors."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.rig.doctor_values import VISITOR, known, levels, only
from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse.doctor import talk
from timelapse.doctor.aside import Aside
from timelapse.doctor.places import Places
from timelapse.doctor.talk import Door, SocketPlace, Talk


def _look(directory: Path) -> Talk:
    """As the examination does it: whoever has spoken ZeroMQ must not fork any more."""
    seen = Aside(lambda: talk.look(str(directory), Places()), Talk, talk.LIMIT_S).result()
    assert isinstance(seen, Talk)
    return seen


def test_supervisor_that_answers_is_found_with_its_status_and_user(desk: ScriptedSupervisor) -> None:
    seen = _look(desk.runtime_dir)
    assert seen.open is not None
    assert seen.status is not None
    assert sorted(seen.status.cameras) == ["garden", "main"]
    found = levels(talk.judge(seen, known(status=seen.status)))
    assert found["sockets.answer"] == "ok"


def test_supervisor_that_is_stopped_is_a_fault(supervisor: ScriptedSupervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "_PING_S", 0.2)
    supervisor.pause()
    (found,) = talk.judge(_look(supervisor.runtime_dir), known())
    assert found.level == "fault"
    assert "does not answer" in found.saw


def test_socket_that_was_left_behind_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "control.sock"))
        left.listen()
    (found,) = talk.judge(_look(tmp_path), known())
    assert found.level == "warning"
    assert "left its sockets" in found.saw


@pytest.mark.parametrize("make", [False, True])
def test_nobody_there_says_how_to_start(tmp_path: Path, *, make: bool) -> None:
    if make:
        (tmp_path / "run").mkdir()
    (found,) = talk.judge(_look(tmp_path / "run"), known(unit={}))
    assert (found.level, found.do) == ("warning", "timelapse run")


def test_user_outside_the_group_is_told_how_to_get_in() -> None:
    place = SocketPlace(directory="/run/timelapse", door="forbidden", mode=0o40750, group="timelapse")
    found = only(talk.judge(Talk(places=(place,)), known(caller=VISITOR)), "sockets.answer")
    assert (found.level, found.do) == ("warning", "sudo usermod -aG timelapse anna")


@pytest.mark.parametrize(("mode", "socket_mode", "level"), [(0o750, 0o660, "ok"), (0o777, 0o666, "warning")])
def test_doors_that_stand_open_to_all_are_a_warning(mode: int, socket_mode: int, level: str) -> None:
    door: Door = "open"
    place = SocketPlace(directory="/run/timelapse", door=door, mode=mode, group="timelapse", socket_mode=socket_mode)
    assert levels(talk.judge(Talk(places=(place,)), known()))["sockets.permissions"] == level
