"""Where the sockets are: which directory, in which order, and short enough for a socket's address."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.errors import DiskError, UsageError
from shared.runtime_dir import SOCKETS, SYSTEM, candidates, create, endpoint


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_candidates_without_an_environment_are_the_systems_alone() -> None:
    assert candidates(None) == [SYSTEM]


def test_candidates_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/mine:/run/second")
    assert candidates(None) == [Path("/run/mine"), Path("/run/user/1000/timelapse"), SYSTEM]


def test_candidates_name_a_directory_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/timelapse")
    assert candidates(None) == [SYSTEM]


def test_candidates_where_one_is_given_are_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/mine")
    monkeypatch.chdir("/usr")
    assert candidates("run/mine") == [Path("/usr/run/mine")]


def test_path_that_is_no_utf8_text_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no UTF-8 text.*--runtime-dir"):
        create(os.fsdecode(b"/tmp/\xff"))


def test_longest_path_that_passes_can_be_bound_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    longest_name = max(SOCKETS, key=len)
    fits = tmp_path / ("x" * (107 - len(str(tmp_path)) - len(f"//{longest_name}")))
    assert create(str(fits)) == fits
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(fits / longest_name))
    with pytest.raises(UsageError, match=r"108.*--runtime-dir"):
        create(f"{fits}x")


def test_length_of_a_path_counts_in_bytes() -> None:
    with pytest.raises(UsageError):
        candidates("/" + "ø" * 50)


def test_create_makes_the_directory_for_its_owner_and_group(tmp_path: Path, umask: int) -> None:
    made = create(str(tmp_path / "new" / "run"))
    assert made.is_dir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o750 & ~umask


def test_create_again_gives_the_same_directory(tmp_path: Path) -> None:
    assert create(str(tmp_path / "run")) == create(str(tmp_path / "run"))


def test_create_where_a_file_is_raises_with_advice(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    for place in ("run", "run/below"):
        with pytest.raises(DiskError, match=r"can't be made.*--runtime-dir"):
            create(str(tmp_path / place))


def test_create_takes_the_first_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert create(None) == tmp_path / "timelapse"


def test_endpoint_is_a_socket_in_the_directory() -> None:
    assert endpoint(Path("/run/timelapse"), "control.sock") == "ipc:///run/timelapse/control.sock"
