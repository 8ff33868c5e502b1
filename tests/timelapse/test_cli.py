"""The entry point: grammar, help, exit statuses."""

from __future__ import annotations

import errno
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
VERBS = (
    "run",
    "status",
    "restart",
    "stop",
    "start",
    "kill",
    "reload",
    "snapshot",
    "frames",
    "gaps",
    "render",
    "events",
    "cameras",
    "config",
    "doctor",
)


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
        (["status", "--josn"], "--josn (did you mean --json?). See 'timelapse status --help'"),
        (["status", "--wat=3"], "--wat=3 (did you mean --watch?). See 'timelapse status --help'"),
        (["config", "show", "--jsn"], "--jsn (did you mean --json?). See 'timelapse config show --help'"),
        (["--jsn", "status"], "--jsn. See 'timelapse --help'"),
        (["status", "now"], "unrecognized arguments: now. See"),
        (["reload", "--conf", "x"], "--conf x. See 'timelapse reload --help'"),
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


@pytest.mark.parametrize("verb", ["reload", "events", "start", "stop", "restart", "kill"])
@pytest.mark.parametrize("before", [True, False])
def test_config_option_of_a_verb_that_reads_none_is_a_mistake_and_not_in_its_help(
    verb: str, before: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = [] if verb in {"reload", "events"} else ["storage"]
    given = ["--config", "/nope.yml"]
    assert cli.main([*given, verb, *worker] if before else [verb, *worker, *given]) == 64
    told = capsys.readouterr().err
    assert told.startswith(
        f"timelapse: --config is for run, status, snapshot, doctor and config; '{verb}' talks to the supervisor"
    )
    with pytest.raises(SystemExit):
        cli.main([verb, "--help"])
    assert "--config" not in capsys.readouterr().out.replace("timelapse config set", "")


@pytest.mark.parametrize("verb", [["run"], ["status"], ["config", "check"], ["config", "set"]])
def test_config_option_is_in_the_help_of_the_verbs_that_read_it(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([*verb, "--help"])
    assert "--config PATH" in capsys.readouterr().out


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


def test_error_of_a_descriptor_that_is_not_the_output_is_a_bug_with_its_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(status, "run", fail)
    assert cli.main(["status"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_bug_shows_its_trace_and_exits_70(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "run", lambda _: 1 // 0)
    assert cli.main(["status"]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err
