"""Pictures from the rig through picamera2 alone, as plain as can be: what the tests of the rig itself look at.

Owns: opening, setting and closing picamera2 in the test's own process. Does not own: any part of timelapse.
Invariant: the camera is closed when the block ends, in whatever state a fault left it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from capture_worker.cameras.base import Image
from capture_worker.cameras.mark import read_mark
from tests.camera_rig.scene import read_scene

PATIENCE_S = 20.0
"""For what has to come."""


class Shot(NamedTuple):
    """A frame: its picture (BGR), and what libcamera tells of it."""

    image: Image
    metadata: Mapping[str, Any]

    @property
    def mark_ms(self) -> int:
        """When its exposure began, as the picture has it: wall milliseconds."""
        mark = read_mark(self.image)
        assert mark is not None, "the picture has no whole mark"
        return mark

    @property
    def begun_ms(self) -> float:
        """The same, as the metadata have it: its frame started when its exposure had ended."""
        return float(self.metadata["FrameWallClock"] / 1e6 - self.metadata["ExposureTime"] / 1e3)

    @property
    def scene(self) -> int:
        """The number of the scene that it shows."""
        scene = read_scene(self.image)
        assert scene is not None, "the picture has no whole mark of its scene"
        return scene


class Camera:
    """A started camera."""

    def __init__(self, picamera: Any) -> None:
        self.picamera = picamera

    def shot(self, patience_s: float = PATIENCE_S) -> Shot:
        """The next frame. Raises TimeoutError."""
        request = self.picamera.capture_request(wait=patience_s)
        try:
            return Shot(np.array(request.make_array("main")), request.get_metadata())
        finally:
            request.release()

    def shots(self, count: int, patience_s: float = PATIENCE_S) -> list[Shot]:
        """The next frames. Raises TimeoutError where one takes longer."""
        return [self.shot(patience_s) for _ in range(count)]

    def set(self, **controls: Any) -> None:
        """Have these for the frames to come."""
        self.picamera.set_controls(controls)

    def shot_with(self, name: str, value: float, within: float = 0.02) -> Shot:
        """The first frame that was taken with this control at this value."""
        for _ in range(60):
            shot = self.shot()
            if abs(shot.metadata[name] - value) <= within * value:
                return shot
        raise AssertionError(f"{name} never became {value}")


def manual(exposure_us: int, gain: float = 1.0) -> dict[str, Any]:
    """Controls that hold the exposure, and the white balance of the rig's daylight."""
    return {"AeEnable": False, "ExposureTime": exposure_us, "AnalogueGain": gain, "ColourGains": (1 / 0.59, 1 / 0.69)}


@contextmanager
def made(number: int = 0) -> Iterator[Any]:
    """A Picamera2, not configured yet."""
    picamera = importlib.import_module("picamera2").Picamera2(number)
    try:
        yield picamera
    finally:
        if picamera.is_open:
            picamera.cancel_all_and_flush()
        picamera.close()


@contextmanager
def started(
    controls: Mapping[str, Any] | None = None,
    size: tuple[int, int] = (820, 616),
    sensor: tuple[int, int] = (1640, 1232),
    number: int = 0,
    **more: Any,
) -> Iterator[Camera]:
    """A camera that sends frames of `size`, from the sensor's mode of `sensor` pixels. Never a frame of before."""
    with made(number) as picamera:
        configuration = picamera.create_video_configuration(
            main={"size": size, "format": "RGB888"},
            raw=None,
            buffer_count=3,
            queue=False,
            sensor={"output_size": sensor, "bit_depth": 10},
            controls={"FrameDurationLimits": (100, 1_000_000_000), **(controls or {})},
            **more,
        )
        picamera.configure(configuration)
        picamera.start()
        yield Camera(picamera)
