"""The camera `test`: built in, needs no hardware, draws a moving scene, and has faults on demand.

Owns: taking a picture of the scene.
Does not own: the scene (`scene`), the faults (`faults`).
Invariant: a picture shows its own slot, readable by people and by `scene.read_mark`.
"""

from __future__ import annotations

from capture_worker.cameras import faults, scene
from capture_worker.cameras.base import Frame, Image, Opened
from capture_worker.encode import encode_jpeg
from shared.clock import Clock, both
from shared.config.model import CameraConfig

_LONGEST_S = 0.1
"""Drawing takes some 5 ms at 1920x1080 on a desktop and ten times that on a Pi Zero."""

_SMALL = (160, 120)


class BuiltinCamera:
    """A `ShootingCamera` that always works, unless a fault file says otherwise."""

    def __init__(self, config: CameraConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._damaged = 0

    def preload(self) -> None:
        """See `PreloadingCamera.preload`."""
        encode_jpeg(scene.render(0, *_SMALL), self._config.quality)

    def open(self) -> Opened:
        """See `Camera.open`. Blocks only for a fault."""
        faults.strike(self._config.name)
        width, height = self._config.resolution
        return Opened(driver="test", model="built-in scene", detail=f"{width}x{height}")

    def shoot(self, slot_ns: int) -> Frame:
        """See `ShootingCamera.shoot`. The frame's own time is the moment of the call."""
        own_wall_ns, own_mono_ns = both(self._clock)
        faults.strike(self._config.name)
        faults.delay(self._config.name)
        image = scene.render(slot_ns, *self._config.resolution)
        if faults.active("garbage", self._config.name):
            return Frame(own_wall_ns=own_wall_ns, own_mono_ns=own_mono_ns, jpeg=self._damage(image))
        return Frame(own_wall_ns=own_wall_ns, own_mono_ns=own_mono_ns, image=image)

    def close(self) -> None:
        """See `Camera.close`."""

    @property
    def exposure_s(self) -> float:
        """See `ShootingCamera.exposure_s`."""
        return _LONGEST_S

    def _damage(self, image: Image) -> bytes:
        """A JPEG that was cut off, or one with 512 bytes of its middle overwritten, in turn."""
        jpeg = encode_jpeg(image, self._config.quality)
        self._damaged += 1
        middle = len(jpeg) // 2
        if self._damaged % 2:
            return jpeg[:middle]
        return jpeg[:middle] + b"\xff\xd0" * 256 + jpeg[middle + 512 :]
