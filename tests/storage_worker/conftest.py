"""What the tests of the storage worker share."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory where there is one: for thousands of files, which a busy disk takes minutes to make."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="timelapse-test-") as name:
        yield Path(name)


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each directory that is listed from now on."""
    listed: list[str] = []
    scandir = os.scandir

    def count(path: str | os.PathLike[str]) -> object:
        listed.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", count)
    return listed


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Have a directory answer with EIO from now on: no mode keeps root out."""
    bad: set[str] = set()
    scandir = os.scandir

    def failing(path: str | os.PathLike[str]) -> object:
        if os.fspath(path) in bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO), os.fspath(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", failing)
    return lambda path: bad.add(str(path))
