"""Memory, its limits, and swap."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config.model import SupervisorConfig
from tests.rig.doctor_values import configuration, known, levels, only, planted
from timelapse.doctor import memory

_PI = {
    "/proc/meminfo": "MemTotal:         439000 kB\nMemAvailable:     200000 kB\n",
    "/proc/vmstat": "pgfault 12\noom_kill 3\n",
    "/proc/swaps": "Filename Type Size Used Priority\n/var/swap file 102396 0 -2\n",
    "/proc/self/mountinfo": "22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n",
    "/sys/block/mmcblk0/device/type": "SD\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n",
}


def test_small_board_is_read_as_it_is(tmp_path: Path) -> None:
    seen = memory.look(planted(tmp_path, _PI))
    assert seen == memory.Seen(
        total_bytes=449_536_000,
        available_bytes=204_800_000,
        has_group=False,
        swaps=(memory.Swap(name="/var/swap", is_card=True),),
        ended=3,
    )


def test_small_board_is_judged(tmp_path: Path) -> None:
    found = memory.judge(memory.look(planted(tmp_path, _PI)), known(board="Raspberry Pi Zero 2 W"))
    assert levels(found) == {
        "memory.room": "ok",
        "memory.cgroup": "warning",
        "memory.swap": "warning",
        "memory.ended": "warning",
    }
    assert "stand-by" in only(found, "memory.room").saw
    assert "cgroup_enable=memory" in only(found, "memory.cgroup").do


def test_group_that_is_off_matters_where_the_service_counts_on_it(tmp_path: Path) -> None:
    seen = memory.look(planted(tmp_path, _PI))
    assert levels(memory.judge(seen, known(board="")))["memory.cgroup"] == "ok"
    assert levels(memory.judge(seen, known(board="Raspberry Pi 4", unit={})))["memory.cgroup"] == "ok"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n"}, True),
        ({"/proc/cgroups": "#subsys_name hierarchy num_cgroups enabled\nmemory\t0\t1\t0\n"}, False),
        ({"/proc/cgroups": "memory\t4\t80\t1\n"}, True),
        ({"/proc/cmdline": "console=tty1 cgroup_disable=memory"}, False),
        ({}, None),
    ],
)
def test_group_is_found_in_either_version(tmp_path: Path, files: dict[str, str], expected: bool | None) -> None:
    assert memory.look(planted(tmp_path, files)).has_group is expected


def test_partition_of_the_card_and_memory_are_told_apart(tmp_path: Path) -> None:
    swaps = "Filename\n/dev/zram0 partition 1 0 100\n/dev/mmcblk0p3 partition 1 0 -2\n"
    seen = memory.look(planted(tmp_path, {**_PI, "/proc/swaps": swaps, "/sys/block/zram0/": ""}))
    assert [(swap.name, swap.is_card) for swap in seen.swaps] == [("/dev/zram0", False), ("/dev/mmcblk0p3", True)]


def test_stand_by_that_is_forced_on_a_small_board_is_a_warning() -> None:
    settings = configuration(supervisor=SupervisorConfig(standby="always"))
    seen = memory.Seen(total_bytes=440_000_000, available_bytes=200_000_000)
    found = only(memory.judge(seen, known(configuration=settings)), "memory.room")
    assert found.level == "warning"
    assert "set supervisor.standby auto" in found.do


def test_memory_that_is_short_is_a_warning() -> None:
    seen = memory.Seen(total_bytes=4_000_000_000, available_bytes=50_000_000)
    assert levels(memory.judge(seen, known()))["memory.room"] == "warning"
