"""How much memory there is for a stand-by: read from files of the kernel's form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.room import (
    LEAST_TO_BEGIN_BYTES,
    LEAST_TO_STAY_BYTES,
    LEAST_TOTAL_BYTES,
    Room,
    room_now,
    too_little,
)

_MEMINFO = """\
MemTotal:         948304 kB
MemFree:          100000 kB
MemAvailable:     612000 kB
HugePages_Total:       0
"""
_KB = 1024


class _Machine:
    """A /proc and a /sys/fs/cgroup."""

    def __init__(self, directory: Path) -> None:
        self.proc, self.groups = directory / "proc", directory / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        self.unit = self.groups / "system.slice" / "timelapse.service"
        self.unit.mkdir(parents=True)
        (self.proc / "meminfo").write_text(_MEMINFO)
        (self.proc / "self" / "cgroup").write_text("1:cpu:/\n0::/system.slice/timelapse.service\n")

    def limit(self, group: Path, name: str, limit: str, *, current: int = 0, inactive_file: int = 0) -> None:
        (group / name).write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{current}\n")
        (group / "memory.stat").write_text(f"anon 5\ninactive_file {inactive_file}\nactive_file 9\n")

    def room(self) -> Room:
        return room_now(self.proc, self.groups)


@pytest.fixture(name="machine")
def _machine(tmp_path: Path) -> _Machine:
    return _Machine(tmp_path)


def test_room_is_the_machines_where_nothing_limits_it(machine: _Machine) -> None:
    machine.limit(machine.unit, "memory.max", "max", current=50)
    assert machine.room() == Room(948304 * _KB, 612000 * _KB)


@pytest.mark.parametrize("name", ["memory.max", "memory.high"])
@pytest.mark.parametrize("depth", ["unit", "slice"])
def test_limit_of_the_group_or_of_one_around_it_counts(machine: _Machine, name: str, depth: str) -> None:
    group = machine.unit if depth == "unit" else machine.unit.parent
    machine.limit(group, name, "200000000", current=90_000_000, inactive_file=30_000_000)
    assert machine.room() == Room(200_000_000, 140_000_000)


def test_group_that_is_over_its_limit_has_nothing_left(machine: _Machine) -> None:
    machine.limit(machine.unit, "memory.high", "100", current=500)
    assert machine.room() == Room(100, 0)


def test_kernel_that_tells_nothing_limits_nothing(tmp_path: Path) -> None:
    assert too_little(room_now(tmp_path, tmp_path), has_begun=False) == ""


def test_group_of_an_older_kernel_limits_nothing(machine: _Machine) -> None:
    (machine.proc / "self" / "cgroup").write_text("4:memory:/system.slice\n")
    assert machine.room() == Room(948304 * _KB, 612000 * _KB)


def test_group_with_a_name_that_is_no_text_counts_too(machine: _Machine) -> None:
    name = os.fsdecode(b"caf\xe9.service")
    (machine.groups / name).mkdir()
    (machine.proc / "self" / "cgroup").write_bytes(b"0::/" + os.fsencode(name) + b"\n")
    machine.limit(machine.groups / name, "memory.max", "200000000")
    assert machine.room() == Room(200_000_000, 200_000_000)


def test_this_machine_has_some() -> None:
    room = room_now()
    assert 0 < room.available_bytes <= room.total_bytes < 1 << 50


@pytest.mark.parametrize(
    ("room", "has_begun", "why"),
    [
        (Room(948304 * _KB, 612000 * _KB), False, ""),
        (Room(LEAST_TOTAL_BYTES, LEAST_TO_BEGIN_BYTES), False, ""),
        (Room(460_000_000, 400_000_000), False, "460 MB of memory in all, less than 800"),
        (Room(460_000_000, 400_000_000), True, "460 MB of memory in all, less than 800"),
        (Room(LEAST_TOTAL_BYTES, LEAST_TO_BEGIN_BYTES - 1), False, "249 MB of memory free, less than 250"),
        (Room(LEAST_TOTAL_BYTES, LEAST_TO_BEGIN_BYTES - 1), True, ""),
        (Room(LEAST_TOTAL_BYTES, LEAST_TO_STAY_BYTES - 1), True, "119 MB of memory free, less than 120"),
    ],
)
def test_too_little_says_what_is_missing(room: Room, has_begun: bool, why: str) -> None:
    assert too_little(room, has_begun=has_begun) == why
