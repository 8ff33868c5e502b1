"""From what the camera gave to the bytes of the file: encoding where needed, and the metadata.

Owns: putting `encode` and `exif` together with what the configuration and the camera say.
Does not own: whether the result is sound (`capture_worker.check`).
Invariant: a camera's own JPEG is never encoded again.
"""

from __future__ import annotations

from collections.abc import Callable

from capture_worker.cameras.base import Frame, Opened
from capture_worker.encode import encode_jpeg, encode_planes
from capture_worker.exif import ExifFields, with_exif
from capture_worker.results import Taken
from capture_worker.shot_note import note_of
from shared.config.model import CameraConfig, Location
from shared.frame_name import utc_offset_min
from shared.version import VERSION

_ISO_AT_GAIN_1 = 100
"""The convention of libcamera's own tools; a sensor's true base ISO is not told by its driver."""


class Finisher:
    """Makes the JPEG that is stored. Used by the writer thread; its parts are replaced whole by the main thread."""

    def __init__(self, current: Callable[[], tuple[CameraConfig, Location | None]]) -> None:
        self.opened = Opened(driver="", model="")
        self._current = current

    def finish(self, taken: Taken) -> bytes:
        """The complete JPEG of a frame. Raises `DamagedFrame` or `CameraError` where there is none to be had."""
        camera, location = self._current()
        jpeg = taken.frame.jpeg
        if jpeg is None:
            jpeg = _encoded(taken.frame, camera.quality)
        fields = ExifFields(
            slot_ns=taken.slot_ns,
            utc_offset_min=utc_offset_min(taken.slot_ns),
            make=self.opened.make or self.opened.driver,
            model=self.opened.model,
            software=f"timelapse {VERSION}",
            exposure_us=taken.frame.exposure_us,
            iso=_iso(taken.frame),
            location=location,
            artist=camera.artist,
            copyright=camera.copyright,
            lens_position=taken.frame.lens_position,
            note=note_of(taken.frame, camera.exposure, synchronised=taken.synchronised),
        )
        return with_exif(jpeg, fields)


def _encoded(frame: Frame, quality: int) -> bytes:
    if frame.planes is not None:
        return encode_planes(frame.planes, quality)
    assert frame.image is not None, "a frame is a JPEG, an image or planes"
    return encode_jpeg(frame.image, quality)


def _iso(frame: Frame) -> int | None:
    """Of both gains together: what a person would set a camera without the second to."""
    if frame.analogue_gain is None:
        return None
    return round(frame.analogue_gain * (frame.digital_gain or 1.0) * _ISO_AT_GAIN_1)
