"""`source: auto`: the first camera of this machine that nobody has.

Owns: trying one after the other, and being whatever camera it became. Does not own: their order (`discovery.look`).
Invariant: it is decided once, when it is opened, by the fence: two cameras of one configuration that are both `auto`
never get the same one. Only a camera that another worker has is passed over; one that fails says so, and no other takes
its place.

Which of several gets which is decided by who comes first, and may be the other way round after the next start. That is
said in the log, with what to write instead.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import msgspec

from capture_worker.cameras.base import (
    AdjustableCamera,
    Drained,
    Exposure,
    Frame,
    Opened,
    PreloadingCamera,
    RestingCamera,
    ShootingCamera,
    StreamingCamera,
    always,
)
from capture_worker.discovery.look import sources
from shared.config.model import CameraConfig
from shared.errors import AbsentError, BusyError

log = logging.getLogger(__name__)

AnyCamera = StreamingCamera | ShootingCamera


class AutoCamera:
    """All the kinds of camera in one; `open` says which of them it is. `make` makes one for a configuration."""

    def __init__(
        self,
        config: CameraConfig,
        make: Callable[[CameraConfig], AnyCamera],
        look: Callable[[], list[str]] = sources,
    ) -> None:
        self._config = config
        self._make = make
        self._look = look
        self._chosen: AnyCamera | None = None

    def preload(self) -> None:
        """See `PreloadingCamera.preload`. For each camera that is there: any of them may be the one."""
        for source in self._look():
            made = self._make(msgspec.structs.replace(self._config, source=source))
            if isinstance(made, PreloadingCamera):
                made.preload()

    def open(self) -> Opened:
        """See `Camera.open`. Raises `AbsentError` where there is no camera, `BusyError` where none is free."""
        found = self._look()
        for source in found:
            self._chosen = camera = self._make(msgspec.structs.replace(self._config, source=source))
            try:
                opened = camera.open()
            except BusyError:
                continue
            self._tell(source, found)
            return opened
        where = f"camera {self._config.name}: source: auto"
        if found:
            raise BusyError(f"{where}: every camera here is in use already: {', '.join(found)}; plug in one more")
        raise AbsentError(
            f"{where}: found neither a camera on the Pi's connector (media devices of unicam or rp1-cfe) nor a USB "
            "camera (/dev/video*); plug one in. A network camera has to be named (rtsp://... or http://...)"
        )

    def close(self) -> None:
        """See `Camera.close`."""
        if self._chosen is not None:
            self._chosen.close()

    def drain(self, wanted_from_ns: Callable[[], int] = always) -> Drained:
        """See `StreamingCamera.drain`."""
        return self._streaming.drain(wanted_from_ns)

    def take(self) -> Frame:
        """See `StreamingCamera.take`."""
        return self._streaming.take()

    @property
    def read_timeout_s(self) -> float:
        """See `StreamingCamera.read_timeout_s`."""
        return self._streaming.read_timeout_s

    def shoot(self, slot_ns: int) -> Frame:
        """See `ShootingCamera.shoot`."""
        return self._shooting.shoot(slot_ns)

    @property
    def exposure_s(self) -> float:
        """See `ShootingCamera.exposure_s`."""
        return self._shooting.exposure_s

    @property
    def warm_up_s(self) -> float:
        """See `RestingCamera.warm_up_s`. 0 for a camera that never rests."""
        return self._chosen.warm_up_s if isinstance(self._chosen, RestingCamera) else 0.0

    def wake(self) -> None:
        """See `RestingCamera.wake`."""
        if isinstance(self._chosen, RestingCamera):
            self._chosen.wake()

    def rest(self) -> None:
        """See `RestingCamera.rest`."""
        if isinstance(self._chosen, RestingCamera):
            self._chosen.rest()

    @property
    def rests_from_s(self) -> float:
        """See `RestingCamera.rests_from_s`. Never for a camera that is of another kind."""
        return self._chosen.rests_from_s if isinstance(self._chosen, RestingCamera) else math.inf

    def check(self) -> None:
        """See `RestingCamera.check`."""
        if isinstance(self._chosen, RestingCamera):
            self._chosen.check()

    def set_exposure(self, exposure: Exposure) -> None:
        """See `AdjustableCamera.set_exposure`."""
        assert isinstance(self._chosen, AdjustableCamera), "it said that it has limits"
        self._chosen.set_exposure(exposure)

    @property
    def _streaming(self) -> StreamingCamera:
        assert isinstance(self._chosen, StreamingCamera), "it said so"
        return self._chosen

    @property
    def _shooting(self) -> ShootingCamera:
        assert isinstance(self._chosen, ShootingCamera), "it said so"
        return self._chosen

    def _tell(self, source: str, found: list[str]) -> None:
        others = f", of {len(found)}" if len(found) > 1 else ""
        log.info(
            "camera %s: source: auto is %s%s; to have always this one write: source: %s",
            self._config.name,
            source,
            others,
            source,
        )
