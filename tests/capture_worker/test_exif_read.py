"""Reading an exposure back: from what we wrote, and never from anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from capture_worker.cameras.base import Exposure, Frame
from capture_worker.cameras.scene import render
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.exif_read import HEAD_BYTES, read_exposure
from capture_worker.shot_note import note_of
from shared.config.model import Location

JPEG = encode_jpeg(render(0, 64, 48), 80)
EXPOSURE = Exposure(4990, 2.515723, (1.873211, 1.412998))
FRAME = Frame(0, 0, exposure_us=4990, analogue_gain=2.515723, colour_gains=(1.873211, 1.412998))
FIELDS = ExifFields(slot_ns=0, utc_offset_min=0, note=note_of(FRAME))
OURS = with_exif(JPEG, FIELDS)


def test_exposure_of_a_frame_of_ours_is_read_from_its_head() -> None:
    assert read_exposure(OURS) == read_exposure(OURS[:HEAD_BYTES]) == EXPOSURE


def test_exposure_is_found_behind_the_longest_metadata_there_can_be() -> None:
    longest = structs.replace(
        FIELDS,
        **dict.fromkeys(("make", "model", "software"), "x" * 300),
        **dict.fromkeys(("artist", "copyright"), "\U0001f4f7" * 200),
        location=Location(1, 2),
        exposure_us=4990,
        iso=250,
        lens_position=1.0,
    )
    assert read_exposure(with_exif(JPEG, longest)[:HEAD_BYTES]) == EXPOSURE


@pytest.mark.parametrize(
    "jpeg",
    [
        b"",
        JPEG,
        with_exif(JPEG, structs.replace(FIELDS, note="")),
        with_exif(JPEG, structs.replace(FIELDS, note="taken by hand")),
        with_exif(JPEG, structs.replace(FIELDS, note="timelapse analogue_gain=2.5")),
        OURS.replace(b"MM\x00\x2a", b"II\x2a\x00"),
        OURS.replace(b"ASCII\x00", b"JIS\x00\x00\x00"),
        JPEG[:2] + b"\xff\xe1\x00\x10Exif\x00\x00" + JPEG[2:],
        OURS[:30],
        OURS[1:],
    ],
)
def test_head_that_does_not_tell_has_no_exposure(jpeg: bytes) -> None:
    assert read_exposure(jpeg) is None


@given(st.integers(0, 400), st.binary(max_size=8))
def test_head_damaged_anywhere_raises_nothing(at: int, garbage: bytes) -> None:
    head = OURS[:at] + garbage + OURS[at + len(garbage) : HEAD_BYTES]
    found = read_exposure(head)
    assert found is None or (found.exposure_us > 0 and found.analogue_gain > 0)
    read_exposure(OURS[:at])


@given(st.binary(max_size=300))
def test_metadata_of_others_raises_nothing(tiff: bytes) -> None:
    assert read_exposure(b"\xff\xd8\xff\xe1\x02\x00Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08" + tiff) is None
