"""What the kernel answers about a device, and what is made of it. The numbers are those of linux/videodev2.h."""

from __future__ import annotations

import pytest

from capture_worker.cameras import v4l2_abi as abi
from capture_worker.cameras.v4l2_types import (
    Control,
    Layout,
    MenuEntry,
    Sizes,
    name_of,
    parse_capability,
    parse_control,
    parse_fastest_fps,
    parse_layout,
    parse_menu_entry,
    parse_sizes,
)


def _capability(driver: bytes, caps: int, device_caps: int = 0) -> bytes:
    return abi.CAPABILITY.pack(driver, b"Cam: Cam", b"usb-1", 0x60C75, caps | abi.CAP_DEVICE_CAPS, device_caps)


def _control(kind: int, flags: int = 0, dimensions: int = 0, name: bytes = b"Exposure Time, Absolute") -> bytes:
    return abi.QUERIED_CONTROL.pack(abi.CID_EXPOSURE_ABSOLUTE, kind, name, 1, 10000, 1, 156, flags, 4, 1, dimensions)


def test_numbers_of_calls_are_the_kernels() -> None:
    assert [hex(each) for each in (abi.QUERYCAP, abi.ENUM_FMT, abi.S_FMT, abi.QUERY_EXT_CTRL, abi.DQBUF)] == [
        "0x80685600",
        "0xc0405602",
        "0xc0d05605",
        "0xc0e85667",
        "0xc0585611",
    ]


@pytest.mark.parametrize(
    ("driver", "device_caps", "is_camera"),
    [
        (b"uvcvideo", 0x0420_0001, True),
        (b"uvcvideo", 0x04A0_0000, False),  # its metadata node
        (b"v4l2 loopback", 0x0520_0001, True),
        (b"bcm2835-codec", 0x0400_4000, False),
        (b"bcm2835-isp", 0x0420_0001, False),
        (b"unicam", 0x2520_0001, False),
        (b"uvcvideo", 0x0020_0001, False),  # only by read()
    ],
)
def test_capability_tells_cameras_from_other_nodes(driver: bytes, device_caps: int, is_camera: bool) -> None:
    assert parse_capability(_capability(driver, 0x84A0_0001, device_caps)).is_camera is is_camera


def test_sizes_are_a_list_or_a_range() -> None:
    discrete = [
        abi.FRAME_SIZE.pack(index, 0, 1, *size, 0, 0, 0, 0) for index, size in enumerate([(640, 480), (320, 240)])
    ]
    stepwise = [abi.FRAME_SIZE.pack(0, 0, 3, 16, 1920, 8, 16, 1080, 4)]
    assert parse_sizes(discrete) == Sizes(discrete=((640, 480), (320, 240)))
    ranged = parse_sizes(stepwise)
    assert ranged.has((1920, 1080))
    assert ranged.has((640, 480))
    assert not ranged.has((641, 480))
    assert not ranged.has((2048, 1080))


def test_fastest_rate_is_that_of_the_shortest_interval() -> None:
    answers = [abi.FRAME_INTERVAL.pack(0, 0, 1, 1, 1, *fraction, 0, 0, 0, 0) for fraction in [(1, 30), (1, 5), (0, 0)]]
    assert parse_fastest_fps(answers) == 30.0
    assert parse_fastest_fps([]) == 0.0


def test_control_is_named_as_v4l2_ctl_names_it() -> None:
    control = parse_control(_control(abi.CTRL_INTEGER, flags=abi.CTRL_INACTIVE))
    assert control == Control(
        id=abi.CID_EXPOSURE_ABSOLUTE,
        name="exposure_time_absolute",
        kind="integer",
        minimum=1,
        maximum=10000,
        default=156,
        is_inactive=True,
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("White Balance, Automatic", "white_balance_automatic"),
        ("LED1 Mode", "led1_mode"),
        ("Exposure (Absolute)", "exposure_absolute"),
        ("  Über-Gain ", "ber_gain"),
    ],
)
def test_name_is_made_of_words(title: str, name: str) -> None:
    assert name_of(title) == name


def test_heading_and_switched_off_control_are_no_controls() -> None:
    assert parse_control(_control(abi.CTRL_CLASS)) is None
    assert parse_control(_control(abi.CTRL_INTEGER, flags=abi.CTRL_DISABLED)) is None


def test_array_and_read_only_control_can_not_be_set() -> None:
    for raw in (_control(abi.CTRL_INTEGER, dimensions=1), _control(abi.CTRL_INTEGER, flags=abi.CTRL_READ_ONLY)):
        control = parse_control(raw)
        assert control is not None
        assert not control.is_settable


def test_menu_entry_is_a_name_or_a_number() -> None:
    named = abi.MENU_ENTRY.pack(1, 3, b"Aperture Priority Mode")
    number = abi.MENU_ENTRY.pack(1, 2, (-5).to_bytes(8, "little", signed=True))
    assert parse_menu_entry(named, "menu") == MenuEntry(3, "Aperture Priority Mode")
    assert parse_menu_entry(number, "integer menu") == MenuEntry(2, "-5")


@pytest.mark.parametrize(
    ("colorspace", "quantization", "is_full_range"),
    [(8, 0, False), (7, 0, True), (8, 1, True), (7, 2, False)],
)
def test_layout_tells_the_range_of_its_values(colorspace: int, quantization: int, is_full_range: bool) -> None:
    pixels = abi.PIXELS.pack(640, 480, abi.number_of("YUYV"), 1, 1280, 614400, colorspace, 0, 0, 0, quantization, 0)
    raw = (b"\1".ljust(abi.FORMAT_PREFIX_BYTES, b"\0") + pixels).ljust(abi.FORMAT_BYTES, b"\0")
    assert parse_layout(raw) == Layout("YUYV", 640, 480, 1280, is_full_range)


def test_text_of_a_camera_is_printable_and_on_one_line() -> None:
    assert abi.text_of(b"A\x1b[31m\ncam\xff\0rest") == "A [31m cam\ufffd"
    assert abi.fourcc_of(abi.number_of("Y16")) == "Y16"
