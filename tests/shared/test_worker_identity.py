"""A worker's command line, there and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.worker_identity import Identity, parse_identity

_NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30)


@given(
    worker=_NAMES,
    incarnation=st.integers(1, 1 << 40),
    pid=st.integers(1, 1 << 22),
    place=_NAMES.filter(lambda name: name not in {".", ".."} and "/" not in name),
    evidence_fd=st.integers(-1, 1 << 20),
)
def test_arguments_mean_the_identity_again(
    worker: str, incarnation: int, pid: int, place: str, evidence_fd: int
) -> None:
    identity = Identity(worker, incarnation, pid, Path("/run") / place, evidence_fd)
    assert parse_identity(identity.arguments()) == identity


def test_pid_is_this_process() -> None:
    assert Identity("storage", 1, 1, Path("/run")).pid == os.getpid()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--worker=storage", "--incarnation=1", "--parent-pid=1"],
        ["--worker=storage", "--incarnation=one", "--parent-pid=1", "--runtime-dir=/run"],
        ["--worker=storage", "--incarnation=1", "--parent-pid=1", "--runtime-dir=/run", "--verbose"],
    ],
)
def test_arguments_that_are_off_end_the_process_with_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_identity(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
