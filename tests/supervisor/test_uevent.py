"""What udev says: read as it is, and nothing else taken for it."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.uevent import parse, tells_of_a_camera
from tests.rig.udev import packed

CAMERA = {
    "ACTION": "add",
    "DEVPATH": "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/video4linux/video0",
    "SUBSYSTEM": "video4linux",
    "DEVNAME": "/dev/video0",
    "ID_V4L_CAPABILITIES": ":capture:",
    "DEVLINKS": "/dev/v4l/by-id/usb-046d_C920-video-index0 /dev/v4l/by-path/pci-0000:00:14.0-usb-0:2:1.0-video-index0",
    "TAGS": ":uaccess:seat:",
}
MESSAGE = packed(CAMERA)


def _header(prefix: bytes = b"libudev\0", magic: int = 0xFEEDCAFE, offset: int = 40, length: int = 11) -> bytes:
    return prefix + struct.pack(">I", magic) + struct.pack("=III16x", 40, offset, length)


def test_message_of_udev_is_its_properties() -> None:
    assert parse(MESSAGE) == CAMERA


def test_header_of_a_later_version_may_be_longer() -> None:
    assert parse(_header(offset=48) + bytes(8) + b"ACTION=add\0") == {"ACTION": "add"}


def test_value_with_equals_signs_and_bytes_that_are_no_text_is_read() -> None:
    assert parse(_header(length=17) + b"A=b=c\0lone\0B=\xff\0\0\0\0") == {"A": "b=c", "B": "\N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"add@/devices/x\0ACTION=add\0SUBSYSTEM=video4linux\0SEQNUM=1\0", id="the-kernel's"),
        pytest.param(MESSAGE[:20], id="half-a-header"),
        pytest.param(MESSAGE[:-1], id="cut-off"),
        pytest.param(_header(prefix=b"libudevd") + b"ACTION=add\0", id="prefix"),
        pytest.param(_header(magic=0xCAFEFEED) + b"ACTION=add\0", id="magic"),
        pytest.param(_header(offset=8) + b"ACTION=add\0", id="properties-in-the-header"),
        pytest.param(_header(offset=0xFFFFFFFF) + b"ACTION=add\0", id="properties-beyond-the-end"),
        pytest.param(_header(length=0xFFFFFFFF) + b"ACTION=add\0", id="longer-than-it-is"),
    ],
)
def test_anything_else_is_none(message: bytes) -> None:
    assert parse(message) is None


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: MESSAGE[:12] + rest))
def test_no_bytes_raise(message: bytes) -> None:
    properties = parse(message)
    assert properties is None or all("\0" not in name + value for name, value in properties.items())


@pytest.mark.parametrize(
    ("change", "tells"),
    [
        ({}, True),
        ({"ACTION": "change"}, True),
        ({"ACTION": "remove"}, False),
        ({"SUBSYSTEM": "block"}, False),
        ({"ACTION": ""}, False),
    ],
)
def test_camera_that_may_be_there_now_is_told_from_all_else(change: dict[str, str], tells: bool) -> None:
    assert tells_of_a_camera(CAMERA | change) == tells


def test_message_without_properties_tells_of_no_camera() -> None:
    assert not tells_of_a_camera({})
