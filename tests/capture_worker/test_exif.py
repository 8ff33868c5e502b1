"""Exif: read back with exiftool where it is installed, and proof that no other byte of the JPEG changes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from shared.config.model import Location

SLOT_NS = 1_795_421_730_123_000_000  # 2026-11-23 08:15:30.123 UTC
FULL = ExifFields(
    slot_ns=SLOT_NS,
    utc_offset_min=-210,
    make="Raspberry Pi",
    model="imx708",
    software="timelapse 1.2.3",
    exposure_us=12_345,
    iso=400,
    location=Location(59.91234, -10.7522),
    artist="Jané Doe <jane@cam>",
    copyright="© 2026 Jané Doe 東京",
    lens_position=2.5,
    note="timelapse exposure_us=12345 analogue_gain=4.0125",
)
BARE = ExifFields(slot_ns=SLOT_NS, utc_offset_min=60)
JPEG = encode_jpeg(render(SLOT_NS, 320, 240), 90)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
fields = st.builds(
    ExifFields,
    slot_ns=st.integers(0, 4_000_000_000_000_000_000),
    utc_offset_min=st.integers(-14 * 60, 14 * 60),
    make=text,
    model=text,
    software=text,
    exposure_us=st.none() | st.integers(0, 2**32 - 1),
    iso=st.none() | st.integers(0, 10_000_000),
    location=st.none() | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180)),
    artist=text,
    copyright=text,
    lens_position=st.none() | st.floats(),
    note=text,
)


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """The marker segments before the picture's data, as (code, whole bytes)."""
    found, at = [], 2
    while True:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        found.append((jpeg[at + 1], jpeg[at:end]))
        if jpeg[at + 1] == 0xDA:
            return found
        at = end


def without_first_segment(jpeg: bytes) -> bytes:
    return jpeg[:2] + jpeg[2 + len(segments(jpeg)[0][1]) :]


def without_tables(jpeg: bytes) -> bytes:
    """As an MJPEG camera sends it."""
    head = segments(jpeg)
    data = jpeg[2 + sum(len(segment) for _, segment in head) :]
    return jpeg[:2] + b"".join(segment for code, segment in head if code != 0xC4) + data


def read_with_exiftool(jpeg: bytes, directory: Path) -> dict[str, Any]:
    tool = shutil.which("exiftool")
    if tool is None:
        pytest.skip("exiftool is not installed (apt-get install libimage-exiftool-perl)")
    file = directory / "frame.jpg"
    file.write_bytes(jpeg)
    answer = subprocess.run([tool, "-json", "-n", "-validate", "-all", file], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)[0]
    return found


def test_with_exif_all_fields_are_read_back_by_exiftool_without_a_warning(tmp_path: Path) -> None:
    found = read_with_exiftool(with_exif(JPEG, FULL), tmp_path)
    expected = {
        "Validate": "0 0 0",
        "Make": "Raspberry Pi",
        "Model": "imx708",
        "Software": "timelapse 1.2.3",
        "DateTimeOriginal": "2026:11:23 04:45:30",
        "OffsetTimeOriginal": "-03:30",
        "ExposureTime": 0.012345,
        "ISO": 400,
        "ExifImageWidth": 320,
        "ExifImageHeight": 240,
        "Artist": "Jané Doe <jane@cam>",
        "Copyright": "© 2026 Jané Doe 東京",
        "SubjectDistance": 0.4,
        "UserComment": "timelapse exposure_us=12345 analogue_gain=4.0125",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert int(found["SubSecTimeOriginal"]) == 123
    assert found["GPSLatitude"] == pytest.approx(59.91234, abs=1e-7)
    assert found["GPSLongitude"] == pytest.approx(-10.7522, abs=1e-7)


def test_with_exif_unknown_fields_are_left_out(tmp_path: Path) -> None:
    found = read_with_exiftool(with_exif(JPEG, BARE), tmp_path)
    assert found["DateTimeOriginal"] == "2026:11:23 09:15:30"
    assert found["OffsetTimeOriginal"] == "+01:00"
    unknown = {"Make", "Model", "Software", "ExposureTime", "ISO", "GPSLatitude"}
    assert not (unknown | {"Artist", "Copyright", "SubjectDistance", "UserComment"}) & found.keys()


@pytest.mark.parametrize(("dioptres", "metres"), [(0.0, "inf"), (0.0005, "inf"), (0.5, 2), (15, 0.067), (-1, "inf")])
def test_with_exif_lens_position_is_the_distance_in_metres(
    tmp_path: Path, dioptres: float, metres: float | str
) -> None:
    found = read_with_exiftool(with_exif(JPEG, structs.replace(BARE, lens_position=dioptres)), tmp_path)
    assert found["SubjectDistance"] == metres
    assert found["Validate"] == "0 0 0"


def test_with_exif_a_passed_through_jpeg_is_lossless_but_for_one_segment(tmp_path: Path) -> None:
    """As exiftool sees it too: without its metadata it is byte for byte what the camera sent."""
    read_with_exiftool(with_exif(JPEG, FULL), tmp_path)
    subprocess.run(["exiftool", "-q", "-EXIF:all=", "-o", tmp_path / "bare.jpg", tmp_path / "frame.jpg"], check=True)
    assert (tmp_path / "bare.jpg").read_bytes() == JPEG


@given(fields)
def test_with_exif_any_fields_every_other_byte_stays(given_fields: ExifFields) -> None:
    result = with_exif(JPEG, given_fields)
    assert without_first_segment(result) == JPEG
    assert check_jpeg(result).size == (320, 240)


def test_with_exif_camera_has_one_already_it_is_replaced() -> None:
    once = with_exif(JPEG, FULL)
    assert with_exif(once, BARE) == with_exif(JPEG, BARE)


def test_with_exif_other_app1_is_kept() -> None:
    xmp = b"\xff\xe1\x00\x10http://ns\x00\x00\x00\x00\x00"
    jpeg = JPEG[:2] + xmp + JPEG[2:]
    assert without_first_segment(with_exif(jpeg, FULL)) == jpeg


def test_with_exif_jpeg_without_huffman_tables_gets_the_standard_ones() -> None:
    result = with_exif(without_tables(JPEG), FULL)
    assert [code for code, _ in segments(result)].count(0xC4) == 1
    pixels, original = (cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in (result, JPEG))
    assert pixels is not None
    assert original is not None
    assert np.array_equal(pixels, original)


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8", JPEG[1:], JPEG[:100], b"\xff\xd8" + b"\x00" * 50])
def test_with_exif_broken_head_raises_damaged_frame(jpeg: bytes) -> None:
    with pytest.raises(DamagedFrame):
        with_exif(jpeg, FULL)
