"""timelapse status, once: what it prints, and how it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.status import Status
from tests.rig.scripted_supervisor import ScriptedSupervisor
from tests.rig.status_values import in_backoff, plain, status, with_camera
from timelapse import cli


def fresh() -> Status:
    """As it is with frames of just now."""
    now_ns = time.time_ns()
    return with_camera(with_camera(status(), "main", last_frame_slot_ns=now_ns), "garden", last_frame_slot_ns=now_ns)


def report(desk: ScriptedSupervisor, value: Status, *arguments: str) -> int:
    desk.tell(status=plain(value))
    return cli.main(["status", "--runtime-dir", str(desk.runtime_dir), *arguments])


def test_status_all_well_exits_0(desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(desk, fresh()) == 0
    assert capsys.readouterr().out.splitlines()[0] == "Recording: both cameras."


@pytest.mark.parametrize("worker", ["capture.main", "storage"])
def test_status_with_a_worker_down_exits_75(
    worker: str, desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(desk, in_backoff(fresh(), worker)) == 75
    assert f"{worker} is in back-off (camera)" in capsys.readouterr().out.splitlines()[0]


def test_status_into_a_pipe_has_no_colour(desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]) -> None:
    report(desk, fresh())
    assert "\x1b" not in capsys.readouterr().out


def test_status_json_is_the_map_as_it_came(desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]) -> None:
    desk.tell(status={**plain(fresh()), "field_of_a_later_version": [1, 2]})
    assert cli.main(["status", "--json", "--runtime-dir", str(desk.runtime_dir)]) == 0
    assert json.loads(capsys.readouterr().out)["field_of_a_later_version"] == [1, 2]


def test_status_of_another_shape_is_an_error_that_says_so(
    desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell(status={"schema": 99, "workers": {}})
    assert cli.main(["status", "--runtime-dir", str(desk.runtime_dir)]) == 70
    assert "of another version" in capsys.readouterr().err


def test_status_without_supervisor_exits_69_and_tells_when_one_was_last_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "timelapse.yml"
    config.write_text("output_dir: out\ncameras: {main: {source: test}}\n")
    (tmp_path / "out").mkdir()
    written = replace(status(), written_at="2020-01-02T03:04:05.678+00:00")
    (tmp_path / "out" / ".status.json").write_text(json.dumps(plain(written)))
    arguments = ["status", "--runtime-dir", str(tmp_path / "run"), "--config"]
    assert cli.main([*arguments, str(config)]) == 69
    told = capsys.readouterr()
    assert "no supervisor is running" in told.err
    assert "Last seen" in told.err
    assert "at 2020-01-02 03:04:05" in told.err
    assert cli.main([*arguments, str(tmp_path / "none.yml")]) == 69
    assert "Last seen" not in capsys.readouterr().err
