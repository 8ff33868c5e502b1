"""What is told of the camera itself: that it is open, and that it is lost.

Owns: putting those two events together. Does not own: sending them. Pure.
Invariant: a camera that was never open is lost without driver and model.
"""

from __future__ import annotations

from capture_worker.cameras.base import Opened
from shared.errors import TimelapseError
from shared.events import CameraLost, CameraOpened


def opened_event(camera: str, opened: Opened) -> CameraOpened:
    """`camera.opened`."""
    return CameraOpened(
        camera=camera,
        driver=opened.driver,
        model=opened.model,
        detail=opened.detail,
        address=opened.address,
        device=opened.device,
    )


def lost_event(camera: str, opened: Opened, error: TimelapseError) -> CameraLost:
    """`camera.lost`, and why."""
    return CameraLost(camera=camera, driver=opened.driver, model=opened.model, detail=str(error))
