"""What a disk must hold after the power has gone, told from the outside: frames, status, ledger, what is left over.

Owns: these checks. Does not own: the disk, and how its files were read out (`disks`).
Invariant: nothing of ours runs before all has been looked at: no recorder has tidied up.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import simplejpeg

from shared.ledger.schema import FILE_NAME

_ASIDE = ".tmp"


class Remains(NamedTuple):
    """What was found."""

    frames: dict[str, int]
    """Their sizes in bytes, by their paths from the output directory."""
    aside: list[str]
    """Files that had not been given their final names yet."""
    status: Mapping[str, Any] | None
    """`.status.json`, where there was one."""


def look_at(output_dir: Path) -> Remains:
    """All of it. Raises AssertionError for a frame, a status or a ledger that is not whole."""
    files = [path for path in output_dir.rglob("*") if path.is_file() and "lost+found" not in path.parts]
    frames = {}
    for path in (path for path in files if path.suffix == ".jpg" and _ASIDE not in path.parts):
        frames[str(path.relative_to(output_dir))] = _decoded(path)
    aside = [str(path.relative_to(output_dir)) for path in files if _ASIDE in path.parts]
    _check_ledger(output_dir / FILE_NAME)
    return Remains(frames, aside, _status(output_dir))


def check_announced(remains: Remains, announced: Iterable[Mapping[str, Any]]) -> int:
    """Whether every frame that was told as written is there, with its size; how many those are."""
    told = [event["data"] for event in announced if event["topic"] == "frame.written"]
    lost = [data["path"] for data in told if remains.frames.get(data["path"]) != data["bytes"]]
    assert not lost, f"{len(lost)} of {len(told)} frames that were told as written are not on the disk: {lost[:5]}"
    return len(told)


def _decoded(path: Path) -> int:
    content = path.read_bytes()
    assert content, f"{path} is empty"
    try:
        simplejpeg.decode_jpeg(content, strict=True)
    except ValueError as error:
        raise AssertionError(f"{path} ({len(content)} bytes) is not whole: {error}") from error
    return len(content)


def _status(output_dir: Path) -> Mapping[str, Any] | None:
    path = output_dir / ".status.json"
    if not path.exists():
        return None
    status: Mapping[str, Any] = json.loads(path.read_text())
    assert status["schema"] == 1
    return status


def _check_ledger(path: Path) -> None:
    """Opening it replays its journal, as the next start will."""
    if path.exists():
        with closing(sqlite3.connect(path)) as ledger:
            (said,) = ledger.execute("PRAGMA integrity_check").fetchone()
        assert said == "ok", f"{path}: {said}"
