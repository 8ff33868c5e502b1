"""How much memory there is for a stand-by: of the machine, or of the control group that the supervisor runs in.

Owns: reading both, and the judgement. Does not own: the stand-by.
Invariant: the judgement is pure; nothing that is read here waits for a process or a disk. What can't be read does not
count as a limit.

The limits: a stand-by takes 25 to 45 MB for itself. Boards of 512 MB have better use for it; those of 1 GB, which show
some 900 MB less what their camera reserves, have it to spare. It begins where that much and the 100 MB of a picture of
12 megapixels are free once more afterwards, and makes room long before memory is short.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

_MB = 1_000_000
LEAST_TOTAL_BYTES = 800 * _MB
LEAST_TO_BEGIN_BYTES = 250 * _MB
LEAST_TO_STAY_BYTES = 120 * _MB


class Room(Struct, frozen=True):
    """Memory in bytes: all that there is for us, and what can be had at present without pushing anything out."""

    total_bytes: int
    available_bytes: int


def too_little(room: Room, *, has_begun: bool) -> str:
    """Why there is no room for a stand-by, or to keep the one that `has_begun`; empty where there is."""
    if room.total_bytes < LEAST_TOTAL_BYTES:
        return f"{room.total_bytes // _MB} MB of memory in all, less than {LEAST_TOTAL_BYTES // _MB}"
    least_bytes = LEAST_TO_STAY_BYTES if has_begun else LEAST_TO_BEGIN_BYTES
    if room.available_bytes < least_bytes:
        return f"{room.available_bytes // _MB} MB of memory free, less than {least_bytes // _MB}"
    return ""


def room_now(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> Room:
    """What there is now. Some 0.1 ms."""
    machine = _fields(proc / "meminfo")
    # A kibibyte each. A kernel that does not tell has no say.
    total = machine.get("MemTotal:", 1 << 40) * 1024
    available = machine.get("MemAvailable:", 1 << 40) * 1024
    for group in _groups(proc, groups):
        for name in ("memory.max", "memory.high"):
            limit = _number(group / name)
            if limit is not None:
                total = min(total, limit)
                available = min(available, max(0, limit - _in_use(group)))
    return Room(total, available)


def _groups(proc: Path, groups: Path) -> list[Path]:
    """The control group that this process is in, and those around it (version 2, the one of every current system)."""
    try:
        lines = os.fsdecode((proc / "self" / "cgroup").read_bytes()).splitlines()
    except OSError:
        return []
    own = next((line.removeprefix("0::").strip("/") for line in lines if line.startswith("0::")), None)
    if own is None:
        return []
    inner = groups / own
    return [inner, *(outer for outer in inner.parents if outer.is_relative_to(groups))]


def _in_use(group: Path) -> int:
    """What a group uses, less the files that it has read and may forget."""
    return (_number(group / "memory.current") or 0) - _fields(group / "memory.stat").get("inactive_file", 0)


def _number(path: Path) -> int | None:
    """The number in a file; None for `max`, and where there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _fields(path: Path) -> dict[str, int]:
    """The first two words of each line."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    words = (line.split() for line in lines)
    return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}
