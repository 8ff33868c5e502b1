"""Which cameras are there: real nodes, real links, real permissions."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.device_nodes import Node, device_to_look_for, nodes_of
from tests.rig import udev
from tests.rig.udev import Udev, as_nobody

needs_nodes = pytest.mark.skipif(udev.missing() is not None, reason=str(udev.missing()))
_LOOP_CONTROL = Path("/dev/loop-control")
_LOOP_CTL_ADD, _LOOP_CTL_REMOVE = 0x4C80, 0x4C81


@pytest.fixture(name="dev")
def _dev() -> Iterator[Udev]:
    with Udev() as dev:
        yield dev


@pytest.mark.parametrize(
    ("source", "device"),
    [
        ("/dev/video0", "/dev/video0"),
        ("/dev/v4l/by-id/usb-x-video-index0", "/dev/v4l/by-id/usb-x-video-index0"),
        ("auto", "/dev/video*"),
        ("test", ""),
        ("picamera2:1", ""),
        ("rtsp://10.0.0.2/dev/video0", ""),
        ("/videos/dev/video0", ""),
        ("file:/dev/zero", ""),
    ],
)
def test_source_says_which_device_to_look_for(source: str, device: str) -> None:
    assert device_to_look_for(source) == device


@needs_nodes
def test_node_is_there_from_when_it_may_be_opened_until_it_goes(dev: Udev) -> None:
    device = str(dev.directory / "video0")
    assert nodes_of(device) == frozenset()
    path = dev.plug("video0", mode=0o600)
    with as_nobody():
        assert nodes_of(device) == frozenset(), "the kernel's own mode"
    path.chmod(0o666)
    with as_nobody():
        assert len(nodes_of(device)) == 1
    dev.unplug("video0")
    assert nodes_of(device) == frozenset()


@needs_nodes
def test_link_is_followed_and_leads_nowhere_while_its_node_is_away(dev: Udev) -> None:
    link = str(dev.link("by-id", "video0"))
    assert nodes_of(link) == frozenset()
    dev.plug("video0")
    assert nodes_of(link) == nodes_of(str(dev.directory / "video0")) != frozenset()


@needs_nodes
def test_node_that_was_made_anew_is_another(dev: Udev) -> None:
    path = str(dev.plug("video0"))
    before = nodes_of(path)
    assert nodes_of(path) == before
    dev.unplug("video0")
    dev.plug("video0")
    assert nodes_of(path).isdisjoint(before)
    assert {node.number for node in nodes_of(path)} == {node.number for node in before}


@pytest.mark.skipif(not os.access(_LOOP_CONTROL, os.R_OK | os.W_OK), reason="this machine gives nobody a new device")
def test_device_that_the_kernel_makes_anew_has_another_inode_and_the_same_number() -> None:
    """What telling two cameras in one port apart rests on, seen with a device that every machine can make."""
    seen = []
    number = os.getpid() % 10_000 + 10_000
    with _LOOP_CONTROL.open() as control:
        for _ in range(3):
            fcntl.ioctl(control, _LOOP_CTL_ADD, number)
            try:
                found = Path(f"/dev/loop{number}").stat()
            finally:
                fcntl.ioctl(control, _LOOP_CTL_REMOVE, number)
            seen.append(Node(found.st_dev, found.st_ino, found.st_rdev))
    assert len({node.inode for node in seen}) == 3
    assert len({node.number for node in seen}) == 1


@needs_nodes
def test_any_camera_is_every_node_that_is_named_as_one(dev: Udev) -> None:
    for name in ("video0", "video12", "videodev", "v4l-subdev0", "null"):
        dev.plug(name)
    (dev.directory / "video3").touch()
    both = nodes_of(str(dev.directory / "video0")) | nodes_of(str(dev.directory / "video12"))
    assert len(both) == 2
    assert nodes_of(str(dev.directory / "video*")) == both


@needs_nodes
def test_what_is_no_character_device_is_no_camera(dev: Udev) -> None:
    (dev.directory / "file").touch(mode=0o666)
    os.mkfifo(dev.directory / "pipe", 0o666)
    os.mknod(dev.directory / "block", stat.S_IFBLK | 0o666, os.makedev(7, 0))
    for name in ("", "file", "pipe", "block"):
        assert nodes_of(str(dev.directory / name)) == frozenset()


@pytest.mark.parametrize(
    "device", ["", "video0", "/tmp", "/dev/../tmp", "/devices", "/dev/nu\0ll", "/dev/" + "x" * 5_000, "/dev/x/video*"]
)
def test_path_that_can_be_no_device_is_absent(device: str) -> None:
    assert nodes_of(device) == frozenset()


def test_nothing_outside_of_dev_is_looked_at(tmp_path: Path) -> None:
    """A disk that hangs may be mounted anywhere else."""
    (tmp_path / "null").symlink_to("/dev/null")
    assert nodes_of(str(tmp_path / "null")) == frozenset()
    assert len(nodes_of("/dev/null")) == 1
    assert len(nodes_of("/dev/../dev/null")) == 1
