"""Finding a supervisor, and asking it, on real sockets."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from shared.errors import EX_USAGE, BusyError, NotRunningError
from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse.client import Client, RefusedError, find


def test_find_nothing_anywhere_tells_each_place_and_how_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "session" / "timelapse").mkdir(parents=True)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    with pytest.raises(NotRunningError) as raised:
        find(None)
    text = str(raised.value)
    assert f"{tmp_path}/none: no such directory" in text
    assert f"{tmp_path}/session/timelapse: no control.sock" in text
    assert "/run/timelapse: " in text
    assert "\nStart one with 'timelapse run'" in text
    assert "systemctl" not in text
    assert raised.value.status == 69


def test_find_socket_left_behind_is_known_at_once(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(os.fspath(tmp_path / "control.sock"))
    begun_s = time.monotonic()
    with pytest.raises(NotRunningError, match="left behind by a supervisor that has ended"):
        find(str(tmp_path))
    assert time.monotonic() - begun_s < 1


def test_find_supervisor_that_is_stopped_says_that_it_does_not_answer(
    supervisor: ScriptedSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timelapse.client.PING_S", 0.2)
    monkeypatch.setattr(Client.answers, "__defaults__", (0.2,))
    supervisor.pause()
    with pytest.raises(NotRunningError) as raised:
        find(str(supervisor.runtime_dir))
    assert str(raised.value).startswith(f"the supervisor in {supervisor.runtime_dir} does not answer within 0.2 s")
    assert "no supervisor is running" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_find_socket_of_another_user_says_so(supervisor: ScriptedSupervisor) -> None:
    (supervisor.runtime_dir / "control.sock").chmod(0)
    with pytest.raises(NotRunningError, match="no permission"):
        find(str(supervisor.runtime_dir))


def test_find_first_directory_that_answers_is_taken(
    supervisor: ScriptedSupervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "timelapse").symlink_to(supervisor.runtime_dir)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    client = find(None)
    assert client.directory == tmp_path / "timelapse"
    assert client.ask("ping").data["version"] == "scripted"
    client.close()
    client.close()


def test_ask_refused_raises_with_the_supervisors_words_and_status(supervisor: ScriptedSupervisor) -> None:
    client = find(str(supervisor.runtime_dir))
    with pytest.raises(RefusedError, match=r"did you mean capture\.main") as raised:
        client.ask("restart", worker="captur.main")
    assert raised.value.status == EX_USAGE
    client.close()


def test_ask_without_answer_raises_busy(supervisor: ScriptedSupervisor) -> None:
    client = find(str(supervisor.runtime_dir))
    supervisor.pause()
    with pytest.raises(BusyError, match=r"did not answer 'status' within 0\.1 s"):
        client.ask("status", timeout_s=0.1)
    client.close()
