"""Building the rig: what it says where it can't. The building itself is behind every other test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(__file__).with_name("build")
RUN = Path(__file__).with_name("run")
EX_USAGE, EX_UNAVAILABLE = 64, 69


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def says(script: Path, status: int, sentence: str, *arguments: str, **environment: str) -> None:
    done = run(script, *arguments, **environment)
    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert done.stdout == ""


def machine_of(directory: Path, architecture: str) -> str:
    """A PATH on which `uname` tells of another machine."""
    directory.mkdir()
    uname = directory / "uname"
    uname.write_text(f"#!/bin/sh\necho {architecture}\n")
    uname.chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"


def test_machine_of_another_kind_is_told_in_a_sentence(tmp_path: Path) -> None:
    if "debian" not in Path("/etc/os-release").read_text():
        pytest.skip("this is no Debian, and that is said first")
    path = machine_of(tmp_path / "bin", "riscv64")
    says(BUILD, EX_UNAVAILABLE, "x86-64 and aarch64, and this is riscv64", "--check", PATH=path)


@pytest.mark.parametrize(
    "environment", [{"PYTHON": "python-that-is-not-there"}, {"XDG_CACHE_HOME": "/proc/not-to-be-made"}]
)
def test_what_is_missing_is_told_in_a_sentence(environment: dict[str, str]) -> None:
    done = run(BUILD, "--check", **environment)
    assert done.returncode == EX_UNAVAILABLE
    assert len(done.stderr.splitlines()) == 1


def test_wrong_use_is_told() -> None:
    says(BUILD, EX_USAGE, "usage: tests/camera_rig/build", "--nonsense")
    says(RUN, EX_USAGE, "usage: tests/camera_rig/run COMMAND")


@pytest.mark.usefixtures("camera_rig")
def test_rig_that_is_there_is_found_without_a_build() -> None:
    first, second = run(BUILD), run(BUILD)
    assert first.returncode == 0
    assert first.stdout == second.stdout
    libcamera, kernel = (Path(path) for path in second.stdout.split())
    assert libcamera.is_dir()
    assert kernel.is_file()
    assert second.stderr == ""
