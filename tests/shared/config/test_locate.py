"""The search for the configuration file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.config.locate import SEARCH, locate
from shared.errors import EX_CONFIG, ConfigError


def test_search_takes_the_first_that_is_there(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yml", tmp_path / "second.yml"
    second.touch()
    assert locate(None, [str(first), str(second)]) == str(second)
    first.touch()
    assert locate(None, [str(first), str(second)]) == str(first)


def test_search_is_the_system_then_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SEARCH == ("/etc/timelapse/timelapse.yml", "./config/timelapse.yml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "timelapse.yml").touch()
    assert locate(None, SEARCH[1:]) == "./config/timelapse.yml"


def test_search_that_finds_nothing_lists_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        locate(None, [str(tmp_path / "none.yml"), "./config/timelapse.yml"])
    assert f"{tmp_path}/none.yml\n" in str(caught.value)
    assert f"{tmp_path}/config/timelapse.yml\n" in str(caught.value)
    assert "--config PATH" in str(caught.value)
    assert caught.value.status == EX_CONFIG


def test_search_in_a_directory_that_was_removed_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigError, match=r"timelapse\.yml \(the current directory was removed\)"):
        locate(None, SEARCH[1:])


def test_explicit_file_is_taken_before_the_search(tmp_path: Path) -> None:
    explicit = tmp_path / "mine.yml"
    explicit.touch()
    assert locate(str(explicit), [str(tmp_path)]) == str(explicit)


@pytest.mark.parametrize("name", ["none.yml", "plain/none.yml"])
def test_explicit_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(ConfigError, match=r"there is no such file \(it was named by --config\)"):
        locate(str(tmp_path / name))


def test_directory_in_place_of_a_file_is_told_and_not_skipped(tmp_path: Path) -> None:
    second = tmp_path / "second.yml"
    second.touch()
    for explicit, search in ((str(tmp_path), ()), (None, (str(tmp_path), str(second)))):
        with pytest.raises(ConfigError, match="is a directory"):
            locate(explicit, search)


def test_pipe_in_place_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="no regular file"):
        locate(str(tmp_path / "pipe"))


@contextmanager
def _as_somebody() -> Iterator[None]:
    """As a user who may not read everything, which root may."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("closed", ["", "timelapse.yml"])
def test_file_that_may_not_be_read_is_told_with_the_user_and_not_skipped(closed: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "timelapse.yml"
        path.touch()
        path.parent.chmod(0o755)
        (path.parent / closed).chmod(0)
        with _as_somebody(), pytest.raises(ConfigError, match=r"Permission denied \(as user [1-9]"):
            locate(None, [str(path), "/dev/null"])
        path.parent.chmod(0o700)


def test_path_that_can_be_no_path_is_told() -> None:
    with pytest.raises(ConfigError, match="can't be looked at"):
        locate("a\x00b")
