"""Whether the disk that should hold the frames does."""

from __future__ import annotations

import pytest

from shared.mounts import Mount
from tests.rig.doctor_values import configuration, known, levels, only
from timelapse.doctor import mount
from timelapse.doctor.mounting import Entry, Kind

_ROOT = Mount("/", "ext4", "/dev/mmcblk0p2", ("rw",))
_USB = Mount("/mnt/usb", "ext4", "/dev/sda1", ("rw",))
_LINE = Entry("UUID=1", "/mnt/usb", "ext4", ("defaults", "nofail"))


def _seen(held: Mount, *entries: Entry) -> mount.Seen:
    return mount.Seen(entries=list(entries), kind=Kind(mount=held))


@pytest.mark.parametrize("path", ["/mnt/usb", "/mnt/usb/frames"])
def test_disk_of_fstab_that_is_not_mounted_is_a_fault(path: str) -> None:
    found = only(mount.judge(_seen(_ROOT, _LINE), path, known()), "mount.there")
    assert found.level == "fault"
    assert "without a word" in found.saw
    assert found.do == "sudo mount /mnt/usb"


@pytest.mark.parametrize("path", ["/mnt/usb", "/media/pi/DISK/frames", "/run/media/x"])
def test_place_for_disks_without_one_is_a_fault(path: str) -> None:
    assert levels(mount.judge(_seen(_ROOT), path, known()))["mount.there"] == "fault"


def test_disk_that_is_required_and_missing_is_a_fault_that_fills_no_card() -> None:
    settings = configuration(output_dir="/srv/frames", require_mount=True)
    found = only(mount.judge(_seen(_ROOT), "/srv/frames", known(configuration=settings)), "mount.there")
    assert found.level == "fault"
    assert "nothing is recorded" in found.saw


def test_disk_that_is_mounted_but_not_required_is_a_warning() -> None:
    found = mount.judge(_seen(_USB, _LINE), "/mnt/usb", known())
    assert levels(found) == {"mount.there": "ok", "mount.required": "warning", "mount.nofail": "ok"}
    assert only(found, "mount.required").do == (
        "sudo timelapse config set require_mount true && sudo systemctl restart timelapse-capture.service"
    )


def test_directory_below_a_disk_can_not_be_required_as_it_is() -> None:
    found = only(mount.judge(_seen(_USB, _LINE), "/mnt/usb/frames", known()), "mount.required")
    assert (found.level, found.do) == ("warning", "sudo scripts/setup.sh --output-dir /mnt/usb")


def test_disk_that_is_mounted_and_required_is_well() -> None:
    settings = configuration(output_dir="/mnt/usb", require_mount=True)
    found = mount.judge(_seen(_USB, _LINE), "/mnt/usb", known(configuration=settings))
    assert set(levels(found).values()) == {"ok"}


def test_line_without_nofail_is_a_warning() -> None:
    line = Entry("UUID=1", "/mnt/usb", "ext4", ("defaults",))
    assert levels(mount.judge(_seen(_USB, line), "/mnt/usb", known()))["mount.nofail"] == "warning"


@pytest.mark.parametrize("point", ["/", "/var", "/home"])
def test_disk_of_the_system_is_well(point: str) -> None:
    held = Mount(point, "ext4", "/dev/sda2", ("rw",))
    found = mount.judge(_seen(held), f"{point.rstrip('/')}/x/frames", known())
    assert levels(found) == {"mount.there": "ok", "mount.required": "ok"}
