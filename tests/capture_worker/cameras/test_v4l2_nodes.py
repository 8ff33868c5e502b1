"""Which names mean one camera, and which of them last: on a tree as the kernel and udev make it."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture_worker.cameras import v4l2_nodes as nodes


def _plug(root: Path, number: int, port: str, serial: str, *, by_id: str = "", nodes_of_it: int = 2) -> None:
    """A USB camera with a node for pictures and one for metadata."""
    usb = root / f"sys/devices/pci/usb1/{port}"
    interface = usb / f"{port}:1.0"
    interface.mkdir(parents=True)
    for name, text in (
        ("idVendor", "046d"),
        ("idProduct", "0825"),
        ("serial", serial),
        ("product", "C270"),
        ("manufacturer", "Logi"),
    ):
        (usb / name).write_text(f"{text}\n")
    for index in range(nodes_of_it):
        node = f"video{number + index}"
        place = interface / "video4linux" / node
        place.mkdir(parents=True)
        (place / "device").symlink_to("../..")
        (place / "index").write_text(f"{index}\n")
        (place / "name").write_text("C270: C270\n")
        (root / "sys/class/video4linux" / node).symlink_to(place)
        (root / "dev" / node).touch()
        _link(root, "by-path", f"pci-usb-0:{port}:1.0-video-index{index}", node)
        _link(root, "by-path", f"pci-usbv2-0:{port}:1.0-video-index{index}", node)
        if by_id:
            _link(root, "by-id", f"{by_id}-video-index{index}", node)


def _link(root: Path, kind: str, name: str, node: str) -> None:
    link = root / "dev/v4l" / kind / name
    link.unlink(missing_ok=True)
    link.symlink_to(f"../../{node}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty machine."""
    for directory in ("sys/class/video4linux", "dev/v4l/by-id", "dev/v4l/by-path"):
        (tmp_path / directory).mkdir(parents=True)
    return tmp_path


def test_all_names_of_one_camera_have_one_key(root: Path) -> None:
    _plug(root, 0, "1-1", "A1", by_id="usb-Logi_C270_A1")
    paths = ["/dev/video0", "/dev/video1", "/dev/v4l/by-id/usb-Logi_C270_A1-video-index0"]
    keys = set()
    for path in paths:
        node = nodes.node_of(path, root)
        assert node is not None
        keys.add(nodes.key_of(node, root))
    assert len(keys) == 1
    assert keys.pop().endswith("usb1/1-1/1-1:1.0")


def test_name_that_lasts_is_what_the_camera_is(root: Path) -> None:
    _plug(root, 0, "1-1", "A1", by_id="usb-Logi_C270_A1")
    assert nodes.stable_path("video0", root) == "/dev/v4l/by-id/usb-Logi_C270_A1-video-index0"


def test_twins_without_serial_are_told_apart_by_where_they_are_plugged_in(root: Path) -> None:
    _plug(root, 0, "1-1", "", by_id="usb-Logi_C270")
    _plug(root, 2, "1-2", "", by_id="usb-Logi_C270")  # udev's link leads to the one that came last
    assert nodes.stable_path("video0", root) == "/dev/v4l/by-path/pci-usb-0:1-1:1.0-video-index0"
    assert nodes.stable_path("video2", root) == "/dev/v4l/by-path/pci-usb-0:1-2:1.0-video-index0"


def test_without_udev_the_plain_name_is_all_there_is(root: Path) -> None:
    _plug(root, 0, "1-1", "A1")
    for link in (root / "dev/v4l/by-path").iterdir():
        link.unlink()
    assert nodes.stable_path("video0", root) == "/dev/video0"
    assert not nodes.is_stable("/dev/video0")


def test_nothing_is_there_where_a_link_leads_nowhere(root: Path) -> None:
    _plug(root, 0, "1-1", "A1", by_id="usb-Logi_C270_A1")
    (root / "dev/video0").unlink()
    assert nodes.node_of("/dev/video0", root) is None
    assert nodes.node_of("/dev/v4l/by-id/usb-Logi_C270_A1-video-index0", root) is None


def test_something_else_than_a_video_device_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="it is no video device"):
        nodes.node_of("/dev/null")


def test_nodes_come_in_the_kernels_order(root: Path) -> None:
    for number in (10, 0, 4):
        _plug(root, number, f"1-{number + 1}", str(number), nodes_of_it=1)
    (root / "sys/class/video4linux/v4l-subdev0").mkdir()
    assert nodes.nodes(root) == ["video0", "video4", "video10"]
    assert nodes.nodes(root / "nowhere") == []


def test_camera_tells_who_made_it(root: Path) -> None:
    _plug(root, 0, "1-1", "A1")
    assert nodes.make_and_model("video0", root) == ("Logi", "C270")
    assert nodes.is_usb("video0", root)
    assert nodes.index_of("video1", root) == 1
