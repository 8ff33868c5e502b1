"""DNGs of the sensor's own data: read again by a reader of TIFFs that knows nothing of the writer."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from capture_worker.cameras.pi_dng import RawPicture, dng_of
from shared.errors import CameraError
from tests.rig.zone import utc_ns, zone

WIDTH, HEIGHT, STRIDE = 12, 8, 32
PIXELS = (np.arange(HEIGHT * STRIDE // 2, dtype=np.uint32) * 7 % 1024).astype("<u2")
METADATA = {
    "ExposureTime": 10_000_000,
    "AnalogueGain": 8.0,
    "ColourGains": (2.0, 1.25),
    "ColourCorrectionMatrix": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "SensorBlackLevels": (4096, 4096, 4096, 4096),
}
SLOT_NS = utc_ns("2026-06-15T12:00:00.250")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}
_LAYOUTS = {1: "B", 3: "H", 4: "I", 5: "I", 7: "B", 10: "i"}


def _dng(pattern: str = "SRGGB10", metadata: dict[str, Any] | None = None) -> bytes:
    raw = RawPicture(PIXELS.view(np.uint8), (WIDTH, HEIGHT), STRIDE, pattern)
    return dng_of(raw, METADATA if metadata is None else metadata, "Raspberry Pi", "imx219", SLOT_NS)


def _directory(data: bytes, at: int) -> dict[int, Any]:
    """A directory of a little-endian TIFF, each tag's value as numbers, text or fractions."""
    (count,) = struct.unpack_from("<H", data, at)
    found: dict[int, Any] = {}
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from("<HHI", data, place)
        where = place + 8 if _SIZES[kind] * number <= 4 else struct.unpack_from("<I", data, place + 8)[0]
        assert tag not in found
        if kind == 2:
            found[tag] = data[where : where + number].decode("ascii")
        else:
            numbers = struct.unpack_from(f"<{number * (2 if kind in {5, 10} else 1)}{_LAYOUTS[kind]}", data, where)
            found[tag] = tuple(zip(numbers[::2], numbers[1::2], strict=True)) if kind in {5, 10} else numbers
    assert list(found) == sorted(found), "a reader may expect them in order"
    assert struct.unpack_from("<I", data, at + 2 + 12 * count) == (0,), "there is no other picture"
    return found


def _read(data: bytes) -> tuple[dict[int, Any], dict[int, Any]]:
    order, version, at = struct.unpack_from("<2sHI", data)
    assert (order, version) == (b"II", 42)
    main = _directory(data, at)
    return main, _directory(data, main[0x8769][0])


def test_pixels_are_the_sensors_without_the_rows_padding() -> None:
    data = _dng()
    main, _ = _read(data)
    (start,), (length,) = main[0x0111], main[0x0117]
    assert start % 16 == 0
    assert start + length == len(data)
    pixels = np.frombuffer(data, "<u2", offset=start).reshape(HEIGHT, WIDTH)
    assert np.array_equal(pixels, PIXELS.reshape(HEIGHT, STRIDE // 2)[:, :WIDTH])


def test_layout_is_told_as_dng_wants_it() -> None:
    main, _ = _read(_dng())
    assert (main[0x0100], main[0x0101], main[0x0102]) == ((WIDTH,), (HEIGHT,), (16,))
    assert (main[0x0106], main[0x0103], main[0x0115], main[0x0116]) == ((32803,), (1,), (1,), (HEIGHT,))
    assert main[0xC612] == (1, 4, 0, 0)
    assert (main[0x010F], main[0x0110]) == ("Raspberry Pi\x00", "imx219\x00")


@pytest.mark.parametrize(
    ("pattern", "filters", "white", "black"),
    [
        ("SRGGB10", (0, 1, 1, 2), 1023, (64,) * 4),
        ("SBGGR12", (2, 1, 1, 0), 4095, (256,) * 4),
        ("SGBRG16", (1, 2, 0, 1), 65535, (4096,) * 4),
    ],
)
def test_filters_and_levels_are_those_of_the_format(
    pattern: str, filters: tuple[int, ...], white: int, black: tuple[int, ...]
) -> None:
    main, _ = _read(_dng(pattern))
    assert (main[0x828D], main[0x828E]) == ((2, 2), filters)
    assert (main[0xC61D], main[0xC61A]) == ((white,), black)


def test_sensor_without_colours_has_no_filters() -> None:
    main, _ = _read(_dng("R10"))
    assert main[0x0106] == (34892,)
    assert main[0xC61A] == (64,)
    assert not {0x828E, 0xC621, 0xC628} & main.keys()


def test_colours_are_told_by_the_gains_and_the_matrix() -> None:
    main, _ = _read(_dng())
    assert main[0xC628] == ((10000, 20000), (10000, 10000), (10000, 12500))
    matrix = np.array([top / bottom for top, bottom in main[0xC621]]).reshape(3, 3)
    white = matrix @ np.array([0.95047, 1.0, 1.08883])
    assert white / white[1] == pytest.approx([1 / 2.0, 1.0, 1 / 1.25], abs=0.001), (
        "daylight's white, seen by the sensor"
    )


def test_exposure_of_ten_seconds_is_told_as_that() -> None:
    _, exif = _read(_dng())
    assert exif[0x829A] == ((10_000_000, 1_000_000),)
    assert exif[0x8827] == (800,)


def test_moment_is_the_slots_with_its_offset() -> None:
    with zone("Europe/Oslo"):
        _, exif = _read(_dng())
    assert (exif[0x9003], exif[0x9011], exif[0x9291]) == ("2026:06:15 14:00:00\x00", "+02:00\x00", "250\x00")


def test_what_the_camera_does_not_tell_is_left_out() -> None:
    main, exif = _read(_dng(metadata={}))
    assert 0xC61A not in main
    assert not {0x829A, 0x8827} & exif.keys()
    assert main[0xC628] == ((10000, 10000),) * 3


@pytest.mark.parametrize("pattern", ["SRGGB10_CSI2P", "BGGR16_PISP_COMP1", "SRGGB8", "YUYV"])
def test_data_that_are_not_unpacked_are_a_failure(pattern: str) -> None:
    with pytest.raises(CameraError, match=f"its own data as {pattern}"):
        _dng(pattern)
