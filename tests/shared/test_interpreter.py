"""What is started is ours, wherever we are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.interpreter import command

ROOT = Path(__file__).resolve().parents[2]


def _loaded_from(monkeypatch: pytest.MonkeyPatch, path: str) -> subprocess.CompletedProcess[str]:
    monkeypatch.setenv("PYTHONPATH", path)
    return subprocess.run(command("supervisor", []), capture_output=True, text=True, check=False, timeout=30)


def test_files_of_the_current_directory_are_not_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("supervisor.py", "logging.py", "shared.py", "msgspec.py"):
        (tmp_path / name).write_text("raise SystemExit('a stranger')\n")
    monkeypatch.chdir(tmp_path)
    assert "'timelapse run'" in _loaded_from(monkeypatch, str(ROOT)).stderr


def test_called_in_the_projects_directory_it_needs_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert command("supervisor", ["a"]) == [sys.executable, "-m", "supervisor", "a"]
    assert "'timelapse run'" in _loaded_from(monkeypatch, "").stderr


def test_current_directory_that_was_removed_hinders_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert command("supervisor", []) == [sys.executable, "-P", "-m", "supervisor"]
