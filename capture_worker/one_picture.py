"""`python -m capture_worker.one_picture`: one picture, without a supervisor, in a process that can be killed.

Owns: opening the camera, letting it settle, one frame, its JPEG on standard output. Does not own: who asked
(`timelapse.one_picture`), nor any slot.
Invariant: it takes the same fence as a capture worker, so that it is never a second opener; what it prints is whole.
"""

from __future__ import annotations

import sys

import msgspec

from capture_worker.camera_key import camera_key
from capture_worker.cameras.base import Frame, Opened, RestingCamera, ShootingCamera, StreamingCamera
from capture_worker.cameras.select import make_camera
from capture_worker.check import check_jpeg
from capture_worker.finish import Finisher
from capture_worker.results import Taken
from shared import fence
from shared import log as logs
from shared.clock import NS_PER_S, Clock, SystemClock, is_synchronised
from shared.config.model import Configuration
from shared.errors import EX_OK, TimelapseError

_SETTLE_NS = NS_PER_S
"""What a camera of this machine that streams needs until its exposure is right; one on the network runs anyway."""


def main() -> int:
    """Read the configuration (JSON, one camera) from standard input; the exit status."""
    logs.to_stderr("snapshot")
    configuration = msgspec.json.decode(sys.stdin.buffer.read(), type=Configuration)
    try:
        jpeg = one_picture(configuration, SystemClock())
    except TimelapseError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    sys.stdout.buffer.write(jpeg)
    sys.stdout.buffer.flush()
    return EX_OK


def one_picture(configuration: Configuration, clock: Clock) -> bytes:
    """The finished JPEG of one frame that was taken after this was called. Blocks. Raises `TimelapseError`."""
    (config,) = configuration.cameras.values()
    if (key := camera_key(config)) is not None:
        fence.hold(fence.camera_fence_path(key), f"the camera {config.name}")
    camera = make_camera(config, clock)
    try:
        opened = camera.open()
        frame = _frame(camera, opened, clock)
    finally:
        camera.close()
    finisher = Finisher(lambda: (config, configuration.location))
    finisher.opened = opened
    if frame.jpeg is not None:
        check_jpeg(frame.jpeg)
    jpeg = finisher.finish(Taken(frame.own_wall_ns, frame, 0, 0, is_synchronised()))
    check_jpeg(jpeg)
    return jpeg


def _frame(camera: StreamingCamera | ShootingCamera, opened: Opened, clock: Clock) -> Frame:
    if isinstance(camera, StreamingCamera):
        from_ns = clock.mono_ns() + (_SETTLE_NS if opened.device else 0)
        while camera.drain(lambda: from_ns).own_mono_ns < from_ns:
            """Old frames, and those of a camera that has not settled."""
        return camera.take()
    if isinstance(camera, RestingCamera):
        camera.wake()
    return camera.shoot(clock.wall_ns())


if __name__ == "__main__":
    sys.exit(main())
