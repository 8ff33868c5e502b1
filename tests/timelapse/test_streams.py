"""Standard output that is closed or full, and a Ctrl-C that comes early: the command as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.scripted_supervisor import ROOT, ScriptedSupervisor
from tests.rig.status_values import plain, status

CONFIG = ["config", "check", "--config", "config/demo.yml"]


def run(redirection: str, *arguments: str | Path, unbuffered: str = "") -> subprocess.CompletedProcess[str]:
    """The command by way of a shell, which opens and closes its streams."""
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "timelapse", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "verb", [["status"], ["status", "--json"], ["events", "--no-follow"], ["events", "--no-follow", "--json"]]
)
def test_full_output_is_one_line_and_74(verb: list[str], supervisor: ScriptedSupervisor) -> None:
    supervisor.publish("status", plain(status()), times=100)
    done = run(">/dev/full", *verb, "--runtime-dir", supervisor.runtime_dir)
    assert done.stderr == "timelapse: the standard output can't be written to: No space left on device\n"
    assert done.returncode == 74


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [CONFIG, ["--help"], ["--version"], ["status", "--help"]])
def test_full_output_without_supervisor_is_one_line_and_74(arguments: list[str], unbuffered: str) -> None:
    done = run(">/dev/full", *arguments, unbuffered=unbuffered)
    assert done.stderr == "timelapse: the standard output can't be written to: No space left on device\n"
    assert done.returncode == 74


def test_closed_output_counts_as_dev_null(desk: ScriptedSupervisor) -> None:
    for verb, ended_with in ((["status"], 75), (["events", "--no-follow"], 0)):
        done = run(">&-", *verb, "--runtime-dir", desk.runtime_dir)
        assert (done.stderr, done.returncode) == ("", ended_with)
    assert run(">&-", *CONFIG).returncode == 0


def test_closed_streams_are_never_a_socket_or_a_file(desk: ScriptedSupervisor) -> None:
    done = run("<&- >&- 2>&-", "status", "--runtime-dir", desk.runtime_dir)
    assert done.returncode == 75
    assert run("2>&-", "status", "--runtime-dir", "/nowhere").returncode == 69
    assert run("2>&-", "status", "--runtime-dir", "/nowhere").stdout == ""


def test_full_error_stream_still_ends_with_the_status() -> None:
    assert run("2>/dev/full", "statsu").returncode == 64


def test_interrupted_while_it_is_loaded_ends_with_130_and_no_trace() -> None:
    code = """
import os, runpy, signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "timelapse.usage":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["timelapse", "status"]
runpy.run_module("timelapse", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
