"""Replacing the configuration file: whole, with its mode and owner, through a link."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from shared.errors import ConfigError, DiskError
from timelapse.config_file import edit_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "timelapse.yml"
    file.write_bytes(b"one\r\n")
    return file


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_edit_keeps_the_mode_and_every_byte_that_was_not_edited(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert edit_file(str(path), lambda text: text + "two\n") == ("one\r\n", "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert path.stat().st_mode & 0o7777 == mode
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_edit_by_root_keeps_the_owner(path: Path) -> None:
    os.chown(path, 12_345, 23_456)
    edit_file(str(path), lambda text: text + "two\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 23_456)


def test_edit_through_a_link_changes_its_target_and_leaves_the_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "timelapse.yml"
    link.symlink_to("../timelapse.yml")
    edit_file(str(link), lambda _: "new\n")
    assert link.is_symlink()
    assert path.read_text() == "new\n"


def test_edit_without_change_leaves_the_very_same_file(path: Path) -> None:
    before = path.stat().st_ino
    assert edit_file(str(path), lambda text: text) == ("one\r\n", "one\r\n")
    assert path.stat().st_ino == before


def test_edit_that_is_refused_leaves_everything_as_it_was(path: Path) -> None:
    def refuse(_: str) -> str:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        edit_file(str(path), refuse)
    assert path.read_bytes() == b"one\r\n"
    assert list(path.parent.iterdir()) == [path]


def test_edit_where_nothing_can_be_written_is_an_error_that_names_the_file(path: Path) -> None:
    # A directory in the way of the temporary file is refused to root as well.
    (path.parent / ".timelapse.yml.new").mkdir()
    with pytest.raises(DiskError, match=r"timelapse\.yml: can't be changed"):
        edit_file(str(path), lambda _: "new\n")
    assert path.read_bytes() == b"one\r\n"


def test_edit_by_many_at_once_loses_none(path: Path) -> None:
    def add(letter: str) -> None:
        edit_file(str(path), lambda text: text + letter)

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_text().removeprefix("one\n")) == list("abcdefgh")
