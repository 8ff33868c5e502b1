"""From what the camera gave to the bytes of the file: encoding where needed, and the metadata.

Owns: putting `encode` and `exif` together with what the configuration and the camera say.
Does not own: whether the result is sound (`capture_worker.check`).
Invariant: a camera's own JPEG is never encoded again.
"""

from __future__ import annotations

from collections.abc import Callable

from capture_worker.cameras.base import Opened
from capture_worker.encode import encode_jpeg
from capture_worker.exif import ExifFields, with_exif
from capture_worker.results import Taken
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
            assert taken.frame.image is not None, "a frame is a JPEG or an image"
            jpeg = encode_jpeg(taken.frame.image, camera.quality)
        gain = taken.frame.analogue_gain
        fields = ExifFields(
            slot_ns=taken.slot_ns,
            utc_offset_min=utc_offset_min(taken.slot_ns),
            make=self.opened.driver,
            model=self.opened.model,
            software=f"timelapse {VERSION}",
            exposure_us=taken.frame.exposure_us,
            iso=None if gain is None else round(gain * _ISO_AT_GAIN_1),
            location=location,
        )
        return with_exif(jpeg, fields)
