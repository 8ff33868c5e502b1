"""timelapse config: check, show, get, set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.rig.scripted_supervisor import ScriptedSupervisor
from tests.rig.status_values import plain, status
from timelapse import cli

TEXT = """\
# The garden, from the kitchen window.
output_dir: frames
cameras:
  main:
    source: rtsp://admin:hunter2@192.168.1.20/stream   # behind the shed
    interval: 10s
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "timelapse.yml"
    file.write_text(TEXT)
    return file


def config(path: Path, *arguments: str, runtime_dir: object = "/nowhere") -> int:
    return cli.main(["config", *arguments, "--config", str(path), "--runtime-dir", str(runtime_dir)])


def with_config(path: Path) -> dict[str, object]:
    value = status()
    return plain(replace(value, config=replace(value.config, path=str(path))))


def test_check_of_a_good_file_says_fine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "check") == 0
    assert capsys.readouterr().out == f"{path}: fine: 1 camera (main), into {path.parent}/frames\n"


def test_check_tells_all_mistakes_on_standard_error_and_exits_78(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(TEXT.replace("10s", "ten") + "    qualty: 90\n")
    assert config(path, "check") == 78
    told = capsys.readouterr()
    assert told.out == ""
    first, second = told.err.splitlines()
    assert first.startswith(f"{path}:6:15: cameras.main.interval: ")
    assert second.startswith(f"{path}:7:5: cameras.main.qualty: ")
    assert "did you mean" in second


def test_check_with_an_empty_path_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "check", "--config", ""]) == 78
    assert capsys.readouterr().err == "--config names no file: what follows it is empty\n"


def test_check_of_a_key_that_another_kind_of_camera_has_is_a_mistake(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("output_dir: frames\ncameras:\n  main: {source: /dev/video0, raw: true}\n")
    assert config(path, "check") == 78
    assert f"{path}:3:36: cameras.main.raw: is for the Pi's own camera" in capsys.readouterr().err


def test_show_has_defaults_and_no_password(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "show") == 0
    text = capsys.readouterr().out
    assert "quality: 90" in text
    assert "hunter2" not in text
    assert config(path, "show", "--json") == 0
    text = capsys.readouterr().out
    assert json.loads(text)["cameras"]["main"]["interval_ms"] == 10_000
    assert "hunter2" not in text


def test_get_prints_the_value_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "get", "cameras.main.interval") == 0
    assert capsys.readouterr().out == "10s\n"


def test_get_mistyped_key_exits_64_with_the_nearest(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "get", "cameras.main.intervall") == 64
    assert "did you mean cameras.main.interval?" in capsys.readouterr().err


def test_set_without_supervisor_changes_that_value_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "set", "cameras.main.interval", "5s") == 0
    assert path.read_text() == TEXT.replace("10s", "5s")
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: cameras.main.interval is now 5s",
        "No supervisor is running: it takes effect at the next start.",
    ]


@pytest.mark.parametrize(
    ("key", "value", "next_step"),
    [
        ("cameras.main.interval", "5s", "It takes effect by: timelapse reload"),
        (
            "cameras.main.resolution",
            "640x480",
            "cameras.main.resolution takes effect by: timelapse restart capture.main (after 'timelapse reload')",
        ),
        ("output_dir", "/srv/frames", "output_dir takes effect by: restart the service"),
        ("cameras.garden.source", "test", "It takes effect by: timelapse reload"),
        ("cameras.main.quality", "90", "That is what was in force anyway: nothing needs to be done."),
    ],
)
def test_set_says_what_brings_it_into_force(
    key: str,
    value: str,
    next_step: str,
    path: Path,
    desk: ScriptedSupervisor,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.tell(status=with_config(path))
    assert config(path, "set", key, value, runtime_dir=desk.runtime_dir) == 0
    assert capsys.readouterr().out.splitlines()[1] == next_step


def test_set_of_a_file_that_the_supervisor_does_not_use_says_so(
    path: Path, desk: ScriptedSupervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config(path, "set", "cameras.main.interval", "5s", runtime_dir=desk.runtime_dir) == 0
    assert "uses another file (/etc/timelapse/timelapse.yml)" in capsys.readouterr().out


def test_set_to_what_it_is_changes_nothing(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = path.stat().st_ino
    assert config(path, "set", "cameras.main.interval", "10s") == 0
    assert capsys.readouterr().out == f"{path}: cameras.main.interval is 10s already\n"
    assert path.stat().st_ino == before


def test_set_to_a_mistake_is_refused_and_the_file_stays(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "set", "cameras.main.interval", "soon") == 78
    assert "cameras.main.interval" in capsys.readouterr().err
    assert path.read_text() == TEXT


def test_set_mends_a_file_that_was_broken(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(TEXT.replace("10s", "ten"))
    assert config(path, "set", "cameras.main.interval", "10s") == 0
    assert path.read_text() == TEXT
    assert "is now 10s" in capsys.readouterr().out


def test_set_of_a_source_does_not_print_its_password(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(path, "set", "cameras.main.source", "rtsp://admin:hunter2@192.168.1.20/other") == 0
    assert "hunter2" in path.read_text()
    assert "hunter2" not in capsys.readouterr().out
