"""From what the camera gave to the bytes of the file."""

from __future__ import annotations

import numpy as np
import pytest

from capture_worker.cameras.base import Exposure, Frame, Opened, Planes
from capture_worker.cameras.scene import render
from capture_worker.check import DamagedFrame, check_jpeg
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.exif_read import HEAD_BYTES, read_exposure, read_note
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
    assert check_jpeg(small).size == check_jpeg(large).size == (64, 48)
    assert len(small) < len(large)


def test_planes_are_encoded_with_the_quality_in_force() -> None:
    planes = Planes(*(np.full(shape, 99, np.uint8) for shape in ((48, 64), (24, 32), (24, 32))))
    planes.y[:] = np.arange(64) * 3
    small, large = (_finisher(quality).finish(_taken(Frame(0, 0, planes=planes))) for quality in (10, 95))
    assert check_jpeg(small).size == check_jpeg(large).size == (64, 48)
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
        frame = Frame(0, 0, jpeg=JPEG, exposure_us=4990, analogue_gain=2.5, digital_gain=1.1, lens_position=0.5)
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
            iso=275,
            location=place,
            lens_position=0.5,
            note="timelapse exposure_us=4990 analogue_gain=2.5 digital_gain=1.1 lens_position=0.5",
        ),
    )


def test_metadata_leaves_out_what_is_not_known() -> None:
    with zone("America/New_York"):
        finished = _finisher().finish(_taken(Frame(0, 0, jpeg=JPEG)))
    fields = ExifFields(_SLOT_NS, -240, make="http", model="cam.local", software=f"timelapse {VERSION}")
    assert finished == with_exif(JPEG, fields)


@pytest.mark.parametrize(("synchronised", "note"), [(False, "timelapse synchronised=false"), (True, ""), (None, "")])
def test_metadata_says_so_where_the_clock_was_not_synchronised(synchronised: bool | None, note: str) -> None:
    finished = _finisher().finish(Taken(_SLOT_NS, Frame(0, 0, jpeg=JPEG), 0, 0, synchronised))
    assert read_note(finished[:HEAD_BYTES]) == note


def test_metadata_names_who_is_named_and_the_maker_where_the_camera_tells() -> None:
    finisher = Finisher(lambda: (CameraConfig("main", artist="Jane Doe", copyright="© Jane"), None))
    finisher.opened = Opened(driver="picamera2", model="imx708", make="Raspberry Pi")
    fields = ExifFields(
        _SLOT_NS,
        120,
        make="Raspberry Pi",
        model="imx708",
        software=f"timelapse {VERSION}",
        artist="Jane Doe",
        copyright="© Jane",
    )
    with zone("Europe/Oslo"):
        assert finisher.finish(_taken(Frame(0, 0, jpeg=JPEG))) == with_exif(JPEG, fields)


def test_exposure_is_read_back_from_what_was_finished() -> None:
    frame = Frame(0, 0, jpeg=JPEG, exposure_us=4990, analogue_gain=2.515723, colour_gains=(1.873211, 1.412998))
    finished = _finisher(location=Location(1, 2)).finish(_taken(frame))
    assert read_exposure(finished[:HEAD_BYTES]) == Exposure(4990, 2.515723, (1.873211, 1.412998))


@pytest.mark.parametrize("jpeg", [b"\xff\xd8", b"nothing", JPEG[:10]])
def test_jpeg_without_a_head_is_damaged(jpeg: bytes) -> None:
    with pytest.raises(DamagedFrame):
        _finisher().finish(_taken(Frame(0, 0, jpeg=jpeg)))
