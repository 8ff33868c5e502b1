"""The judge of what a power cut left: it passes what is whole, and nothing else. Needs no virtual machine."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from shared.ledger.schema import FILE_NAME
from tests.vm.remains import check_announced, look_at

PICTURE: bytes = simplejpeg.encode_jpeg(np.zeros((48, 64, 3), np.uint8))
NAME = "main/2026/11/23/20261123T085457.000+0000.jpg"


def planted(directory: Path, name: str, content: bytes) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def event(path: str, size: int) -> dict[str, object]:
    return {"topic": "frame.written", "data": {"path": path, "bytes": size}}


def test_whole_frame_and_status_pass_and_what_lies_aside_is_told(tmp_path: Path) -> None:
    planted(tmp_path, NAME, PICTURE)
    planted(tmp_path, "main/.tmp/half", PICTURE[:20])
    planted(tmp_path, ".status.json", json.dumps({"schema": 1}).encode())
    remains = look_at(tmp_path)
    assert remains.frames == {NAME: len(PICTURE)}
    assert remains.aside == ["main/.tmp/half"]
    assert check_announced(remains, [event(NAME, len(PICTURE)), {"topic": "frame.missed", "data": {}}]) == 1


@pytest.mark.parametrize("content", [b"", PICTURE[:-30], b"\0" * len(PICTURE)], ids=["empty", "torn", "zeros"])
def test_frame_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    planted(tmp_path, NAME, content)
    with pytest.raises(AssertionError, match="085457"):
        look_at(tmp_path)


def test_announced_frame_that_is_missing_or_of_another_size_is_refused(tmp_path: Path) -> None:
    planted(tmp_path, NAME, PICTURE)
    remains = look_at(tmp_path)
    for lost in (event(NAME.replace("57", "58"), len(PICTURE)), event(NAME, len(PICTURE) + 1)):
        with pytest.raises(AssertionError, match="1 of 1"):
            check_announced(remains, [lost])


@pytest.mark.parametrize("content", [b"", b'{"schema": 1', b'{"schema": 2}'])
def test_status_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    planted(tmp_path, ".status.json", content)
    with pytest.raises((ValueError, AssertionError)):
        look_at(tmp_path)


def test_ledger_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with closing(sqlite3.connect(path)) as ledger:
        ledger.execute("CREATE TABLE frames (slot INTEGER PRIMARY KEY)")
        ledger.executemany("INSERT INTO frames VALUES (?)", ((slot,) for slot in range(5000)))
        ledger.commit()
    look_at(tmp_path)
    content = bytearray(path.read_bytes())
    content[8192:9216] = bytes(1024)
    path.write_bytes(content)
    with pytest.raises((AssertionError, sqlite3.DatabaseError)):
        look_at(tmp_path)
