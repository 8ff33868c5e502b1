"""Loading ahead what the work for a camera will need.

Owns: what is loaded late, apart from what a kind of camera knows itself (`PreloadingCamera`).
Does not own: the waiting that follows (`capture_worker.standby`).
Invariant: nothing is opened, and no thread started. What is missing here is loaded later, and only takes its time then;
a test compares what a worker has loaded with its first frame.
"""

from __future__ import annotations

import time

from capture_worker.cameras.base import PreloadingCamera
from capture_worker.cameras.select import make_camera
from capture_worker.plan import plan_for
from capture_worker.work import work  # noqa: F401 - the work is what it is all for
from shared.clock import SystemClock
from shared.config.model import CameraConfig, Location


def preload(camera: CameraConfig, location: Location | None) -> None:
    """Load what a worker with this camera has loaded after its first frame. Blocks, for seconds on a small board.

    Raises what loading does, and what `make_camera` does.
    """
    # A window by the sun has a library of its own.
    plan_for(camera, location).next_slot(time.time_ns())
    made = make_camera(camera, SystemClock())
    if isinstance(made, PreloadingCamera):
        made.preload()
