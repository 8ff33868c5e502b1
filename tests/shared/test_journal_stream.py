"""Whether standard error is the journal's, and what a line looks like where it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.journal_stream import for_stderr, is_journals, with_priority

ROOT = Path(__file__).resolve().parents[2]


def _variable(path: Path, *, beside: int = 0) -> dict[str, str]:
    status = path.stat()
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + beside}"}


def test_stream_is_the_journals_where_device_and_inode_are_those_of_the_variable(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    with path.open("wb") as stream:
        assert is_journals(stream.fileno(), _variable(path))
        assert not is_journals(stream.fileno(), _variable(path, beside=1)), "it was led elsewhere since"
        assert not is_journals(stream.fileno(), {})
    assert not is_journals(stream.fileno() if not stream.closed else 9999, _variable(path)), "nothing is open there"


@pytest.mark.parametrize("value", ["", ":", "1", "x:y", "8:1:2", "9" * 400 + ":1"])
def test_variable_that_makes_no_sense_is_no_journal(tmp_path: Path, value: str) -> None:
    with (tmp_path / "stream").open("wb") as stream:
        assert not is_journals(stream.fileno(), {"JOURNAL_STREAM": value})


def test_each_line_has_its_priority() -> None:
    assert with_priority("one\ntwo\n", 4) == "<4>one\n<4>two\n"


def test_text_for_any_other_stream_stays_as_it_is() -> None:
    assert for_stderr("one\ntwo", environment={}) == "one\ntwo"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["timelapse", "--config", "/nowhere/timelapse.yml"], "<3>/nowhere/timelapse.yml"),
        (["supervisor"], "<3>timelapse: it was not started by 'timelapse run'"),
    ],
)
def test_service_that_can_not_start_says_so_with_the_priority_of_an_error(
    tmp_path: Path, command: list[str], says: str
) -> None:
    path = tmp_path / "stream"
    path.touch()
    for environment, expected in ((_variable(path), says), ({}, says[3:])):
        with path.open("wb") as stream:
            done = subprocess.run(
                [sys.executable, "-m", *command], stderr=stream, cwd=ROOT, env=os.environ | environment, check=False
            )
        assert done.returncode != 0
        assert path.read_text().startswith(expected)
