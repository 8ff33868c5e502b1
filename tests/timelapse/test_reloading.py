"""timelapse reload."""

from __future__ import annotations

import json

import pytest

from tests.rig.scripted_supervisor import ScriptedSupervisor
from timelapse import cli

APPLIED = {
    "applied": ["cameras.main.interval", "cameras.garden"],
    "needs_restart": ["cameras.main.source", "output_dir"],
}


def reload(desk: ScriptedSupervisor, *arguments: str) -> int:
    return cli.main(["reload", "--runtime-dir", str(desk.runtime_dir), *arguments])


def test_reload_tells_what_is_in_force_and_what_waits_for_which_restart(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell(reload=APPLIED)
    assert reload(desk) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Changes in force now: cameras.main.interval, cameras.garden",
        "cameras.main.source takes effect by: timelapse restart capture.main",
        "output_dir takes effect by: restart the service",
    ]


def test_reload_without_change_says_so(desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]) -> None:
    assert reload(desk) == 0
    assert capsys.readouterr().out == "Read again; nothing new is in force.\n"


def test_reload_json_is_the_supervisors_own_map(desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]) -> None:
    desk.tell(reload=APPLIED)
    assert reload(desk, "--json") == 0
    assert json.loads(capsys.readouterr().out) == APPLIED


def test_reload_of_a_file_with_mistakes_shows_each_and_exits_78(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    mistakes = "/c.yml:3:5: cameras.main.interval: no\n/c.yml:4:5: cameras.main.quality: no"
    desk.tell(reload={"mistakes": mistakes})
    assert reload(desk) == 78
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"{mistakes}\n"
