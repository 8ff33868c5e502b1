"""Mounts, fstab, and what is behind a file system."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.mounts import Mount
from tests.rig.doctor_values import planted
from timelapse.doctor import mounting
from timelapse.doctor.places import Places

MOUNTINFO = r"""
22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw
23 22 0:5 / /proc rw - proc proc rw
30 22 8:1 / /mnt/usb\040disk rw,relatime shared:9 - ext4 /dev/sda1 rw,errors=remount-ro
31 22 8:17 / /mnt/ro rw,relatime - ext4 /dev/sdb1 ro
"""


@pytest.fixture
def board(tmp_path: Path) -> Places:
    return planted(
        tmp_path,
        {
            "/proc/self/mountinfo": MOUNTINFO.lstrip(),
            "/etc/fstab": "# disks\nUUID=1 / ext4 defaults 0 1\n/dev/sda1 /mnt/usb\\040disk/ ext4 nofail\n"
            "/dev/sdc1 /mnt/off ext4 noauto\n/swap none swap sw\nshort\n",
            "/sys/block/mmcblk0/device/type": "SD\n",
            "/sys/block/mmcblk1/device/type": "MMC\n",
            "/sys/block/sda/": "",
            "/sys/block/dm-0/slaves/sda1/": "",
        },
    )


def test_mounts_are_read_with_blanks_and_both_kinds_of_options(board: Places) -> None:
    mounts = mounting.mounts(board)
    assert [mount.point for mount in mounts] == ["/", "/proc", "/mnt/usb disk", "/mnt/ro"]
    assert [mount.is_read_only for mount in mounts] == [False, False, False, True]


def test_fstab_leaves_out_swap_and_what_is_not_mounted_at_boot(board: Places) -> None:
    assert [(entry.point, entry.options) for entry in mounting.entries(board)] == [
        ("/", ("defaults",)),
        ("/mnt/usb disk", ("nofail",)),
    ]


@pytest.mark.parametrize(
    ("path", "point"), [("/mnt/usb disk/x", "/mnt/usb disk"), ("/mnt/usb diskette", "/"), ("/mnt", "/")]
)
def test_holding_is_the_nearest_above_by_whole_names(board: Places, path: str, point: str) -> None:
    held = mounting.holding(mounting.mounts(board), path)
    assert held is not None
    assert held.point == point


def test_holding_of_two_at_one_place_is_the_later() -> None:
    mounts = [Mount("/", "ext4", "a", ()), Mount("/", "tmpfs", "b", ())]
    assert mounting.holding(mounts, "/x") == mounts[1]
    assert mounting.holding([], "/x") is None


@pytest.mark.parametrize(
    ("source", "number", "disk"),
    [
        ("/dev/mmcblk0p2", "179:2", "mmcblk0"),
        ("/dev/sda1", "8:1", "sda"),
        ("/dev/dm-0", "254:0", "sda"),
        ("/dev/root", "179:2", "mmcblk0"),
        ("tmpfs", "0:30", ""),
    ],
)
def test_disk_behind_a_partition_a_volume_and_the_root(board: Places, source: str, number: str, disk: str) -> None:
    real = board.at("/sys/devices/mmcblk0/mmcblk0p2")
    real.mkdir(parents=True)
    numbered = board.at("/sys/dev/block")
    numbered.mkdir(parents=True)
    (numbered / "179:2").symlink_to(real)
    assert mounting.disk_of(Mount("/", "ext4", source, (), number), board) == disk


def test_card_is_told_from_soldered_memory(board: Places) -> None:
    assert [mounting.is_card(disk, board) for disk in ("mmcblk0", "mmcblk1", "sda", "")] == [True, False, False, False]
