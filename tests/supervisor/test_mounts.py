"""Which file systems hold a path and may be written to: by a list, and real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor import mounts
from supervisor.mounts import writable_over
from tests.rig import small_disk

LISTED = r"""27 0 254:1 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
81 27 8:1 / /srv/my\040frames rw,noatime shared:3 master:2 - ext4 /dev/sda1 rw,errors=remount-ro
82 27 8:2 /part /srv/other rw - ext4 /dev/sdb1 ro,errors=remount-ro
83 27 0:50 / /srv/third ro - vfat none rw
"""


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        pytest.param("/srv/my frames", {81}, id="mounted-there"),
        pytest.param("/srv/my frames/here/../there/", {81}, id="mounted-above"),
        pytest.param("//srv/my frames", {81}, id="with-two-slashes"),
        pytest.param("/srv/my frames 2", set(), id="of-a-similar-name"),
        pytest.param("/srv", set(), id="mounted-below"),
        pytest.param("/srv/other", set(), id="read-only-after-an-error"),
        pytest.param("/srv/third", set(), id="mounted-read-only"),
        pytest.param("/home", set(), id="on-the-root-alone"),
        pytest.param("", set(), id="nowhere"),
    ],
)
def test_file_systems_over_a_path_are_those_that_may_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, numbers: set[int]
) -> None:
    listed = tmp_path / "mountinfo"
    listed.write_text(LISTED)
    monkeypatch.setattr(mounts, "_LIST", listed)
    assert {mount.mount_id for mount in writable_over(path) or ()} == numbers
    listed.unlink()
    assert writable_over(path) is None


def test_file_system_that_is_mounted_changed_and_unmounted_is_seen(tmp_path: Path) -> None:
    place = tmp_path / "a disk"
    before = writable_over(str(place))
    assert before is not None
    with small_disk.tmpfs(place):
        (mounted,) = (writable_over(str(place / "below")) or frozenset()) - before
        assert mounted.point == str(place)
        small_disk.remount(place, "ro")
        assert writable_over(str(place)) == before
        small_disk.remount(place, "rw")
        assert writable_over(str(place)) == before | {mounted}
    assert writable_over(str(place)) == before
