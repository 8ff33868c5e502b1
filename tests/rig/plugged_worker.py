"""A capture worker whose camera is a device node, through the real `shared.worker`.

Owns: what a worker does about its device: it opens it, says so and that it has written a frame, and ends with 69 where
there is none, or no longer.
Does not own: being started: a package `capture_worker` that calls it comes first on the path (`package_in`).
Invariant: it never waits for its device; that belongs to the supervisor.
"""

from __future__ import annotations

import signal
from pathlib import Path

from shared.errors import CameraError
from shared.events import CameraOpened, FrameWritten
from shared.worker import Worker

_LOOK_NS = 10_000_000


def package_in(directory: Path) -> Path:
    """Make the package; what is to come first on the path."""
    package = directory / "ahead" / "capture_worker"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "from shared.worker import run\nfrom tests.rig.plugged_worker import work\nrun(work, ())\n"
    )
    return package.parent


def work(worker: Worker) -> int:
    """The work of `shared.worker.run`."""
    order = worker.configuration()
    camera = worker.identity.worker.removeprefix("capture.")
    device = Path(order.configuration.cameras[camera].source)
    opened = _inode(device)
    worker.publish("camera.opened", CameraOpened(camera=camera, driver="node", model=str(opened), device=str(device)))
    worker.ready()
    worker.publish("frame.written", _frame(camera, worker.clock.wall_ns()))
    while signal.SIGTERM not in worker.signals.taken():
        worker.lease.sleep(60)
        worker.poller.wait(_LOOK_NS)
        if _inode(device) != opened:
            raise CameraError(f"{device} is another one")
    return 0


def _frame(camera: str, slot_ns: int) -> FrameWritten:
    return FrameWritten(camera=camera, slot_ns=slot_ns, take=1, path=f"{camera}/x.jpg", bytes=1, width=1, height=1)


def _inode(device: Path) -> int:
    try:
        return device.stat().st_ino
    except OSError as error:
        raise CameraError(f"{device}: {error.strerror}") from None
