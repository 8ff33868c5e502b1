"""The kernel's list of what is mounted, by its form (proc_pid_mountinfo(5))."""

from __future__ import annotations

import pytest

from shared.mounts import Mount, is_within, mounts_in

LISTED = r"""27 0 254:1 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
81 27 8:1 / /srv/my\040frames rw,noatime shared:3 master:2 - ext4 /dev/sda1 rw,errors=remount-ro
82 27 8:2 /part /srv/other rw - ext4 /dev/sdb1 ro
this is none
84 27 0:51
x 27 0:51 / /srv rw - ext4 /dev/sdc1 rw
85 27 8:3 / /srv/a\u00a0b\u2028c rw - ext4 /dev/sdb2 rw,emergency_ro
""".replace("\\u00a0", "\u00a0").replace("\\u2028", "\u2028")


def test_list_as_the_manual_gives_it_is_understood_and_other_lines_are_left_out() -> None:
    found = mounts_in(LISTED)
    assert found == [
        Mount("/", "ext4", "/dev/mmcblk0p2", ("rw", "relatime"), "254:1", 27),
        Mount("/srv/my frames", "ext4", "/dev/sda1", ("rw", "noatime", "errors=remount-ro"), "8:1", 81),
        Mount("/srv/other", "ext4", "/dev/sdb1", ("rw", "ro"), "8:2", 82),
        Mount("/srv/a\u00a0b\u2028c", "ext4", "/dev/sdb2", ("rw", "emergency_ro"), "8:3", 85),
    ]
    assert [mount.is_read_only for mount in found] == [False, False, True, True]


@pytest.mark.parametrize(
    ("path", "is_in"), [("/srv/a", True), ("/srv/a/b", True), ("/srv/ab", False), ("/srv", False), ("", False)]
)
def test_within_is_by_whole_names(path: str, is_in: bool) -> None:
    assert is_within(path, "/srv/a") is is_in
