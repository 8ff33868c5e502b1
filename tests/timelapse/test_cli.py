"""The entry point: grammar, help, exit statuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import DiskError
from tests.rig.scripted_supervisor import ROOT
from tests.timelapse.conftest import Command
from timelapse import cli
from timelapse.verbs import status

HEAVY = ("zmq", "ruamel", "cv2", "numpy", "msgpack", "asyncio")
VERBS = ("run", "status", "restart", "stop", "start", "kill", "reload", "events", "config")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom timelapse.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["--help"], *([verb, "--help"] for verb in VERBS), ["config", "set", "--help"]])
def test_help_of_each_verb_fits_eighty_columns_and_gives_an_example(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert "example" in text
    assert [line for line in text.splitlines() if len(line) > 90] == []


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert [verb for verb in VERBS if f"\n    {verb} " not in text] == []


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["statsu"], "did you mean status?"),
        (["config", "chek"], "did you mean check?"),
        (["config"], "ACTION"),
        (["restart"], "WORKER"),
        (["restart", "storage", "--timeout", "5x"], "is not a duration"),
        (["events", "frmae"], "did you mean frame?"),
        (["events", "--count", "0"], "'0' is not a whole number from 1 on"),
        (["events", "--since", "yesterday"], "--since"),
        (["status", "--josn"], "--josn"),
        (["status", "--wat"], "--wat"),
        (["--runtime-dir", "/" + "x" * 200, "status"], "too long"),
    ],
)
def test_wrong_usage_exits_64_and_says_what_was_meant(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 64
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("timelapse: ")
    assert hint in told.err
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["--config", "a", "--runtime-dir", "b", "status"], ["status", "--runtime-dir", "b", "--config", "a"]]
)
def test_common_options_before_or_after_the_verb_mean_the_same(arguments: list[str]) -> None:
    chosen = cli.parser().parse_args(arguments)
    assert (chosen.config, chosen.runtime_dir, chosen.run) == ("a", "b", status.run)


def test_common_option_given_twice_the_last_counts() -> None:
    assert cli.parser().parse_args(["--config", "a", "config", "--config", "b", "check"]).config == "b"


@pytest.mark.parametrize("arguments", [[], ["run"]])
def test_supervisor_without_configuration_exits_78(arguments: list[str], tmp_path: Path, command: Command) -> None:
    process = command("--config", tmp_path / "none.yml", *arguments)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 78
    assert f"{tmp_path}/none.yml: there is no such file" in errors


def test_error_of_ours_becomes_one_line_and_its_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise DiskError("/srv: the disk is gone")

    monkeypatch.setattr(status, "run", fail)
    assert cli.main(["status"]) == 74
    assert capsys.readouterr().err == "timelapse: /srv: the disk is gone\n"


def test_bug_shows_its_trace_and_exits_70(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "run", lambda _: 1 // 0)
    assert cli.main(["status"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err
