"""Building the virtual machine: what it says where it can't, and what it makes of setup.sh's word. Builds nothing."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from tests.vm import build, place
from tests.vm.packages import Needs, parse_needs
from tests.vm.tree import files

EX_USAGE, EX_UNAVAILABLE = 64, 69


def says(capsys: pytest.CaptureFixture[str], status: int, sentence: str, *arguments: str) -> None:
    assert build.main(arguments) == status
    said = capsys.readouterr()
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_machine_of_another_kind_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    says(capsys, EX_UNAVAILABLE, "this is riscv64", "--check")


def test_cache_that_can_not_be_made_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/not-to-be-made")
    says(capsys, EX_UNAVAILABLE, "set XDG_CACHE_HOME", "--check")


def test_missing_programs_are_told_by_their_packages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(place, "_PATH", str(tmp_path))
    says(capsys, EX_UNAVAILABLE, "sudo apt-get install e2fsprogs mmdebstrap", "--check")


def test_suite_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "why_not", lambda: None)
    says(capsys, EX_USAGE, "potato", "potato")


def test_needs_are_read_and_anything_else_is_refused() -> None:
    said = "apt python3-venv\n\npip numpy >= 1.24, < 2\napt tzdata\n"
    assert parse_needs(said) == Needs(("python3-venv", "tzdata"), ("numpy >= 1.24, < 2",))
    with pytest.raises(ValueError, match="==> installing"):
        parse_needs("==> installing")


def test_guest_gets_what_installs_and_is_installed_and_no_more() -> None:
    brought = {str(path) for path in files()}
    assert {"setup.cfg", "scripts/environment.sh", "supervisor/loop.py"} <= brought
    assert not [
        path for path in brought if path.startswith((".", "tests/", "docs/", "bench/")) or "__pycache__" in path
    ]
