"""From what the camera gave to the bytes of the file."""

from __future__ import annotations

import pytest

from capture_worker.cameras.base import Frame, Opened
from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.finish import Finisher
from capture_worker.results import Taken
from shared.config.model import CameraConfig, Location
from shared.version import VERSION
from tests.rig.zone import utc_ns, zone

IMAGE = render(0, 64, 48)
JPEG = encode_jpeg(IMAGE, 80)
_SLOT_NS = utc_ns("2026-06-15T12:00:00.250")


def _finisher(quality: int = 80, location: Location | None = None) -> Finisher:
    finisher = Finisher(lambda: (CameraConfig("main", quality=quality), location))
    finisher.opened = Opened(driver="http", model="cam.local")
    return finisher


def _taken(frame: Frame) -> Taken:
    return Taken(_SLOT_NS, frame, 0, 0)


def test_jpeg_of_the_camera_is_not_encoded_again() -> None:
    finished = _finisher(quality=10).finish(_taken(Frame(0, 0, jpeg=JPEG)))
    assert finished.endswith(JPEG[2:]), "one segment stands before the rest, and nothing else has changed"


def test_image_is_encoded_with_the_quality_in_force() -> None:
    small, large = (_finisher(quality).finish(_taken(Frame(0, 0, image=IMAGE))) for quality in (10, 95))
    assert check_jpeg(small) == check_jpeg(large) == (64, 48)
    assert len(small) < len(large)


def test_quality_of_a_reload_holds_for_the_next_frame() -> None:
    current = [CameraConfig("main", quality=10)]
    finisher = Finisher(lambda: (current[0], None))
    before = finisher.finish(_taken(Frame(0, 0, image=IMAGE)))
    current[0] = CameraConfig("main", quality=95)
    assert len(finisher.finish(_taken(Frame(0, 0, image=IMAGE)))) > len(before)


def test_metadata_is_what_is_known() -> None:
    place = Location(59.9, -10.7)
    with zone("Europe/Oslo"):
        frame = Frame(0, 0, jpeg=JPEG, exposure_us=4990, analogue_gain=2.5)
        finished = _finisher(location=place).finish(_taken(frame))
    assert finished == with_exif(
        JPEG,
        ExifFields(
            slot_ns=_SLOT_NS,
            utc_offset_min=120,
            make="http",
            model="cam.local",
            software=f"timelapse {VERSION}",
            exposure_us=4990,
            iso=250,
            location=place,
        ),
    )


def test_metadata_leaves_out_what_is_not_known() -> None:
    with zone("America/New_York"):
        finished = _finisher().finish(_taken(Frame(0, 0, jpeg=JPEG)))
    fields = ExifFields(_SLOT_NS, -240, make="http", model="cam.local", software=f"timelapse {VERSION}")
    assert finished == with_exif(JPEG, fields)


@pytest.mark.parametrize("jpeg", [b"\xff\xd8", b"nothing", JPEG[:10]])
def test_jpeg_without_a_head_is_damaged(jpeg: bytes) -> None:
    with pytest.raises(DamagedFrame):
        _finisher().finish(_taken(Frame(0, 0, jpeg=jpeg)))
